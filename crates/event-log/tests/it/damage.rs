//! Flipped bits and truncated files: every event that can be read is correct, and repair restores
//! the rest.

use std::fs;
use std::path::{Path, PathBuf};

use event_log::{Error, EventLog, repair, verify};
use proptest::prelude::*;
use tempfile::TempDir;

use crate::support::{
    assert_whole, copy_dir, edit, files, made, made_merged, open, options, read_all, scan_all,
};

/// Number of events in the log, and their length.
const UNTIL: u64 = 120;
const LENGTH: usize = 300;

#[derive(Clone, Debug)]
enum Damage {
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

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        6 => (0.0..1.0, 0..8_u8).prop_map(|(at, bit)| Damage::Flip { at, bit }),
        3 => (0.0..1.0).prop_map(|at| Damage::Cut { at }),
        2 => (0.0..1.0).prop_map(|at| Damage::Zeros { at }),
        1 => Just(Damage::Remove),
    ]
}

fn apply(path: &Path, damage: &Damage) {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a fraction of a small file"
    )]
    let offset = |bytes: &[u8], at: f64| (bytes.len() as f64 * at) as usize;
    match *damage {
        Damage::Remove => fs::remove_file(path).unwrap(),
        Damage::Cut { at } => edit(path, |bytes| bytes.truncate(offset(bytes, at))),
        Damage::Flip { at, bit } => edit(path, |bytes| {
            let at = offset(bytes, at);
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << bit;
            }
        }),
        Damage::Zeros { at } => edit(path, |bytes| {
            let at = offset(bytes, at);
            let end = bytes.len().min(at + 512);
            bytes[at..end].fill(0);
        }),
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
fn check(template: &Path, sub: &str, choice: usize, damage: &Damage) {
    let dir = tempfile::tempdir().unwrap();
    copy_dir(template, dir.path());
    let found = files(dir.path(), sub);
    let path = &found[choice % found.len()];
    apply(path, damage);

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

/// Runs [`check`] with random damage to copies of a log with sealed segments, a raw one, and sled with
/// or without a snapshot.
fn check_many(sub: &str, snapshot: bool) {
    check_log(&made(UNTIL, 5, LENGTH), sub, snapshot);
}

fn check_log(dir: &TempDir, sub: &str, snapshot: bool) {
    if snapshot {
        open(dir.path()).0.close().unwrap();
    }
    // With a source file, a failure prints its seed and saves it in `proptest-regressions`, from
    // where the next run replays it.
    let config = ProptestConfig {
        cases: 64,
        max_shrink_iters: 64,
        ..ProptestConfig::with_source_file(file!())
    };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    runner
        .run(&(0..100_usize, damage()), |(choice, damage)| {
            check(dir.path(), sub, choice, &damage);
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
fn a_damaged_merged_file_is_restored() {
    let dir = made_merged(UNTIL, 5, LENGTH);
    check_log(&dir, "sled/merged", false);
}

#[test]
fn damage_to_any_byte_of_a_journal_is_located() {
    let dir = made(6, 2, 20);
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
    let dir = made(UNTIL, 5, LENGTH);
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
    let dir = made(UNTIL, 5, LENGTH);
    let journal = segments(dir.path());
    let missing = format!("{}-{}", journal[2].0, journal[3].0 - 1);
    damage_page(dir.path(), 6);
    fs::remove_file(&journal[2].1).unwrap();

    let repaired = repair(dir.path(), &options()).unwrap();
    assert_eq!(repaired.journal.to_string(), missing);
    assert_eq!(
        repaired.copy_reason.as_deref(),
        Some("it differs from the journal at positions 6-10")
    );
    assert!(verify(dir.path()).unwrap().is_whole());
    assert_whole(&open(dir.path()).0, UNTIL, LENGTH);
}

#[test]
fn only_the_positions_that_are_damaged_in_both_copies_are_reported_as_lost() {
    let dir = made(UNTIL, 5, LENGTH);
    let journal = segments(dir.path());
    let first = journal[2].0;
    damage_page(dir.path(), first);
    fs::remove_file(&journal[2].1).unwrap();

    let Err(Error::BothDamaged { ranges, .. }) = repair(dir.path(), &options()) else {
        panic!("the repair did not report positions {first}-{}", first + 4)
    };
    assert_eq!(ranges.to_string(), format!("{first}-{}", first + 4));
}

/// Changes a byte of the page that starts at `position`, through sled: after a change in its file,
/// sled can discard everything written later, so the damage would depend on its file layout.
pub(crate) fn damage_page(dir: &Path, position: u64) {
    let config = sled::Config::new()
        .path(dir.join("sled"))
        .segment_size(8 * 1024 * 1024);
    let tree = config.open().unwrap().open_tree("log").unwrap();
    let key = position.to_be_bytes();
    let mut page = tree.get(key).unwrap().unwrap().to_vec();
    *page.last_mut().unwrap() ^= 1;
    tree.insert(key, page).unwrap();
}

/// First positions and paths of the journal's files.
pub(crate) fn segments(dir: &Path) -> Vec<(u64, PathBuf)> {
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
