//! Old rows of the copy in merged files.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use event_log::{Error, EventLog, repair, verify};

use crate::damage::segments;
use crate::scrub::{assert_repaired, round};
use crate::support::{
    assert_whole, bytes_at, edit, files, fill, made, made_merged, merging_options, options,
};

const UNTIL: u64 = 120;
const LENGTH: usize = 300;

/// Maximum number of polls until a merge has happened; usually it takes a few.
const POLLS_MAX: u32 = 30_000;

fn open(dir: &Path) -> EventLog {
    let (log, opened) = EventLog::open(dir, merging_options()).unwrap();
    assert_eq!((opened.replayed_events, opened.rebuilt), (0, None));
    log
}

fn merged(dir: &Path) -> Vec<PathBuf> {
    files(dir, "sled/merged")
}

/// First and last position in a file's name.
fn range(path: &Path) -> (u64, u64) {
    let name = path.file_stem().unwrap().to_str().unwrap();
    let (first, last) = name.split_once('-').unwrap();
    (first.parse().unwrap(), last.parse().unwrap())
}

/// Waits for the merger until `done` is true of the files.
fn wait_for(dir: &Path, done: impl Fn(&[PathBuf]) -> bool) {
    let finished = |_: &u32| {
        std::thread::sleep(Duration::from_millis(1));
        done(&merged(dir))
    };
    assert!((0..POLLS_MAX).any(|poll| finished(&poll)), "nothing merged");
}

/// Checks what else a reader can ask.
fn assert_readable(log: &EventLog, until: u64, count: u64, length: usize) {
    assert_whole(log, until, length);
    let reader = log.reader();
    for position in 1..=until {
        let event = reader.get(position).unwrap().unwrap();
        assert_eq!(event.bytes, bytes_at(position, length));
        let ends_frame = position % count == 0 || position == until;
        assert_eq!(reader.hash_at(position).unwrap().is_some(), ends_frame);
        let back: Vec<_> = reader.back(position).map(Result::unwrap).collect();
        assert_eq!(back.len() as u64, (position - 1) / 3 + 1);
    }
}

#[test]
fn old_rows_are_merged_while_the_log_is_written() {
    for (count, length) in [(1, LENGTH), (5, LENGTH), (2, 20_000)] {
        let dir = tempfile::tempdir().unwrap();
        let log = open(dir.path());
        fill(&log, UNTIL, count, length);
        wait_for(dir.path(), |files| files.len() > 2);
        assert_readable(&log, UNTIL, count, length);
        log.close().unwrap();
        assert!(verify(dir.path()).unwrap().is_whole());
        let log = open(dir.path());
        fill(&log, 2 * UNTIL, count, length);
        assert_readable(&log, 2 * UNTIL, count, length);
        log.close().unwrap();
        assert!(verify(dir.path()).unwrap().is_whole());
    }
}

#[test]
fn a_log_whose_rows_are_all_in_sled_is_merged_when_it_is_opened() {
    let dir = made(UNTIL, 5, LENGTH);
    assert_eq!(merged(dir.path()).len(), 0);
    let log = open(dir.path());
    wait_for(dir.path(), |files| files.len() > 2);
    assert_readable(&log, UNTIL, 5, LENGTH);
    assert_repaired(dir.path(), log);
}

#[test]
fn a_rebuilt_copy_is_merged_and_the_log_continues() {
    let dir = made_merged(UNTIL, 5, LENGTH);
    let log = open(dir.path());
    assert_readable(&log, UNTIL, 5, LENGTH);
    fill(&log, UNTIL + 40, 5, LENGTH);
    assert_readable(&log, UNTIL + 40, 5, LENGTH);
    log.close().unwrap();
    assert!(verify(dir.path()).unwrap().is_whole());
}

#[test]
fn a_log_without_rows_in_sled_has_its_head() {
    let dir = made_merged(UNTIL, 5, LENGTH);
    fs::remove_dir_all(dir.path().join("sled")).unwrap();
    let every_frame = event_log::Options {
        merge_bytes: 1,
        ..options()
    };
    EventLog::open(dir.path(), every_frame)
        .unwrap()
        .0
        .close()
        .unwrap();
    assert_eq!(merged(dir.path()).len() as u64, UNTIL / 5);
    let log = open(dir.path());
    assert_eq!(log.head().position, UNTIL);
    assert_repaired(dir.path(), log);
}

