//! The frame format: the unit of commit. Integers are little-endian.
//!
//! ```text
//! offset size
//!      0    4  magic "SBF1"
//!      4    2  format version, 1
//!      6    2  number of events, 1 to 256
//!      8    4  length of the payload in bytes
//!     12    4  number of events before this frame that were not yet durable when it was written
//!     16    8  position of the first event
//!     24    8  time, microseconds since 1970-01-01 UTC
//!     32   32  SHA-256 of the previous frame (header and payload), or GENESIS
//!     64    4  CRC-32C of the payload
//!     68    4  CRC-32C of the preceding 68 bytes
//!     72    .  payload: for each event its length (4), its link (8), its bytes
//! ```
//!
//! The header has its own checksum so that the length of a frame is known even if its payload is
//! damaged. The number of events not yet durable distinguishes a torn write from damage: if a later
//! frame says that everything before it was durable, then missing events were acknowledged.

use crate::bytes::take;
use crate::event::{EventRef, NewEvent};
use crate::limits::{EVENT_BYTES_MAX, FRAME_BYTES_MAX, FRAME_EVENTS_MAX};
use crate::{Error, GENESIS, Hash};

/// Length of a frame header.
pub(crate) const HEADER_BYTES: usize = 72;
/// First bytes of a frame.
pub(crate) const MAGIC: [u8; 4] = *b"SBF1";
/// The format version that is written, and the only one that can be read.
const VERSION: u16 = 1;
/// Length and link before an event's bytes.
pub(crate) const EVENT_HEADER_BYTES: usize = 12;
/// Maximum length of a valid payload.
pub(crate) const PAYLOAD_BYTES_MAX: usize = EVENT_BYTES_MAX + EVENT_HEADER_BYTES;

/// Events that are committed together, all or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Position of the first event: the log's next position.
    pub first_position: u64,
    /// Time of the commit, microseconds since 1970-01-01 UTC. May be earlier than that of the
    /// previous frame, because clocks are set back.
    pub time_micros: i64,
    /// 1 to [`FRAME_EVENTS_MAX`] events. Several events may have at most [`FRAME_BYTES_MAX`] bytes,
    /// counting 12 bytes of overhead for each.
    pub events: Vec<NewEvent>,
}

/// A decoded frame header.
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

/// A frame in its stored form. Header and hash are valid only after [`EncodedFrame::link`].
pub(crate) struct EncodedFrame {
    pub(crate) header: Header,
    pub(crate) hash: Hash,
    /// Header and payload.
    pub(crate) bytes: Vec<u8>,
}

/// A valid frame in a buffer.
#[derive(Clone, Copy)]
pub(crate) struct FrameRef<'a> {
    pub(crate) header: Header,
    /// Header and payload.
    pub(crate) bytes: &'a [u8],
}

