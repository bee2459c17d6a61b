//! Reading the journal while another process writes it.

use std::ops::ControlFlow;

use event_log::{CopyReport, JournalReader, verify};

use crate::support::{bytes_at, fill, made, open};

/// Reads and checks all events up to the current end. Returns their number.
fn poll(reader: &mut JournalReader, length: usize) -> u64 {
    let mut next = reader.next_position();
    reader
        .poll(|event| {
            assert_eq!(
                (event.position, event.bytes),
                (next, &bytes_at(next, length)[..])
            );
            next += 1;
            ControlFlow::Continue(())
        })
        .unwrap()
}

#[test]
fn the_journal_is_followed_while_it_grows_rolls_and_is_sealed() {
    let dir = tempfile::tempdir().unwrap();
    let (log, _) = open(dir.path());
    let mut reader = JournalReader::open_read_only(dir.path(), 0).unwrap();
    assert_eq!(poll(&mut reader, 300), 0);
    for until in [1, 2, 30, 31, 200, 500] {
        fill(&log, until, 5, 300);
        let before = reader.next_position();
        assert_eq!(poll(&mut reader, 300), until + 1 - before);
        assert_eq!(poll(&mut reader, 300), 0);
        let stats = JournalReader::stats(dir.path()).unwrap();
        assert_eq!(stats.head, log.head());
    }
    log.close().unwrap();
    let stats = JournalReader::stats(dir.path()).unwrap();
    assert_eq!(stats.sealed_segments, stats.segments - 1);
    for from in [1, 77, 500, 501] {
        let mut late = JournalReader::open_read_only(dir.path(), from).unwrap();
        assert_eq!(poll(&mut late, 300), 501 - from);
    }
}

#[test]
fn a_reader_that_stops_within_a_frame_continues_there() {
    let dir = made(100, 7, 300);
    let mut reader = JournalReader::open_read_only(dir.path(), 1).unwrap();
    for position in 1..=100 {
        let mut found = None;
        let read = reader.poll(|event| {
            found = Some(event.position);
            ControlFlow::Break(())
        });
        assert_eq!((read.unwrap(), found), (1, Some(position)));
    }
    assert_eq!(poll(&mut reader, 300), 0);
}

#[test]
fn an_unfinished_frame_is_read_once_it_is_complete() {
    let dir = made(4, 2, 50);
    let path = crate::support::files(dir.path(), "journal").pop().unwrap();
    let whole = std::fs::read(&path).unwrap();
    for length in 0..whole.len() {
        std::fs::write(&path, &whole[..length]).unwrap();
        let mut reader = JournalReader::open_read_only(dir.path(), 1).unwrap();
        let there = poll(&mut reader, 50);
        std::fs::write(&path, &whole).unwrap();
        assert_eq!(there + poll(&mut reader, 50), 4, "length {length}");
    }
}

#[test]
fn verifying_a_running_log_skips_its_sled_copy() {
    let dir = tempfile::tempdir().unwrap();
    let (log, _) = open(dir.path());
    fill(&log, 100, 7, 300);
    let report = verify(dir.path()).unwrap();
    assert!(report.is_whole());
    assert_eq!((report.head, report.copy), (log.head(), CopyReport::InUse));
    let head = log.head();
    log.close().unwrap();
    let report = verify(dir.path()).unwrap();
    assert!(report.is_whole());
    let CopyReport::Compared { position, .. } = report.copy else {
        panic!("{report:?}")
    };
    assert_eq!((report.head, position), (head, 100));
}
