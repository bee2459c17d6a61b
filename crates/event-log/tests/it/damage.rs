//! Flipped bits and truncated files: every event that can be read is correct, and repair restores
//! the rest.

use std::fs;
use std::path::{Path, PathBuf};

use event_log::{CopyReport, Error, EventLog, repair, verify};
use proptest::prelude::*;

use crate::support::{
    assert_whole, copy_dir, edit, files, make, open, options, read_all, scan_all,
};

/// Number of events in the log, and their length.
const UNTIL: u64 = 120;
const LENGTH: usize = 300;

#[derive(Clone, Debug)]
enum Harm {
    /// Flips a bit. `at` is a fraction of the file.
    Flip {
        at: f64,
        bit: u8,
    },
    /// Truncates the file.
    Cut {
        at: f64,
    },
    /// Overwrites 512 bytes with zeros.
    Zeros {
        at: f64,
    },
    Remove,
}

fn harm() -> impl Strategy<Value = Harm> {
    prop_oneof![
        6 => (0.0..1.0, 0..8_u8).prop_map(|(at, bit)| Harm::Flip { at, bit }),
        3 => (0.0..1.0).prop_map(|at| Harm::Cut { at }),
        2 => (0.0..1.0).prop_map(|at| Harm::Zeros { at }),
        1 => Just(Harm::Remove),
    ]
}

fn apply(path: &Path, harm: &Harm) {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a fraction of a small file"
    )]
    let place = |bytes: &[u8], at: f64| (bytes.len() as f64 * at) as usize;
    match *harm {
        Harm::Remove => fs::remove_file(path).unwrap(),
        Harm::Cut { at } => edit(path, |bytes| bytes.truncate(place(bytes, at))),
        Harm::Flip { at, bit } => edit(path, |bytes| {
            let at = place(bytes, at);
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << bit;
            }
        }),
        Harm::Zeros { at } => edit(path, |bytes| {
            let at = place(bytes, at);
            bytes
                .iter_mut()
                .skip(at)
                .take(512)
                .for_each(|byte| *byte = 0);
        }),
    }
}

/// Creates a log with sealed segments, a raw one, and sled with or without a snapshot.
fn template(dir: &Path, snapshot: bool) {
    make(dir, UNTIL, 5, LENGTH);
    if snapshot {
        open(dir).0.close().unwrap();
    }
}

/// Opens the log, after a repair if the first attempt fails.
fn start(dir: &Path) -> EventLog {
    match EventLog::open(dir, options()) {
        Ok((log, _)) => log,
        Err(Error::JournalDamaged { .. }) => {
            repair(dir, &options()).unwrap();
            open(dir).0
        }
        Err(error) => panic!("{error:?}"),
    }
}

/// Damages one file of one copy. No wrong event is read, and the log can be restored completely.
fn check(template: &Path, sub: &str, choice: usize, harm: &Harm) {
    let dir = tempfile::tempdir().unwrap();
    copy_dir(template, dir.path());
    let found = files(dir.path(), sub);
    let path = &found[choice % found.len()];
    apply(path, harm);

    let log = start(dir.path());
    let read = read_all(&log);
    let scanned = scan_all(&log);
    let readable = read.is_ok() && scanned.is_ok();
    for event in read.into_iter().chain(scanned).flatten() {
        let bytes = crate::support::bytes_at(event.position, LENGTH);
        assert_eq!(event.bytes, bytes, "a wrong event at {}", event.position);
    }
    assert_eq!(log.head().position, UNTIL);
    log.close().unwrap();
    if !readable || !verify(dir.path()).unwrap().is_whole() {
        repair(dir.path(), &options()).unwrap();
    }
    assert!(verify(dir.path()).unwrap().is_whole());
    let (log, _) = open(dir.path());
    assert_whole(&log, UNTIL, LENGTH);
}

