//! One commit, as bytes. All integers are little-endian.
//!
//! ```text
//! offset size
//!      0    4  magic "SBF1"
//!      4    2  format version, 1
//!      6    2  count of events, 1 to 256
//!      8    4  length of the payload in bytes
//!     12    4  how many events before this frame were not yet durable when it was written
//!     16    8  first position
//!     24    8  time, microseconds since 1970-01-01 UTC
//!     32   32  SHA-256 of the previous frame (header and payload), or GENESIS
//!     64    4  CRC-32C of the payload
//!     68    4  CRC-32C of the 68 bytes before
//!     72    .  payload: for each event its length (4), its link (8), its bytes
//! ```
//!
//! The header has a checksum of its own so that the extent of a frame is known although its payload
//! is damaged. The count of events that were not yet durable tells a torn write from bit rot: if a
//! later frame says that everything before it was durable, what is missing was acknowledged.

use crate::bytes::take;
use crate::event::{EventRef, NewEvent};
use crate::limits::{EVENT_BYTES_MAX, FRAME_BYTES_MAX, FRAME_EVENTS_MAX};
use crate::{Error, Hash};

/// Bytes of a frame's header.
pub(crate) const HEADER_BYTES: usize = 72;
/// What a frame begins with.
pub(crate) const MAGIC: [u8; 4] = *b"SBF1";
/// The format that is written, and the only one that is read.
const VERSION: u16 = 1;
/// Length and link before an event's bytes.
pub(crate) const EVENT_HEADER_BYTES: usize = 12;

/// Longest payload that can be valid.
pub(crate) const PAYLOAD_BYTES_MAX: usize = EVENT_BYTES_MAX + EVENT_HEADER_BYTES;

/// Events to be committed together: all of them or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Position of the first event: the log's next one.
    pub first_position: u64,
    /// Time of the commit, microseconds since 1970-01-01 UTC. Need not grow: clocks are set back.
    pub time_micros: i64,
    /// 1 to [`FRAME_EVENTS_MAX`] events, together at most [`FRAME_BYTES_MAX`] bytes counting 12
    /// more for each, unless there is only one.
    pub events: Vec<NewEvent>,
}

/// A frame's header, decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) count: u16,
    pub(crate) payload_bytes: u32,
    pub(crate) not_durable: u32,
    pub(crate) first: u64,
    pub(crate) time_micros: i64,
    pub(crate) previous: Hash,
    pub(crate) payload_crc: u32,
}

/// A whole, checked frame in a buffer.
#[derive(Clone, Copy)]
pub(crate) struct FrameRef<'a> {
    pub(crate) header: Header,
    /// Header and payload.
    pub(crate) bytes: &'a [u8],
}

/// What the first bytes of a buffer are.
pub(crate) enum Parsed<'a> {
    Frame(FrameRef<'a>),
    /// A frame may begin here, but its end is not in the buffer yet.
    Incomplete,
    /// No frame begins here, or one that is damaged. `extent` is its length where that is certain.
    Bad {
        extent: Option<usize>,
    },
    /// A frame of a later format.
    Unknown {
        version: u16,
    },
}

impl Header {
    /// Position of the frame's last event.
    pub(crate) fn last(&self) -> u64 {
        self.first
            .saturating_add(u64::from(self.count))
            .saturating_sub(1)
    }

    /// Up to where the log was durable when this frame was written.
    pub(crate) fn durable(&self) -> u64 {
        self.first
            .saturating_sub(1)
            .saturating_sub(u64::from(self.not_durable))
    }

    /// Header and payload together.
    pub(crate) fn frame_bytes(&self) -> usize {
        HEADER_BYTES.saturating_add(self.payload_bytes as usize)
    }

    pub(crate) fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut out = Vec::with_capacity(HEADER_BYTES);
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&VERSION.to_le_bytes());
        out.extend_from_slice(&self.count.to_le_bytes());
        out.extend_from_slice(&self.payload_bytes.to_le_bytes());
        out.extend_from_slice(&self.not_durable.to_le_bytes());
        out.extend_from_slice(&self.first.to_le_bytes());
        out.extend_from_slice(&self.time_micros.to_le_bytes());
        out.extend_from_slice(&self.previous.0);
        out.extend_from_slice(&self.payload_crc.to_le_bytes());
        out.extend_from_slice(&crc32c::crc32c(&out).to_le_bytes());
        let mut header = [0; HEADER_BYTES];
        header.copy_from_slice(&out);
        header
    }

    /// `Err` carries what is wrong with the bytes, which need be no longer than a header.
    fn decode(bytes: &[u8]) -> Result<Self, Parsed<'static>> {
        let bad = || Parsed::Bad { extent: None };
        let Some((mut rest, _)) = bytes
            .split_first_chunk::<HEADER_BYTES>()
            .map(|(h, r)| (&h[..], r))
        else {
            let shown = bytes.get(..MAGIC.len()).unwrap_or(bytes);
            return Err(if MAGIC.starts_with(shown) {
                Parsed::Incomplete
            } else {
                bad()
            });
        };
        let (summed, sum) = rest.split_last_chunk::<4>().ok_or_else(bad)?;
        if take(&mut rest) != Some(MAGIC) || crc32c::crc32c(summed) != u32::from_le_bytes(*sum) {
            return Err(bad());
        }
        let version = take(&mut rest).map(u16::from_le_bytes).ok_or_else(bad)?;
        if version != VERSION {
            return Err(Parsed::Unknown { version });
        }
        Self::fields(&mut rest).ok_or_else(bad)
    }

    /// A header that was stored without its frame.
    pub(crate) fn decode_stored(bytes: &[u8]) -> Option<Self> {
        Self::decode(bytes).ok()
    }

    fn fields(rest: &mut &[u8]) -> Option<Self> {
        let header = Self {
            count: take(rest).map(u16::from_le_bytes)?,
            payload_bytes: take(rest).map(u32::from_le_bytes)?,
            not_durable: take(rest).map(u32::from_le_bytes)?,
            first: take(rest).map(u64::from_le_bytes)?,
            time_micros: take(rest).map(i64::from_le_bytes)?,
            previous: Hash(take(rest)?),
            payload_crc: take(rest).map(u32::from_le_bytes)?,
        };
        let sane = header.first > 0
            && (1..=FRAME_EVENTS_MAX).contains(&usize::from(header.count))
            && header.payload_bytes as usize <= PAYLOAD_BYTES_MAX;
        sane.then_some(header)
    }
}

