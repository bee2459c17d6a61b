use std::path::{Path, PathBuf};

use crate::head::Head;
use crate::journal::segment::{self, JOURNAL};
use crate::journal::writer::{Journal, Pending};
use crate::{Error, EventLog, Frame, GENESIS, NewEvent, Options};

fn frame(first_position: u64) -> Frame {
    let event = NewEvent {
        link: 0,
        bytes: vec![b'x'; 40],
    };
    Frame {
        first_position,
        time_micros: 0,
        events: vec![event.clone(), event],
    }
}

fn pending(first: u64) -> Pending {
    let bytes = frame(first).encode().unwrap();
    Pending {
        bytes,
        first,
        count: 2,
        time_micros: 0,
        hash: GENESIS,
    }
}

/// A log with events 1 to 4, and in the journal alone the given groups of frames, each group synced
/// once. The journal's file, and its length before them.
fn with_groups(dir: &Path, groups: &[&[u64]]) -> (PathBuf, usize) {
    let (log, _) = EventLog::open(dir, Options::new(0)).unwrap();
    log.append(frame(1)).unwrap();
    let committed = log.append(frame(3)).unwrap();
    log.close().unwrap();
    let segments = segment::list(&dir.join(JOURNAL)).unwrap();
    let tail = segments.last().unwrap();
    let before = std::fs::read(&tail.path).unwrap().len();
    let head = Head {
        position: 4,
        hash: committed.hash,
    };
    let mut journal =
        Journal::open(&dir.join(JOURNAL), &Options::new(0), head, Some(tail)).unwrap();
    for group in groups {
        let mut frames: Vec<_> = group.iter().copied().map(pending).collect();
        journal.append(frames.iter_mut()).unwrap();
    }
    (tail.path.clone(), before)
}

fn flip(path: &Path, at: usize) {
    let mut bytes = std::fs::read(path).unwrap();
    bytes[at] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn what_the_journal_alone_has_is_replayed() {
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
fn a_hole_in_a_group_that_was_never_synced_is_a_write_cut_short() {
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
fn a_hole_in_what_a_later_frame_calls_durable_is_damage() {
    for offset in [0, 20, 80] {
        let dir = tempfile::tempdir().unwrap();
        let (path, before) = with_groups(dir.path(), &[&[5, 7], &[9]]);
        flip(&path, before + offset);
        let refused = EventLog::open(dir.path(), Options::new(0))
            .map(|_| ())
            .unwrap_err();
        let Error::JournalDamaged { ranges, .. } = refused else {
            panic!("{refused}")
        };
        assert_eq!(ranges.to_string(), "5-6", "offset {offset}");
    }
}

#[test]
fn the_beginning_of_a_lost_frame_does_not_stand_between_the_next_ones() {
    let dir = tempfile::tempdir().unwrap();
    let (log, _) = EventLog::open(dir.path(), Options::new(0)).unwrap();
    log.append(frame(1)).unwrap();
    log.close().unwrap();
    // All but the first rows of frame 3 were lost, and the journal never had it.
    let parts = super::open(dir.path(), &Options::new(0)).unwrap();
    let large = NewEvent {
        link: 0,
        bytes: vec![b'y'; 3_000],
    };
    let lost = Frame {
        first_position: 3,
        time_micros: 0,
        events: vec![large; 4],
    };
    let mut bytes = lost.encode().unwrap();
    let header = crate::journal::frame::Header {
        count: 4,
        payload_bytes: u32::try_from(bytes.len() - crate::journal::frame::HEADER_BYTES).unwrap(),
        not_durable: 0,
        first: 3,
        time_micros: 0,
        previous: parts.opened.head.hash,
        payload_crc: 0,
    };
    crate::journal::frame::seal(&mut bytes, header);
    let crate::journal::frame::Parsed::Frame(lost) = crate::journal::frame::parse(&bytes) else {
        panic!("no frame")
    };
    parts
        .store
        .insert(crate::copy::page::rows(&lost).into_iter().take(3))
        .unwrap();
    parts.store.barrier().unwrap();
    drop(parts);

    let (log, opened) = EventLog::open(dir.path(), Options::new(0)).unwrap();
    assert_eq!((opened.head.position, opened.rebuilt), (2, None));
    let small = NewEvent {
        link: 0,
        bytes: vec![b'z'; 10],
    };
    log.append(Frame {
        first_position: 3,
        time_micros: 0,
        events: vec![small; 4],
    })
    .unwrap();
    let read = log.reader().read(1, 10, usize::MAX).unwrap();
    assert_eq!(read.len(), 6);
    assert!(read[2..].iter().all(|event| event.bytes == [b'z'; 10]));
    log.close().unwrap();
    assert!(crate::verify(dir.path()).unwrap().is_whole());
}
