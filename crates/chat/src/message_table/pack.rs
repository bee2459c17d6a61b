//! Encodes the messages of a page as the bytes of a row.
//!
//! ```text
//! id (16), session (16), position (8), delivery (8), attempts, previous, far, nth (4 each),
//! direction, state, length of the extra, whether it has an external id (1 each),
//! if it has an external id: its digest, the digest of the content (16 each);
//! if it has an extra: the extra as MessagePack
//! ```
//!
//! All numbers are little-endian. The router reads every message at its start, so this format is
//! faster to parse than a map; [`ROWS_VERSION`](crate::workspace::ROWS_VERSION) is its version.

use crate::codec;
use crate::id::{MessageId, SessionId};
use crate::model::{DeliveryState, Direction};
use crate::state::{Message, MessageExtra};

/// Bytes of a message without an external id and extra.
const PLAIN_BYTES: usize = 68;

const DIRECTIONS: [Direction; 4] = [
    Direction::Inbound,
    Direction::Outbound,
    Direction::Note,
    Direction::System,
];

const STATES: [Option<DeliveryState>; 8] = [
    None,
    Some(DeliveryState::Queued),
    Some(DeliveryState::Sending),
    Some(DeliveryState::Accepted),
    Some(DeliveryState::Delivered),
    Some(DeliveryState::Read),
    Some(DeliveryState::Failed),
    Some(DeliveryState::Expired),
];

/// Encodes a page.
pub(super) fn pack(messages: &[Message]) -> Vec<u8> {
    let mut out = Vec::with_capacity(messages.len() * 2 * PLAIN_BYTES);
    for message in messages {
        pack_one(message, &mut out);
    }
    out
}

/// Decodes a page.
pub(super) fn unpack(mut bytes: &[u8]) -> Result<Vec<Message>, codec::Error> {
    let mut messages = Vec::with_capacity(super::PAGE);
    while !bytes.is_empty() {
        messages.push(unpack_one(&mut bytes).ok_or(codec::Error::Truncated { wanted: "message" })?);
    }
    Ok(messages)
}

fn pack_one(message: &Message, out: &mut Vec<u8>) {
    let extra = message.extra.as_ref();
    let extra = extra.map_or_else(Vec::new, |extra| codec::encode(&**extra));
    out.extend(message.id.as_bytes());
    out.extend(message.session.as_bytes());
    out.extend(message.position.to_le_bytes());
    out.extend(message.delivery_at.to_le_bytes());
    out.extend(message.attempts.to_le_bytes());
    out.extend(message.previous.to_le_bytes());
    out.extend(message.far.to_le_bytes());
    out.extend(message.nth.to_le_bytes());
    out.push(index(&DIRECTIONS, &message.direction));
    out.push(index(&STATES, &message.state));
    // An extra has less than 100 bytes.
    out.push(u8::try_from(extra.len()).unwrap_or(u8::MAX));
    out.push(message.external.is_some().into());
    if let Some(external) = message.external {
        out.extend(external);
        out.extend(message.digest);
    }
    out.extend(extra);
}

fn unpack_one(rest: &mut &[u8]) -> Option<Message> {
    let mut message = Message {
        id: MessageId::from_bytes(take(rest)?),
        session: SessionId::from_bytes(take(rest)?),
        position: take(rest).map(u64::from_le_bytes)?,
        delivery_at: take(rest).map(u64::from_le_bytes)?,
        attempts: take(rest).map(u32::from_le_bytes)?,
        previous: take(rest).map(u32::from_le_bytes)?,
        far: take(rest).map(u32::from_le_bytes)?,
        nth: take(rest).map(u32::from_le_bytes)?,
        direction: *DIRECTIONS.get(length(rest)?)?,
        state: *STATES.get(length(rest)?)?,
        external: None,
        digest: [0; 16],
        extra: None,
    };
    let extra = length(rest)?;
    if length(rest)? > 0 {
        message.external = Some(take(rest)?);
        message.digest = take(rest)?;
    }
    if extra > 0 {
        let extra: MessageExtra = codec::decode(split(rest, extra)?).ok()?;
        message.extra = Some(Box::new(extra));
    }
    Some(message)
}

/// Splits `N` bytes off the front.
fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, left) = rest.split_first_chunk::<N>()?;
    *rest = left;
    Some(*taken)
}

/// Splits one byte off the front.
fn length(rest: &mut &[u8]) -> Option<usize> {
    take(rest).map(|[byte]| usize::from(byte))
}

fn split<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(length)?;
    *rest = left;
    Some(taken)
}

fn index<T: PartialEq>(all: &[T], one: &T) -> u8 {
    let at = all.iter().position(|other| other == one);
    at.and_then(|at| u8::try_from(at).ok()).unwrap_or(u8::MAX)
}