impl Frame {
    /// The frame as bytes, with the fields that only the committer knows (previous hash, what is not
    /// durable) still empty: [`seal`] fills them in.
    pub(crate) fn encode(&self) -> Result<Vec<u8>, Error> {
        let payload_bytes = self.check()?;
        let mut out = Vec::with_capacity(HEADER_BYTES + payload_bytes);
        out.resize(HEADER_BYTES, 0);
        for event in &self.events {
            push_event(&mut out, event.link, &event.bytes);
        }
        Ok(out)
    }

    /// Checks every limit and link; the length of the payload.
    fn check(&self) -> Result<usize, Error> {
        let mut bytes = 0_usize;
        for (position, event) in (self.first_position..).zip(&self.events) {
            if event.bytes.len() > EVENT_BYTES_MAX {
                return Err(Error::EventTooLarge {
                    position,
                    bytes: event.bytes.len(),
                });
            }
            if event.link >= position {
                return Err(Error::BadLink {
                    position,
                    link: event.link,
                });
            }
            bytes += EVENT_HEADER_BYTES + event.bytes.len();
        }
        let events = self.events.len();
        if events == 0 {
            return Err(Error::FrameEmpty);
        }
        if events > FRAME_EVENTS_MAX || (events > 1 && bytes > FRAME_BYTES_MAX) {
            return Err(Error::FrameTooLarge { events, bytes });
        }
        Ok(bytes)
    }
}

impl<'a> FrameRef<'a> {
    /// The events, in order.
    pub(crate) fn events(&self) -> Events<'a> {
        Events {
            position: self.header.first,
            time_micros: self.header.time_micros,
            rest: self.bytes.get(HEADER_BYTES..).unwrap_or_default(),
        }
    }

    pub(crate) fn hash(&self) -> Hash {
        Hash::of(self.bytes)
    }
}

/// Events that lie one behind the other in a frame or a page.
#[derive(Clone)]
pub(crate) struct Events<'a> {
    pub(crate) position: u64,
    pub(crate) time_micros: i64,
    pub(crate) rest: &'a [u8],
}

impl<'a> Iterator for Events<'a> {
    type Item = EventRef<'a>;

    /// Ends at the end of the bytes, and at an event that does not fit in them.
    fn next(&mut self) -> Option<EventRef<'a>> {
        let mut rest = self.rest;
        let length = take(&mut rest).map(u32::from_le_bytes)? as usize;
        let link = take(&mut rest).map(u64::from_le_bytes)?;
        let (bytes, rest) = rest.split_at_checked(length)?;
        let event = EventRef {
            position: self.position,
            link,
            time_micros: self.time_micros,
            bytes,
        };
        self.position += 1;
        self.rest = rest;
        Some(event)
    }
}

/// Appends one event in its stored form.
fn push_event(out: &mut Vec<u8>, link: u64, bytes: &[u8]) {
    // No event is longer than EVENT_BYTES_MAX, so its length fits.
    out.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.extend_from_slice(&link.to_le_bytes());
    out.extend_from_slice(bytes);
}

/// Fills the header of an encoded frame in and gives the frame's hash.
pub(crate) fn seal(frame: &mut [u8], header: Header) -> Hash {
    let payload = frame.get(HEADER_BYTES..).unwrap_or_default();
    let header = Header {
        payload_crc: crc32c::crc32c(payload),
        ..header
    };
    if let Some(place) = frame.first_chunk_mut() {
        *place = header.encode();
    }
    Hash::of(frame)
}

/// Reads what the buffer begins with, and checks all of it.
pub(crate) fn parse(bytes: &[u8]) -> Parsed<'_> {
    let header = match Header::decode(bytes) {
        Ok(header) => header,
        Err(wrong) => return wrong,
    };
    let Some((bytes, _)) = bytes.split_at_checked(header.frame_bytes()) else {
        return Parsed::Incomplete;
    };
    let frame = FrameRef { header, bytes };
    let payload = bytes.get(HEADER_BYTES..).unwrap_or_default();
    let mut events = frame.events();
    let whole = crc32c::crc32c(payload) == header.payload_crc
        && events.by_ref().count() == usize::from(header.count)
        && events.rest.is_empty();
    if whole {
        Parsed::Frame(frame)
    } else {
        Parsed::Bad {
            extent: Some(bytes.len()),
        }
    }
}

#[cfg(test)]
mod tests;