/// Runs [`check`] with random damage to copies of one log.
fn check_many(sub: &str, snapshot: bool) {
    let dir = tempfile::tempdir().unwrap();
    template(dir.path(), snapshot);
    // With a source file, a failure prints its seed and saves it in `proptest-regressions`, from
    // where the next run replays it.
    let config = ProptestConfig {
        cases: 64,
        max_shrink_iters: 64,
        ..ProptestConfig::with_source_file(file!())
    };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    runner
        .run(&(0..100_usize, harm()), |(choice, harm)| {
            check(dir.path(), sub, choice, &harm);
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_damaged_journal_is_restored() {
    check_many("journal", true);
}

#[test]
fn a_damaged_copy_is_restored() {
    check_many("sled", false);
}

#[test]
fn a_damaged_copy_with_a_snapshot_is_restored() {
    check_many("sled", true);
}

#[test]
fn damage_to_any_byte_of_a_journal_is_located() {
    let dir = tempfile::tempdir().unwrap();
    make(dir.path(), 6, 2, 20);
    let path = files(dir.path(), "journal").pop().unwrap();
    let whole = fs::read(&path).unwrap();
    for at in 0..whole.len() {
        edit(&path, |bytes| bytes[at] ^= 0x10);
        let report = verify(dir.path()).unwrap();
        let first = (at / (whole.len() / 3)) as u64 * 2 + 1;
        let wanted = format!("{first}-{}", first + 1);
        assert_eq!(report.journal_damage.to_string(), wanted, "byte {at}");
        fs::write(&path, &whole).unwrap();
    }
    assert!(verify(dir.path()).unwrap().is_whole());
}

#[test]
fn damage_to_both_copies_at_one_position_is_reported_and_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    make(dir.path(), UNTIL, 5, LENGTH);
    let journal = segments(dir.path());
    // Deletes the second segment, and all of sled.
    fs::remove_file(&journal[1].1).unwrap();
    fs::remove_dir_all(dir.path().join("sled")).unwrap();
    let range = format!("{}-{}", journal[1].0, journal[2].0 - 1);
    let refused = repair(dir.path(), &options()).unwrap_err();
    assert!(matches!(refused, Error::BothDamaged { .. }));
    assert!(
        refused
            .to_string()
            .contains(&format!("at positions {range}: ")),
        "{refused}"
    );
    // Nothing was changed, and the log does not open without the events.
    assert_eq!(segments(dir.path()).len(), journal.len() - 1);
    assert!(matches!(
        EventLog::open(dir.path(), options()),
        Err(Error::JournalDamaged { .. })
    ));
}

#[test]
fn damage_to_both_copies_at_different_positions_is_repaired() {
    let dir = tempfile::tempdir().unwrap();
    make(dir.path(), UNTIL, 5, LENGTH);
    // The second open makes sled write a snapshot, so that a flipped bit damages only a page.
    open(dir.path()).0.close().unwrap();
    let journal = segments(dir.path());
    let sled = dir.path().join("sled/db");
    let whole = fs::read(&sled).unwrap();
    let needle = b"event 7 event 7 event 7";
    let at = whole
        .windows(needle.len())
        .rposition(|window| window == needle)
        .unwrap();
    edit(&sled, |bytes| bytes[at] ^= 1);
    let report = verify(dir.path()).unwrap();
    let copy_reads =
        matches!(&report.copy, CopyReport::Compared { damage, .. } if !damage.0.is_empty());
    fs::remove_file(&journal[2].1).unwrap();
    match repair(dir.path(), &options()) {
        Ok(repaired) => {
            assert!(copy_reads && repaired.copy_reason.is_some());
            assert_whole(&open(dir.path()).0, UNTIL, LENGTH);
        }
        // sled may not open at all.
        Err(error) => assert!(
            !copy_reads && matches!(error, Error::BothDamaged { .. }),
            "{error}"
        ),
    }
}

/// First positions and paths of the journal's files.
fn segments(dir: &Path) -> Vec<(u64, PathBuf)> {
    let first = |path: &Path| {
        path.file_name().unwrap().to_str().unwrap()[..20]
            .parse()
            .unwrap()
    };
    files(dir, "journal")
        .into_iter()
        .map(|path| (first(&path), path))
        .collect()
}
