//! How a frame is cut into sled values, and put together again.
//!
//! A value of at most 4 KiB holds consecutive events of one frame. The first value of a frame
//! also holds the frame's header, so that the journal can be rebuilt from sled to the byte, hash
//! chain included. A larger event has a page to itself; what does not fit in its page follows in
//! chunks. Nothing in sled may be large, because its leaves take up to 17 values before they split
//! and a leaf over a quarter of a segment goes to `blobs/`, which sled never syncs.
//!
//! ```text
//! key of a page     first position, 8 bytes big-endian
//! key of a chunk    position, then chunk number from 1, 4 bytes big-endian
//! page              CRC-32C of the rest (4), first position of its frame (8), time (8), the
//!                   frame's header (72, where the page is the first), events
//! chunk             CRC-32C of the rest (4), bytes
//! ```

use std::borrow::Cow;

use crate::bytes::take;
use crate::journal::frame::{EVENT_HEADER_BYTES, Events, FrameRef, HEADER_BYTES};

/// Longest page, design section 5: 13 chat events of 300 bytes, measured best with sled.
const PAGE_BYTES_MAX: usize = 4096;
/// Longest chunk without its checksum: 17 of them stay under 300 KiB, far from a blob (2 MiB).
const CHUNK_BYTES_MAX: usize = 16 * 1024;
/// What every page begins with.
const PREFIX_BYTES: usize = 4 + 8 + 8;

/// A sled key and value.
pub(crate) type Row = (Vec<u8>, Vec<u8>);

/// A page, checked.
pub(crate) struct Page<'a> {
    /// Position of its first event.
    pub(crate) first: u64,
    /// Position of the first event of its frame.
    pub(crate) frame_first: u64,
    pub(crate) time_micros: i64,
    /// The frame's header, on the frame's first page.
    pub(crate) header: Option<&'a [u8]>,
    /// Events; of a large one only the beginning.
    pub(crate) events: &'a [u8],
}

/// Which position a key belongs to, and which chunk of it (0 is the page).
pub(crate) fn key_parts(key: &[u8]) -> Option<(u64, u32)> {
    let mut rest = key;
    let position = take(&mut rest).map(u64::from_be_bytes)?;
    if rest.is_empty() {
        return Some((position, 0));
    }
    let chunk = take(&mut rest).map(u32::from_be_bytes)?;
    (rest.is_empty() && chunk > 0).then_some((position, chunk))
}

pub(crate) fn page_key(position: u64) -> [u8; 8] {
    position.to_be_bytes()
}

pub(crate) fn chunk_key(position: u64, chunk: u32) -> Vec<u8> {
    [&position.to_be_bytes()[..], &chunk.to_be_bytes()].concat()
}

/// Cuts a frame into rows, in the order of their keys. The same frame always gives the same rows,
/// so copies are compared row by row.
pub(crate) fn rows(frame: &FrameRef<'_>) -> Vec<Row> {
    let mut out = Vec::new();
    let header = frame.bytes.get(..HEADER_BYTES).unwrap_or_default();
    let mut page = Builder::new(frame, frame.header.first);
    page.value.extend_from_slice(header);
    let mut events = frame.events();
    loop {
        let (position, before) = (events.position, events.rest);
        if events.next().is_none() {
            break;
        }
        let stored = before.len() - events.rest.len();
        let event = before.get(..stored).unwrap_or_default();
        if page.events > 0 && page.value.len() + stored > PAGE_BYTES_MAX {
            out.push(page.finish());
            page = Builder::new(frame, position);
        }
        if page.value.len() + stored > PAGE_BYTES_MAX {
            page.large(event, &mut out);
            page = Builder::new(frame, position + 1);
        } else {
            page.value.extend_from_slice(event);
            page.events += 1;
        }
    }
    if page.events > 0 {
        out.push(page.finish());
    }
    out
}

/// A page that is being filled.
struct Builder {
    position: u64,
    events: usize,
    value: Vec<u8>,
}

