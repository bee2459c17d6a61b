//! Frozen shapes of old events, and their way up to today's.
//!
//! When a body changes in a way that old bytes do not fit, its old struct moves here, never to be
//! edited again, with one function that lifts it. Nothing has changed yet.

use crate::codec;
use crate::event::Event;

/// Reads a body whose kind or schema is not today's. An unknown one is kept and skipped: a log
/// written by a newer version still opens.
#[expect(
    clippy::unnecessary_wraps,
    reason = "lifting an old shape can fail, once there is one"
)]
pub fn lift(_kind: &str, _schema: u16, _body: &[u8]) -> Result<Event, codec::Error> {
    Ok(Event::Unknown)
}
