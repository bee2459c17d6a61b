//! Fixtures: logs with predictable events.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use event_log::{Error, EventLog, Frame, NewEvent, Opened, Options, StoredEvent};
use tempfile::TempDir;

/// Small segments, so that a few frames fill several.
pub(crate) fn options() -> Options {
    Options {
        segment_bytes: 8 * 1024,
        ..Options::new(1_767_323_045_000_000)
    }
}

pub(crate) fn open(dir: &Path) -> (EventLog, Opened) {
    EventLog::open(dir, options()).unwrap()
}

pub(crate) fn refused(dir: &Path) -> Error {
    EventLog::open(dir, options())
        .map(|(log, _)| log.head())
        .unwrap_err()
}

/// The content of the event at a position.
pub(crate) fn bytes_at(position: u64, length: usize) -> Vec<u8> {
    format!("event {position} ")
        .into_bytes()
        .into_iter()
        .cycle()
        .take(length)
        .collect()
}

/// A frame of `count` events of `length` bytes, each linked to the one three before it.
pub(crate) fn frame(first_position: u64, count: u64, length: usize) -> Frame {
    let events = (first_position..first_position + count).map(|position| NewEvent {
        link: position.saturating_sub(3),
        bytes: bytes_at(position, length),
    });
    let time_micros = i64::try_from(first_position).unwrap() * 1_000;
    Frame {
        first_position,
        time_micros,
        events: events.collect(),
    }
}

/// Appends frames of `count` events until the log ends at `until`.
pub(crate) fn fill(log: &EventLog, until: u64, count: u64, length: usize) {
    while log.head().position < until {
        let first = log.head().position + 1;
        log.append(frame(first, count.min(until + 1 - first), length))
            .unwrap();
    }
}

/// Creates or continues a log of `until` events in frames of `count`, and closes it.
pub(crate) fn make(dir: &Path, until: u64, count: u64, length: usize) {
    let (log, _) = open(dir);
    fill(&log, until, count, length);
    log.close().unwrap();
}

/// A directory with a closed log.
pub(crate) fn made(until: u64, count: u64, length: usize) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    make(dir.path(), until, count, length);
    dir
}

/// Options with which a rebuild or a background merge puts some ten events into a file.
pub(crate) fn merging_options() -> Options {
    Options {
        merge_bytes: 4 * 1024,
        ..options()
    }
}

/// A directory with a closed log, most of whose rows are in merged files.
pub(crate) fn made_merged(until: u64, count: u64, length: usize) -> TempDir {
    let dir = made(until, count, length);
    fs::remove_dir_all(dir.path().join("sled")).unwrap();
    let (log, opened) = EventLog::open(dir.path(), merging_options()).unwrap();
    assert_eq!(opened.rebuilt.unwrap().events, until);
    log.close().unwrap();
    assert!(files(dir.path(), "sled/merged").len() > 2);
    dir
}

/// Reads every event from the copy.
pub(crate) fn read_all(log: &EventLog) -> Result<Vec<StoredEvent>, Error> {
    let (reader, mut events) = (log.reader(), Vec::new());
    loop {
        let more = reader.read(events.len() as u64 + 1, 100, usize::MAX)?;
        if more.is_empty() {
            return Ok(events);
        }
        events.extend(more);
    }
}

/// Reads every event from the journal.
pub(crate) fn scan_all(log: &EventLog) -> Result<Vec<StoredEvent>, Error> {
    let mut events = Vec::new();
    log.reader().scan(1, |event| {
        events.push(event.to_stored());
        ControlFlow::Continue(())
    })?;
    Ok(events)
}

/// Checks that the log has exactly the events that [`frame`] makes.
pub(crate) fn assert_whole(log: &EventLog, until: u64, length: usize) {
    for events in [read_all(log).unwrap(), scan_all(log).unwrap()] {
        assert_eq!(events.len() as u64, until);
        for (position, event) in (1_u64..).zip(events) {
            assert_eq!(
                (event.position, event.link),
                (position, position.saturating_sub(3))
            );
            assert_eq!(
                event.bytes,
                bytes_at(position, length),
                "position {position}"
            );
        }
    }
}

/// The files in a subdirectory of the log, sorted.
pub(crate) fn files(dir: &Path, sub: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir.join(sub))
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries.filter(|path| path.is_file()).collect();
    files.sort();
    files
}

pub(crate) fn copy_dir(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (entry, to) = (
            entry.as_ref().unwrap(),
            to.join(entry.as_ref().unwrap().file_name()),
        );
        if entry.path().is_dir() {
            copy_dir(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// Changes the content of a file.
pub(crate) fn edit(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
}
