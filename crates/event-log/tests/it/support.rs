//! Making logs to look at.

use std::path::Path;

use event_log::{EventLog, Frame, NewEvent, Opened, Options};

/// Small segments, so that a few frames make several.
pub(crate) fn options() -> Options {
    Options {
        segment_bytes: 8 * 1024,
        ..Options::new(1_767_323_045_000_000)
    }
}

pub(crate) fn open(dir: &Path) -> (EventLog, Opened) {
    EventLog::open(dir, options()).unwrap()
}

/// The bytes that the event at a position has in these tests.
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
