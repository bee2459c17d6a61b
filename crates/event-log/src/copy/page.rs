//! The format of a frame in sled: pages and chunks.
//!
//! A page is a value of at most 4 KiB with consecutive events of one frame. The first page of a
//! frame also contains the frame's header, so that the journal, hash chain included, can be
//! restored from sled byte by byte. A larger event gets its own page and continues in chunks.
//! Values must be small: a sled leaf takes up to 17 of them before it splits, and sled moves a leaf
//! larger than a quarter of a segment to `blobs/`, which it never syncs.
//!
//! ```text
//! page key     first position, 8 bytes big-endian
//! chunk key    position, then chunk number from 1, 4 bytes big-endian
//! page         CRC-32C of the rest (4), first position of its frame (8), time (8),
//!              the frame's header (72, only in its first page), events
//! chunk        CRC-32C of the rest (4), bytes
//! ```

use std::borrow::Cow;

use crate::bytes::take;
use crate::journal::frame::{EVENT_HEADER_BYTES, Events, FrameRef, HEADER_BYTES};

/// Maximum length of a page: 13 chat events of 300 bytes, the fastest size measured with sled.
const PAGE_BYTES_MAX: usize = 4096;
/// Maximum length of a chunk without its checksum. 17 chunks have less than 300 KiB; sled creates a
/// blob from 2 MiB.
const CHUNK_BYTES_MAX: usize = 16 * 1024;
/// Checksum, position and time at the start of a page.
const PREFIX_BYTES: usize = 4 + 8 + 8;

/// A sled key and value.
pub(crate) type Row = (Vec<u8>, Vec<u8>);

/// A valid page.
pub(crate) struct Page<'a> {
    /// Position of its first event.
    pub(crate) first: u64,
    /// Position of the first event of its frame.
    pub(crate) frame_first: u64,
    pub(crate) time_micros: i64,
    /// The frame's header, in the frame's first page.
    pub(crate) header: Option<&'a [u8]>,
    /// The encoded events. Of a large event only the start, until [`Page::with_chunks`].
    pub(crate) content: Cow<'a, [u8]>,
}

/// Returns the position and the chunk number of a key; the number of a page is 0.
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

/// Splits a frame into rows, sorted by key. The same frame always gives the same rows, so copies
/// can be compared row by row.
pub(crate) fn rows(frame: &FrameRef<'_>) -> Vec<Row> {
    let mut out = Vec::new();
    let header = frame.bytes.get(..HEADER_BYTES).unwrap_or_default();
    let mut page = PageBuilder::new(frame, frame.header.first);
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
            page = PageBuilder::new(frame, position);
        }
        if page.value.len() + stored > PAGE_BYTES_MAX {
            page.finish_large(event, &mut out);
            page = PageBuilder::new(frame, position + 1);
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

struct PageBuilder {
    position: u64,
    events: usize,
    value: Vec<u8>,
}

impl PageBuilder {
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

    /// Stores the start of an event that is too large for the page, and the rest in chunks.
    fn finish_large(mut self, event: &[u8], out: &mut Vec<Row>) {
        let available = PAGE_BYTES_MAX.saturating_sub(self.value.len());
        let (start, rest) = event.split_at_checked(available).unwrap_or((event, &[]));
        self.value.extend_from_slice(start);
        let position = self.position;
        out.push(self.finish());
        for (chunk, bytes) in (1..).zip(rest.chunks(CHUNK_BYTES_MAX)) {
            let value = [&crc32c::crc32c(bytes).to_le_bytes()[..], bytes].concat();
            out.push((chunk_key(position, chunk), value));
        }
    }

    fn finish(mut self) -> Row {
        let sum = crc32c::crc32c(self.value.get(4..).unwrap_or_default());
        if let Some(checksum) = self.value.first_chunk_mut() {
            *checksum = sum.to_le_bytes();
        }
        (page_key(self.position).to_vec(), self.value)
    }
}

impl<'a> Page<'a> {
    /// Parses a page's value. Returns `None` if it is damaged.
    pub(crate) fn parse(first: u64, value: &'a [u8]) -> Option<Self> {
        let mut rest = strip_checksum(value)?;
        let frame_first = take(&mut rest).map(u64::from_le_bytes)?;
        let time_micros = take(&mut rest).map(i64::from_le_bytes)?;
        let (header, content) = if frame_first == first {
            let (header, content) = rest.split_at_checked(HEADER_BYTES)?;
            (Some(header), content)
        } else {
            (None, rest)
        };
        (frame_first <= first).then_some(Self {
            first,
            frame_first,
            time_micros,
            header,
            content: Cow::Borrowed(content),
        })
    }

    /// Appends the chunks of a large event, which `chunk` reads by number. Returns `None` if one of
    /// them is missing or damaged.
    pub(crate) fn with_chunks<E>(
        mut self,
        mut chunk: impl FnMut(u32) -> Result<Option<Vec<u8>>, E>,
    ) -> Result<Option<Self>, E> {
        let Some(event_bytes) = self.first_event_bytes() else {
            return Ok(None);
        };
        if event_bytes <= self.content.len() {
            return Ok(Some(self));
        }
        let mut content = self.content.into_owned();
        for number in 1.. {
            if content.len() >= event_bytes {
                break;
            }
            let value = chunk(number)?;
            let bytes = value.as_deref().and_then(strip_checksum);
            let Some(bytes) = bytes.filter(|bytes| !bytes.is_empty()) else {
                return Ok(None);
            };
            content.extend_from_slice(bytes);
        }
        let complete = content.len() == event_bytes;
        self.content = Cow::Owned(content);
        Ok(complete.then_some(self))
    }

    /// The events of a page whose chunks are appended.
    pub(crate) fn events(&self) -> Events<'_> {
        Events {
            position: self.first,
            time_micros: self.time_micros,
            rest: &self.content,
        }
    }

    /// Stored size of the first event, chunks included.
    fn first_event_bytes(&self) -> Option<usize> {
        let mut rest = &self.content[..];
        let length = take(&mut rest).map(u32::from_le_bytes)? as usize;
        Some(EVENT_HEADER_BYTES + length)
    }
}

/// Checks and removes the checksum at the start of a value.
pub(crate) fn strip_checksum(value: &[u8]) -> Option<&[u8]> {
    let mut rest = value;
    let sum = take(&mut rest).map(u32::from_le_bytes)?;
    (crc32c::crc32c(rest) == sum).then_some(rest)
}

const _: () = assert!(PREFIX_BYTES + HEADER_BYTES + EVENT_HEADER_BYTES < PAGE_BYTES_MAX);

#[cfg(test)]
mod tests;