impl Builder {
    fn new(frame: &FrameRef<'_>, position: u64) -> Self {
        let mut value = Vec::with_capacity(PAGE_BYTES_MAX);
        value.extend_from_slice(&[0; 4]);
        value.extend_from_slice(&frame.header.first.to_le_bytes());
        value.extend_from_slice(&frame.header.time_micros.to_le_bytes());
        Self {
            position,
            events: 0,
            value,
        }
    }

    /// Stores one event that is too large for the page: its beginning here, the rest in chunks.
    fn large(mut self, event: &[u8], out: &mut Vec<Row>) {
        let room = PAGE_BYTES_MAX.saturating_sub(self.value.len());
        let (here, rest) = event.split_at_checked(room).unwrap_or((event, &[]));
        self.value.extend_from_slice(here);
        let position = self.position;
        out.push(self.finish());
        for (chunk, bytes) in (1..).zip(rest.chunks(CHUNK_BYTES_MAX)) {
            let value = [&crc32c::crc32c(bytes).to_le_bytes()[..], bytes].concat();
            out.push((chunk_key(position, chunk), value));
        }
    }

    fn finish(mut self) -> Row {
        let sum = crc32c::crc32c(self.value.get(4..).unwrap_or_default());
        if let Some(place) = self.value.first_chunk_mut() {
            *place = sum.to_le_bytes();
        }
        (page_key(self.position).to_vec(), self.value)
    }
}

impl<'a> Page<'a> {
    /// `None` where the value is damaged.
    pub(crate) fn parse(first: u64, value: &'a [u8]) -> Option<Self> {
        let mut rest = unsum(value)?;
        let frame_first = take(&mut rest).map(u64::from_le_bytes)?;
        let time_micros = take(&mut rest).map(i64::from_le_bytes)?;
        let (header, events) = if frame_first == first {
            let (header, events) = rest.split_at_checked(HEADER_BYTES)?;
            (Some(header), events)
        } else {
            (None, rest)
        };
        (frame_first <= first).then_some(Self {
            first,
            frame_first,
            time_micros,
            header,
            events,
        })
    }

    /// How many bytes of a large event follow in chunks; 0 on an ordinary page.
    pub(crate) fn missing(&self) -> Option<usize> {
        let mut rest = self.events;
        let length = take(&mut rest).map(u32::from_le_bytes)? as usize;
        Some((EVENT_HEADER_BYTES + length).saturating_sub(self.events.len()))
    }

    /// Reads the events; `whole` is what [`Page::events`] and its chunks give together.
    pub(crate) fn read<'b>(&self, whole: &'b [u8]) -> Events<'b> {
        Events {
            position: self.first,
            time_micros: self.time_micros,
            rest: whole,
        }
    }

    /// The page's events with the chunks that belong to them; `None` where one is missing or
    /// damaged. `chunk` reads the value of a chunk.
    pub(crate) fn whole<E>(
        &self,
        mut chunk: impl FnMut(u32) -> Result<Option<Vec<u8>>, E>,
    ) -> Result<Option<Cow<'a, [u8]>>, E> {
        let Some(missing) = self.missing() else {
            return Ok(None);
        };
        if missing == 0 {
            return Ok(Some(Cow::Borrowed(self.events)));
        }
        let mut bytes = self.events.to_vec();
        let wanted = bytes.len() + missing;
        for number in 1.. {
            if bytes.len() >= wanted {
                break;
            }
            let Some(value) = chunk(number)? else {
                return Ok(None);
            };
            let Some(more) = unsum(&value).filter(|more| !more.is_empty()) else {
                return Ok(None);
            };
            bytes.extend_from_slice(more);
        }
        Ok((bytes.len() == wanted).then_some(Cow::Owned(bytes)))
    }
}

/// Checks and removes the checksum a value begins with.
fn unsum(value: &[u8]) -> Option<&[u8]> {
    let mut rest = value;
    let sum = take(&mut rest).map(u32::from_le_bytes)?;
    (crc32c::crc32c(rest) == sum).then_some(rest)
}

const _: () = assert!(PREFIX_BYTES + HEADER_BYTES + EVENT_HEADER_BYTES < PAGE_BYTES_MAX);

#[cfg(test)]
mod tests;
