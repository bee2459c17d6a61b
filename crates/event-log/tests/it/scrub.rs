//! Damage that is found and repaired while the log is in use.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use event_log::{EventLog, Range, Scrubbed, Scrubber, verify};

use crate::damage::{damage_page, segments};
use crate::support::{assert_whole, edit, fill, made, open};

const UNTIL: u64 = 120;
const LENGTH: usize = 300;

/// Checks every segment once. Returns what was found in all of them.
pub(crate) fn round(scrubber: &mut Scrubber) -> Scrubbed {
    let mut all = Scrubbed::default();
    while let Some(found) = scrubber
        .check_next(0, |_| ControlFlow::Continue(()))
        .unwrap()
    {
        all.journal.0.extend(found.journal.0);
        all.copy.0.extend(found.copy.0);
        all.damaged.0.extend(found.damaged.0);
    }
    all
}

fn ranges(all: &[(u64, u64)]) -> Vec<Range> {
    let range = |(first, last): &(u64, u64)| Range {
        first: *first,
        last: *last,
    };
    all.iter().map(range).collect()
}

/// Checks that the log can be used and both copies are whole.
pub(crate) fn assert_repaired(dir: &Path, log: EventLog) {
    fill(&log, UNTIL + 10, 5, LENGTH);
    assert_whole(&log, UNTIL + 10, LENGTH);
    log.close().unwrap();
    assert!(verify(dir).unwrap().is_whole());
}

#[test]
fn an_undamaged_log_is_not_changed() {
    let dir = made(UNTIL, 5, LENGTH);
    let (log, _) = open(dir.path());
    let mut scrubber = log.scrubber();
    assert_eq!(scrubber.segments().unwrap(), segments(dir.path()).len());
    for _ in 0..2 {
        assert_eq!(round(&mut scrubber), Scrubbed::default());
    }
    drop(scrubber);
    assert_repaired(dir.path(), log);
}

#[test]
fn a_log_that_is_being_written_is_not_taken_for_damaged() {
    let dir = tempfile::tempdir().unwrap();
    let (log, _) = open(dir.path());
    let mut scrubber = log.scrubber();
    std::thread::scope(|scope| {
        let writing = scope.spawn(|| fill(&log, 3_000, 3, LENGTH));
        while !writing.is_finished() {
            assert_eq!(round(&mut scrubber), Scrubbed::default());
        }
    });
    assert!(segments(dir.path()).len() > 10);
}

#[test]
fn a_damaged_or_missing_segment_is_restored_from_sled() {
    let damages: [fn(&Path); 4] = [
        |path| edit(path, |bytes| bytes[100] ^= 1),
        |path| edit(path, |bytes| bytes.truncate(bytes.len() / 2)),
        |path| edit(path, |bytes| bytes.extend(b"garbage")),
        |path| fs::remove_file(path).unwrap(),
    ];
    for damage in damages {
        for nth in [0, 2] {
            let dir = made(UNTIL, 5, LENGTH);
            let (log, _) = open(dir.path());
            damage(&segments(dir.path())[nth].1);
            let mut scrubber = log.scrubber();
            let found = round(&mut scrubber);
            assert!(
                found.damaged.0.is_empty() && found.copy.0.is_empty(),
                "{found:?}"
            );
            assert_eq!(round(&mut scrubber), Scrubbed::default());
            drop(scrubber);
            assert_repaired(dir.path(), log);
        }
    }
}

#[test]
fn a_damaged_page_of_sled_is_restored_from_the_journal() {
    let dir = made(UNTIL, 5, LENGTH);
    damage_page(dir.path(), 6);
    let (log, _) = open(dir.path());
    let mut scrubber = log.scrubber();
    assert_eq!(round(&mut scrubber).copy.0, ranges(&[(6, 10)]));
    drop(scrubber);
    assert_repaired(dir.path(), log);
}

#[test]
fn damage_of_both_copies_is_reported_and_changes_nothing() {
    let dir = made(UNTIL, 5, LENGTH);
    let (first, path) = segments(dir.path())[1].clone();
    damage_page(dir.path(), first);
    let (log, _) = open(dir.path());
    edit(&path, |bytes| bytes.fill(0));
    let mut scrubber = log.scrubber();
    let found = round(&mut scrubber);
    assert_eq!(found.damaged.0[0], ranges(&[(first, first + 4)])[0]);
    assert!(found.journal.0.is_empty(), "{found:?}");
    assert!(fs::read(&path).unwrap().iter().all(|byte| *byte == 0));
}

#[test]
fn damage_of_the_segment_in_use_is_reported() {
    let dir = made(UNTIL, 5, LENGTH);
    let (log, _) = open(dir.path());
    let (first, path) = segments(dir.path()).pop().unwrap();
    edit(&path, |bytes| bytes[100] ^= 1);
    let found = round(&mut log.scrubber());
    assert_eq!(found.damaged.0, ranges(&[(first, first + 4)]));
    assert!(found.journal.0.is_empty());
}

#[test]
fn a_round_continues_where_an_earlier_process_stopped() {
    let dir = made(UNTIL, 5, LENGTH);
    let (log, _) = open(dir.path());
    let count = log.scrubber().segments().unwrap();
    for _ in 0..count {
        // An interrupted check is repeated.
        let mut interrupted = log.scrubber();
        let found = interrupted.check_next(0, |_| ControlFlow::Break(()));
        assert_eq!(found.unwrap(), None);
        let found = log.scrubber().check_next(0, |_| ControlFlow::Continue(()));
        assert!(found.unwrap().is_some());
    }
    let end = log.scrubber().check_next(0, |_| ControlFlow::Continue(()));
    assert_eq!(end.unwrap(), None);
}

#[test]
fn a_segment_that_cannot_be_read_is_reported_and_the_others_are_checked() {
    let dir = made(UNTIL, 5, LENGTH);
    let (log, _) = open(dir.path());
    let all = segments(dir.path());
    fs::remove_file(&all[1].1).unwrap();
    fs::create_dir(&all[1].1).unwrap();
    edit(&all[2].1, |bytes| bytes[100] ^= 1);
    let found = round(&mut log.scrubber());
    assert_eq!(found.damaged.0, ranges(&[(all[1].0, all[2].0 - 1)]));
    assert!(!found.journal.0.is_empty(), "{found:?}");
}
