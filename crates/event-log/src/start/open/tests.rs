use std::path::{Path, PathBuf};

use crate::journal::frame::EncodedFrame;
use crate::journal::segment::{self, JOURNAL};
use crate::journal::writer::JournalWriter;
use crate::{Error, EventLog, Frame, Options, testing};

fn frame(first_position: u64) -> Frame {
    testing::frame(first_position, &[40; 2])
}

/// Creates a log with events 1 to 4, then appends groups of frames to the journal alone, with one
/// sync per group. Returns the segment, and its length before the groups.
fn with_groups(dir: &Path, groups: &[&[u64]]) -> (PathBuf, usize) {
    let (log, _) = EventLog::open(dir, Options::new(0)).unwrap();
    log.append(frame(1)).unwrap();
    let committed = log.append(frame(3)).unwrap();
    log.close().unwrap();
    let journal = dir.join(JOURNAL);
    let segments = segment::list(&journal).unwrap();
    let last = segments.last().unwrap();
    let before = std::fs::read(&last.path).unwrap().len();
    let head = committed.head();
    let mut writer = JournalWriter::open(&journal, &Options::new(0), head, Some(last)).unwrap();
    for group in groups {
        let encode = |first: &u64| frame(*first).encode().unwrap();
        let mut frames: Vec<EncodedFrame> = group.iter().map(encode).collect();
        writer.append(frames.iter_mut()).unwrap();
    }
    (last.path.clone(), before)
}

fn flip(path: &Path, at: usize) {
    let mut bytes = std::fs::read(path).unwrap();
    bytes[at] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn events_that_only_the_journal_has_are_replayed() {
    let dir = tempfile::tempdir().unwrap();
    with_groups(dir.path(), &[&[5, 7], &[9]]);
    let (log, opened) = EventLog::open(dir.path(), Options::new(0)).unwrap();
    assert_eq!(
        (opened.head.position, opened.replayed_events, opened.rebuilt),
        (10, 6, None)
    );
    log.append(frame(11)).unwrap();
}

#[test]
fn damage_in_frames_that_were_not_synced_is_a_torn_write() {
    for offset in [0, 20, 80] {
        let dir = tempfile::tempdir().unwrap();
        let (path, before) = with_groups(dir.path(), &[&[5, 7, 9]]);
        flip(&path, before + offset);
        let (log, opened) = EventLog::open(dir.path(), Options::new(0)).unwrap();
        assert_eq!(
            (opened.head.position, opened.replayed_events),
            (4, 0),
            "offset {offset}"
        );
        assert!(opened.torn_bytes > 0);
        log.append(frame(5)).unwrap();
    }
}

#[test]
fn damage_in_frames_that_a_later_frame_reports_durable_is_not_a_torn_write() {
    for offset in [0, 20, 80] {
        let dir = tempfile::tempdir().unwrap();
        let (path, before) = with_groups(dir.path(), &[&[5, 7], &[9]]);
        flip(&path, before + offset);
        let error = EventLog::open(dir.path(), Options::new(0))
            .map(|_| ())
            .unwrap_err();
        let Error::JournalDamaged { ranges, .. } = error else {
            panic!("{error}")
        };
        assert_eq!(ranges.to_string(), "5-6", "offset {offset}");
    }
}

#[test]
fn rows_of_a_lost_frame_do_not_mix_with_the_next_frame() {
    let four_events = |size: usize| testing::frame(3, &[size; 4]);
    let dir = tempfile::tempdir().unwrap();
    let (log, _) = EventLog::open(dir.path(), Options::new(0)).unwrap();
    log.append(frame(1)).unwrap();
    log.close().unwrap();
    // sled has only the first rows of frame 3, and the journal has none of it.
    let parts = super::open(dir.path(), &Options::new(0)).unwrap();
    let mut lost = four_events(3_000).encode().unwrap();
    lost.link(parts.opened.head.hash, 2);
    let rows = crate::copy::page::rows(&lost.as_ref());
    parts.store.insert(rows.into_iter().take(3)).unwrap();
    parts.store.barrier().unwrap();
    drop(parts);

    let (log, opened) = EventLog::open(dir.path(), Options::new(0)).unwrap();
    assert_eq!((opened.head.position, opened.rebuilt), (2, None));
    log.append(four_events(10)).unwrap();
    let read = log.reader().read(1, 10, usize::MAX).unwrap();
    assert_eq!(read.len(), 6);
    assert!(
        (3..)
            .zip(&read[2..])
            .all(|(n, event)| event.bytes == [n; 10])
    );
    log.close().unwrap();
    assert!(crate::verify(dir.path()).unwrap().is_whole());
}
