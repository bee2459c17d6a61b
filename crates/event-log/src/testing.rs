//! Frames for the tests of this crate.

use crate::{Frame, NewEvent};

/// Returns a frame of events with these lengths. Every byte of an event is its position.
pub(crate) fn frame(first_position: u64, lengths: &[usize]) -> Frame {
    let events = (first_position..).zip(lengths);
    let events = events.map(|(position, length)| NewEvent {
        link: position - 1,
        bytes: vec![u8::try_from(position).unwrap_or(0); *length],
    });
    Frame {
        first_position,
        time_micros: -5,
        events: events.collect(),
    }
}
