//! Opening logs in every state that a crash or an operator can leave.

use std::fs;
use std::path::Path;

use event_log::{EVENT_BYTES_MAX, Error, EventLog, Options};

use crate::support::{
    assert_whole, bytes_at, copy_dir, edit, files, fill, frame, made, make, open, options,
    read_all, refused,
};

#[test]
fn a_second_open_is_rejected_and_does_no_harm() {
    let dir = tempfile::tempdir().unwrap();
    let (log, _) = open(dir.path());
    fill(&log, 10, 3, 50);
    assert!(matches!(refused(dir.path()), Error::Locked { .. }));
    fill(&log, 20, 3, 50);
    log.close().unwrap();
    assert_whole(&open(dir.path()).0, 20, 50);
}

#[test]
fn a_reader_that_outlives_the_log_keeps_it_locked() {
    let dir = tempfile::tempdir().unwrap();
    let (log, _) = open(dir.path());
    let reader = log.reader();
    fill(&log, 5, 5, 50);
    log.close().unwrap();
    assert_eq!(reader.get(3).unwrap().unwrap().bytes, bytes_at(3, 50));
    assert!(matches!(refused(dir.path()), Error::Locked { .. }));
    drop(reader);
    assert_whole(&open(dir.path()).0, 5, 50);
}

#[test]
fn a_torn_write_is_truncated_and_reported() {
    let dir = made(12, 4, 50);
    let whole = fs::read(files(dir.path(), "journal").pop().unwrap()).unwrap();
    let next = whole[whole.len() / 3 * 2..].to_vec();
    for cut in [1, 50, 71, 72, 73, next.len() - 1] {
        let torn = [&whole[..], &next[..cut]].concat();
        fs::write(files(dir.path(), "journal").pop().unwrap(), torn).unwrap();
        let (log, opened) = open(dir.path());
        assert_eq!(
            (opened.torn_bytes, opened.head.position),
            (cut as u64, 12),
            "cut {cut}"
        );
        assert_eq!(opened.rebuilt, None);
        log.close().unwrap();
    }
    let (log, opened) = open(dir.path());
    assert_eq!(opened.torn_bytes, 0);
    fill(&log, 20, 4, 50);
    assert_whole(&log, 20, 50);
}

#[test]
fn a_damaged_last_frame_that_sled_has_is_not_taken_for_a_torn_write() {
    let dir = made(12, 4, 50);
    edit(&files(dir.path(), "journal").pop().unwrap(), |bytes| {
        bytes.truncate(bytes.len() - 1);
    });
    let error = refused(dir.path());
    assert!(matches!(error, Error::JournalDamaged { .. }), "{error}");
    assert!(
        error
            .to_string()
            .contains("at positions 9-12: run `switchboard log repair`")
    );
    let repaired = event_log::repair(dir.path(), &options()).unwrap();
    assert_eq!(repaired.journal.to_string(), "9-12");
    let (log, opened) = open(dir.path());
    assert_eq!((opened.torn_bytes, opened.rebuilt), (0, None));
    assert_whole(&log, 12, 50);
}

/// Replaces the sled copy of a log by that of another.
fn replace_sled(dir: &Path, other: &Path) {
    fs::remove_dir_all(dir.join("sled")).unwrap();
    fs::rename(other.join("sled"), dir.join("sled")).unwrap();
}

#[test]
fn a_missing_copy_is_rebuilt() {
    let dir = made(200, 7, 300);
    fs::remove_dir_all(dir.path().join("sled")).unwrap();
    let (log, opened) = open(dir.path());
    let rebuilt = opened.rebuilt.unwrap();
    assert_eq!((rebuilt.events, rebuilt.quarantine), (200, None));
    assert_whole(&log, 200, 300);
}

