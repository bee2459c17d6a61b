//! Old schemas of events and their conversion to the current ones.
//!
//! When a body changes incompatibly, its old struct moves here unchanged, with a function that
//! converts it. So far every event has its first schema.

use crate::codec;
use crate::event::Event;

/// Decodes a body whose kind or schema is not current. An unknown one decodes as [`Event::Unknown`],
/// so that a log written by a newer version can be read.
#[expect(clippy::unnecessary_wraps, reason = "decoding an old schema can fail")]
pub fn decode_old(_kind: &str, _schema: u16, _body: &[u8]) -> Result<Event, codec::Error> {
    Ok(Event::Unknown)
}
