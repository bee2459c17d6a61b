//! Old schemas of events and their conversion to the current ones.
//!
//! When a body changes incompatibly, its old struct moves here unchanged, with a function that
//! converts it. A text that is sealed since the second schema needs none: it is decoded as
//! [`Private::Open`](crate::seal::Private::Open).

use crate::codec;
use crate::event::Event;

/// Decodes a body whose kind or schema is not current. An unknown one decodes as [`Event::Unknown`],
/// so that a log written by a newer version can be read.
pub fn decode_old(kind: &str, schema: u16, body: &[u8]) -> Result<Event, codec::Error> {
    match (kind, schema) {
        ("reply-saved", 1) => codec::decode(body).map(Event::ReplySaved),
        ("edit-parked", 1) => codec::decode(body).map(Event::EditParked),
        ("contact-created", 1) => codec::decode(body).map(Event::ContactCreated),
        ("session-opened", 1) => codec::decode(body).map(Event::SessionOpened),
        ("message-received", 1) => codec::decode(body).map(Event::MessageReceived),
        _ => Ok(Event::Unknown),
    }
}