#[test]
fn an_empty_copy_is_rebuilt() {
    let (dir, empty) = (made(20, 7, 300), made(0, 7, 300));
    replace_sled(dir.path(), empty.path());
    let (log, opened) = open(dir.path());
    let rebuilt = opened.rebuilt.unwrap();
    assert!(
        rebuilt.reason.contains("opened empty"),
        "{}",
        rebuilt.reason
    );
    assert_eq!(
        rebuilt.quarantine,
        Some(dir.path().join("quarantine-20260102T030405Z"))
    );
    assert_whole(&log, 20, 300);
}

#[test]
fn a_copy_of_another_log_is_quarantined_and_rebuilt() {
    for other_events in [10_u64, 20, 30] {
        let (dir, other) = (made(20, 7, 300), made(other_events, other_events, 10));
        replace_sled(dir.path(), other.path());
        let (log, opened) = open(dir.path());
        assert!(opened.rebuilt.unwrap().quarantine.unwrap().is_dir());
        assert_whole(&log, 20, 300);
    }
}

#[test]
fn a_copy_that_is_behind_catches_up() {
    let (dir, old) = (made(60, 7, 300), tempfile::tempdir().unwrap());
    copy_dir(dir.path(), old.path());
    make(dir.path(), 150, 7, 300);
    replace_sled(dir.path(), old.path());
    let (log, opened) = open(dir.path());
    assert_eq!((opened.replayed_events, opened.rebuilt), (90, None));
    assert_whole(&log, 150, 300);
}

#[test]
fn a_lost_journal_is_rejected_and_restored_from_sled() {
    let dir = made(200, 7, 300);
    let before = event_log::verify(dir.path()).unwrap();
    fs::remove_dir_all(dir.path().join("journal")).unwrap();
    assert!(
        refused(dir.path())
            .to_string()
            .contains("damaged at positions 1-200")
    );
    let repaired = event_log::repair(dir.path(), &options()).unwrap();
    assert_eq!(
        (repaired.journal.to_string().as_str(), repaired.copy_reason),
        ("1-200", None)
    );
    let after = event_log::verify(dir.path()).unwrap();
    assert!(after.is_whole());
    assert_eq!((after.head, after.frames), (before.head, before.frames));
    assert_whole(&open(dir.path()).0, 200, 300);
}

#[test]
fn a_missing_segment_is_rejected_and_restored_from_sled() {
    let dir = made(200, 7, 300);
    let segments = files(dir.path(), "journal");
    assert!(segments.len() > 4);
    fs::remove_file(&segments[1]).unwrap();
    fs::remove_file(&segments[2]).unwrap();
    let error = refused(dir.path());
    let Error::JournalDamaged { ranges, .. } = &error else {
        panic!("{error}")
    };
    let repaired = event_log::repair(dir.path(), &options()).unwrap();
    assert_eq!(&repaired.journal, ranges);
    assert!(event_log::verify(dir.path()).unwrap().is_whole());
    assert_whole(&open(dir.path()).0, 200, 300);
}

#[test]
fn files_that_a_kill_left_unfinished_are_deleted() {
    let dir = made(30, 7, 300);
    // A second open makes sled write a snapshot.
    open(dir.path()).0.close().unwrap();
    let segment = dir.path().join("journal/00000000000000000001.seg.tmp");
    let snapshot = dir.path().join("sled/snap.00000000000000FF.generating");
    let rebuilding = dir.path().join("sled.rebuilding");
    fs::write(&segment, b"half").unwrap();
    fs::write(&snapshot, b"half").unwrap();
    fs::create_dir(&rebuilding).unwrap();
    let mut snapshots = files(dir.path(), "sled");
    snapshots.retain(|path| path.to_str().unwrap().contains("/sled/snap."));
    assert!(snapshots.len() > 1);
    for path in &snapshots {
        edit(path, |bytes| bytes.truncate(bytes.len().saturating_sub(5)));
    }
    let (log, opened) = open(dir.path());
    assert_eq!(opened.rebuilt, None);
    assert_whole(&log, 30, 300);
    assert!(!segment.exists() && !snapshot.exists() && !rebuilding.exists());
}