#[test]
fn damage_of_a_merged_file_is_found_and_events_come_from_the_journal() {
    let dir = made_merged(UNTIL, 5, LENGTH);
    let path = merged(dir.path())[1].clone();
    let whole = fs::read(&path).unwrap();
    for at in [8, whole.len() / 2, whole.len() - 60, whole.len() - 1] {
        edit(&path, |bytes| bytes[at] ^= 1);
        let (first, last) = range(&path);
        let report = verify(dir.path()).unwrap();
        let event_log::CopyReport::Compared { damage, .. } = report.copy else {
            panic!("{report:?}")
        };
        assert_eq!(damage.to_string(), format!("{first}-{last}"), "byte {at}");
        let (log, _) = EventLog::open(dir.path(), options()).unwrap();
        for position in 1..=UNTIL {
            let event = log.reader().get(position).unwrap().unwrap();
            assert_eq!(event.bytes, bytes_at(position, LENGTH));
        }
        log.close().unwrap();
        fs::write(&path, &whole).unwrap();
    }
}

#[test]
fn a_damaged_merged_file_is_restored_while_the_log_is_in_use() {
    for nth in [0, 2] {
        let dir = made_merged(UNTIL, 5, LENGTH);
        let path = merged(dir.path())[nth].clone();
        let whole = fs::read(&path).unwrap();
        let (log, _) = EventLog::open(dir.path(), options()).unwrap();
        // Fills the cache, which hides the damage from readers.
        assert_whole(&log, UNTIL, LENGTH);
        edit(&path, |bytes| bytes[100] ^= 1);
        assert_whole(&log, UNTIL, LENGTH);
        let mut scrubber = log.scrubber();
        let found = round(&mut scrubber);
        let (first, last) = range(&path);
        assert_eq!(found.copy.0, [event_log::Range { first, last }]);
        assert!(found.damaged.0.is_empty() && found.journal.0.is_empty());
        assert_eq!(round(&mut scrubber), event_log::Scrubbed::default());
        drop(scrubber);
        log.close().unwrap();
        assert!(verify(dir.path()).unwrap().is_whole());
        // The next merge replaces the file.
        let log = open(dir.path());
        wait_for(dir.path(), |_| fs::read(&path).unwrap() == whole);
        assert_repaired(dir.path(), log);
    }
}

#[test]
fn a_lost_journal_is_restored_from_merged_files() {
    let dir = made_merged(UNTIL, 5, LENGTH);
    let before = verify(dir.path()).unwrap();
    fs::remove_dir_all(dir.path().join("journal")).unwrap();
    let repaired = repair(dir.path(), &merging_options()).unwrap();
    let restored = repaired.journal.to_string();
    assert_eq!((&restored[..], repaired.copy_reason), ("1-120", None));
    let after = verify(dir.path()).unwrap();
    assert!(after.is_whole());
    assert_eq!((after.head, after.frames), (before.head, before.frames));
}

#[test]
fn both_copies_are_merged_where_they_are_damaged() {
    let dir = made_merged(UNTIL, 5, LENGTH);
    let path = merged(dir.path())[1].clone();
    edit(&path, |bytes| bytes[100] ^= 1);
    let (first, last) = range(&path);
    let journal = segments(dir.path());
    // One segment that only sled has, and one with the damaged rows.
    let other = journal.iter().rev().nth(1).unwrap();
    assert!(other.0 > last);
    fs::remove_file(&other.1).unwrap();
    let repaired = repair(dir.path(), &merging_options()).unwrap();
    assert_eq!(repaired.journal.0[0].first, other.0);
    let reason = repaired.copy_reason.unwrap();
    assert!(
        reason.ends_with(&format!("positions {first}-{last}")),
        "{reason}"
    );
    assert!(verify(dir.path()).unwrap().is_whole());

    let path = merged(dir.path())[1].clone();
    edit(&path, |bytes| bytes[100] ^= 1);
    let (first, last) = range(&path);
    fs::remove_dir_all(dir.path().join("journal")).unwrap();
    let Err(Error::BothDamaged { ranges, .. }) = repair(dir.path(), &merging_options()) else {
        panic!("positions {first}-{last} are in neither copy")
    };
    assert_eq!(ranges.to_string(), format!("{first}-{last}"));
}