/// The result of parsing the start of a buffer.
pub(crate) enum Parsed<'a> {
    Frame(FrameRef<'a>),
    /// The buffer ends before the frame does.
    Incomplete,
    /// No frame starts here, or a damaged one whose `length` is known if its header is valid.
    Bad {
        length: Option<usize>,
    },
    /// A frame of a later format version.
    UnknownVersion {
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

    /// The last position that was durable when this frame was written.
    pub(crate) fn durable(&self) -> u64 {
        self.first
            .saturating_sub(1)
            .saturating_sub(u64::from(self.not_durable))
    }

    /// Length of header and payload.
    pub(crate) fn frame_bytes(&self) -> usize {
        HEADER_BYTES.saturating_add(self.payload_bytes as usize)
    }

    fn encode(&self) -> [u8; HEADER_BYTES] {
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

    /// Decodes the header at the start of `bytes`. The error says what the bytes are instead.
    fn decode(bytes: &[u8]) -> Result<Self, Parsed<'static>> {
        let bad = || Parsed::Bad { length: None };
        let Some(header) = bytes.first_chunk::<HEADER_BYTES>() else {
            let start = bytes.get(..MAGIC.len()).unwrap_or(bytes);
            return Err(if MAGIC.starts_with(start) {
                Parsed::Incomplete
            } else {
                bad()
            });
        };
        let mut rest = &header[..];
        let (summed, sum) = rest.split_last_chunk::<4>().ok_or_else(bad)?;
        if take(&mut rest) != Some(MAGIC) || crc32c::crc32c(summed) != u32::from_le_bytes(*sum) {
            return Err(bad());
        }
        let version = take(&mut rest).map(u16::from_le_bytes).ok_or_else(bad)?;
        if version != VERSION {
            return Err(Parsed::UnknownVersion { version });
        }
        Self::decode_fields(&mut rest).ok_or_else(bad)
    }

    /// Decodes a header that was stored without its payload.
    pub(crate) fn decode_stored(bytes: &[u8]) -> Option<Self> {
        Self::decode(bytes).ok()
    }

    fn decode_fields(rest: &mut &[u8]) -> Option<Self> {
        let header = Self {
            count: take(rest).map(u16::from_le_bytes)?,
            payload_bytes: take(rest).map(u32::from_le_bytes)?,
            not_durable: take(rest).map(u32::from_le_bytes)?,
            first: take(rest).map(u64::from_le_bytes)?,
            time_micros: take(rest).map(i64::from_le_bytes)?,
            previous: Hash(take(rest)?),
            payload_crc: take(rest).map(u32::from_le_bytes)?,
        };
        let valid = header.first > 0
            && (1..=FRAME_EVENTS_MAX).contains(&usize::from(header.count))
            && header.payload_bytes as usize <= PAYLOAD_BYTES_MAX;
        valid.then_some(header)
    }
}

impl Frame {
    /// Checks the frame's limits and links, and encodes it.
    pub(crate) fn encode(&self) -> Result<EncodedFrame, Error> {
        let payload_bytes = self.check()?;
        let mut bytes = Vec::with_capacity(HEADER_BYTES + payload_bytes);
        bytes.resize(HEADER_BYTES, 0);
        for event in &self.events {
            // `check` bounds the length to EVENT_BYTES_MAX.
            let length = u32::try_from(event.bytes.len()).unwrap_or(u32::MAX);
            bytes.extend_from_slice(&length.to_le_bytes());
            bytes.extend_from_slice(&event.link.to_le_bytes());
            bytes.extend_from_slice(&event.bytes);
        }
        let events = self.events.len();
        let too_large = |_| Error::FrameTooLarge {
            events,
            bytes: payload_bytes,
        };
        let payload = bytes.get(HEADER_BYTES..).unwrap_or_default();
        let header = Header {
            count: u16::try_from(events).map_err(too_large)?,
            payload_bytes: u32::try_from(payload_bytes).map_err(too_large)?,
            not_durable: 0,
            first: self.first_position,
            time_micros: self.time_micros,
            previous: GENESIS,
            payload_crc: crc32c::crc32c(payload),
        };
        Ok(EncodedFrame {
            header,
            hash: GENESIS,
            bytes,
        })
    }

    /// Checks the limits and links. Returns the length of the payload.
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

impl EncodedFrame {
    /// Completes the header: links the frame to the `previous` one and records that the log is
    /// durable up to position `durable`.
    pub(crate) fn link(&mut self, previous: Hash, durable: u64) {
        let not_durable = self.header.first.saturating_sub(1).saturating_sub(durable);
        self.header.not_durable = u32::try_from(not_durable).unwrap_or(u32::MAX);
        self.header.previous = previous;
        self.write_header();
    }

    fn write_header(&mut self) {
        if let Some(header) = self.bytes.first_chunk_mut() {
            *header = self.header.encode();
        }
        self.hash = Hash::of(&self.bytes);
    }

    pub(crate) fn as_ref(&self) -> FrameRef<'_> {
        FrameRef {
            header: self.header,
            bytes: &self.bytes,
        }
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

/// Iterates over the encoded events of a frame or a page.
#[derive(Clone)]
pub(crate) struct Events<'a> {
    /// Position of the next event.
    pub(crate) position: u64,
    pub(crate) time_micros: i64,
    /// Bytes not yet read. Not empty after the last item if an event is cut short.
    pub(crate) rest: &'a [u8],
}

impl<'a> Iterator for Events<'a> {
    type Item = EventRef<'a>;

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

/// Parses and checks the frame at the start of the buffer.
pub(crate) fn parse(bytes: &[u8]) -> Parsed<'_> {
    let header = match Header::decode(bytes) {
        Ok(header) => header,
        Err(other) => return other,
    };
    let Some((bytes, _)) = bytes.split_at_checked(header.frame_bytes()) else {
        return Parsed::Incomplete;
    };
    let frame = FrameRef { header, bytes };
    let payload = bytes.get(HEADER_BYTES..).unwrap_or_default();
    let mut events = frame.events();
    let valid = crc32c::crc32c(payload) == header.payload_crc
        && events.by_ref().count() == usize::from(header.count)
        && events.rest.is_empty();
    if valid {
        Parsed::Frame(frame)
    } else {
        Parsed::Bad {
            length: Some(bytes.len()),
        }
    }
}

/// Parses a buffer that should contain one valid frame.
pub(crate) fn parse_valid(bytes: &[u8]) -> Option<FrameRef<'_>> {
    match parse(bytes) {
        Parsed::Frame(frame) => Some(frame),
        Parsed::Incomplete | Parsed::Bad { .. } | Parsed::UnknownVersion { .. } => None,
    }
}

#[cfg(test)]
mod tests;