#[test]
fn a_failed_write_poisons_the_log() {
    let dir = tempfile::tempdir().unwrap();
    let (log, _) = open(dir.path());
    // A segment of 8 KiB is full after 8 events. The next one cannot be created: a directory has its
    // name.
    fill(&log, 8, 1, 1_000);
    let taken = dir.path().join(format!("journal/{:020}.seg", 9));
    fs::create_dir(&taken).unwrap();
    let refused = log.append(frame(9, 1, 1_000)).unwrap_err();
    assert!(matches!(refused, Error::Io { .. }), "{refused}");
    fs::remove_dir(&taken).unwrap();
    for _ in 0..3 {
        let again = log.append(frame(9, 1, 10)).unwrap_err();
        assert!(matches!(again, Error::Poisoned { .. }), "{again}");
    }
    assert_eq!(log.head().position, 8);
    let last = log.reader().get(8).unwrap().unwrap();
    assert_eq!(last.bytes, bytes_at(8, 1_000));
    assert!(matches!(log.close(), Err(Error::Poisoned { .. })));
    let (log, _) = open(dir.path());
    fill(&log, 28, 1, 1_000);
    assert_whole(&log, 28, 1_000);
}

#[test]
fn events_of_the_largest_size_stay_out_of_blobs() {
    let dir = tempfile::tempdir().unwrap();
    let (log, _) = EventLog::open(dir.path(), Options::new(0)).unwrap();
    let sizes = [EVENT_BYTES_MAX, 256 * 1024, 5_000, 4_096, 4_095, 3_000, 0];
    for round in 0..6_u64 {
        for (index, size) in (1..).zip(sizes) {
            log.append(frame(round * 7 + index, 1, size)).unwrap();
        }
    }
    log.close().unwrap();
    let (log, opened) = EventLog::open(dir.path(), Options::new(0)).unwrap();
    assert_eq!((opened.rebuilt, opened.replayed_events), (None, 0));
    for event in read_all(&log).unwrap() {
        let size = sizes[usize::try_from((event.position - 1) % 7).unwrap()];
        assert_eq!(event.bytes, bytes_at(event.position, size));
    }
    assert_eq!(
        files(dir.path(), "sled/blobs"),
        Vec::<std::path::PathBuf>::new()
    );
    drop(log);
    assert!(event_log::verify(dir.path()).unwrap().is_whole());
}

#[test]
fn a_frame_out_of_order_is_rejected_and_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (log, _) = open(dir.path());
    fill(&log, 3, 3, 10);
    let error = log.append(frame(0, 1, 10)).unwrap_err();
    let no_earlier_position = matches!(
        error,
        Error::BadLink {
            position: 0,
            link: 0
        }
    );
    assert!(no_earlier_position, "{error}");
    for position in [1, 3, 5] {
        let error = log.append(frame(position, 1, 10)).unwrap_err();
        let rejected =
            matches!(error, Error::OutOfOrder { expected: 4, found } if found == position);
        assert!(rejected, "{error}");
    }
    assert_eq!(log.head().position, 3);
    fill(&log, 6, 3, 10);
    assert_whole(&log, 6, 10);
}

#[test]
fn frames_submitted_together_are_acknowledged_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let (log, _) = open(dir.path());
    let (sender, receiver) = std::sync::mpsc::channel();
    for first in (1..=300).step_by(3) {
        let (sender, reader) = (sender.clone(), log.reader());
        let done = move |outcome: Result<event_log::Committed, Error>| {
            let last = outcome.unwrap().last_position;
            // An acknowledged event can be read immediately.
            assert!(reader.head().position >= last && reader.get(last).unwrap().is_some());
            sender.send(last).unwrap();
        };
        log.submit(frame(first, 3, 40), done).unwrap();
    }
    drop(sender);
    assert_eq!(
        receiver.iter().collect::<Vec<_>>(),
        (3..=300).step_by(3).collect::<Vec<_>>()
    );
    log.close().unwrap();
    assert_whole(&open(dir.path()).0, 300, 40);
}
