//! The format of a group: rows of consecutive pages, compressed together.
//!
//! ```text
//! group   CRC-32C of the rest (4), length of the rows (4), zstd frame of the rows
//! row     position (8), chunk number, 0 for a page (4), length of the value (4), value
//! ```
//!
//! A page is never separated from its chunks, so a position identifies a group. Rows keep their own
//! checksums.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use zstd::bulk::{Compressor, Decompressor};

use crate::bytes::take;
use crate::copy::page::{Row, key_parts, strip_checksum};

/// Length of the rows from which a group is closed. Rows of one chat event each are compressed to
/// 42 % in groups of 8 KiB, 40 % in 16 KiB, and 38 % in 32 or 64 KiB; a group takes 20 us to
/// decompress.
pub(crate) const GROUP_BYTES: usize = 32 * 1024;
/// Maximum length of the rows of a valid group: one page and the chunks of the largest event may
/// follow when it is nearly full. Bounds the memory that a damaged length can take.
const ROWS_BYTES_MAX: usize = 2 * 1024 * 1024;
/// zstd's fastest regular level. Groups of chat events become at most 2 % larger than at its default
/// level, 3, and take three quarters of the time.
const LEVEL: i32 = 1;

/// Contexts for decompression that are not in use. Creating one takes longer than decompressing a
/// group.
static IDLE: Mutex<Vec<Decompressor<'static>>> = Mutex::new(Vec::new());
/// The most of them, with about 100 KiB each.
const IDLE_MAX: usize = 4;

fn decompress(bytes: &[u8], length: usize) -> Option<Vec<u8>> {
    let idle = || IDLE.lock().unwrap_or_else(PoisonError::into_inner);
    let known = idle().pop();
    let mut context = known.or_else(|| Decompressor::new().ok())?;
    let rows = context.decompress(bytes, length).ok();
    let mut idle = idle();
    if idle.len() < IDLE_MAX {
        idle.push(context);
    }
    rows
}

/// Collects rows and compresses them.
pub(super) struct GroupBuilder {
    rows: Vec<u8>,
    compressor: Compressor<'static>,
}

/// A decompressed group.
pub(crate) struct Group {
    rows: Vec<u8>,
    /// Sorted by position and chunk number.
    index: Vec<Entry>,
}

struct Entry {
    position: u64,
    chunk: u32,
    value: Range<usize>,
}

impl GroupBuilder {
    pub(super) fn new() -> std::io::Result<Self> {
        Ok(Self {
            rows: Vec::with_capacity(GROUP_BYTES),
            compressor: Compressor::new(LEVEL)?,
        })
    }

    /// Length of the rows so far.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Adds a row. Its key must be valid and greater than the last one.
    pub(super) fn push(&mut self, (key, value): &Row) {
        let (position, chunk) = key_parts(key).unwrap_or_default();
        let length = u32::try_from(value.len()).unwrap_or(u32::MAX);
        self.rows.extend_from_slice(&position.to_le_bytes());
        self.rows.extend_from_slice(&chunk.to_le_bytes());
        self.rows.extend_from_slice(&length.to_le_bytes());
        self.rows.extend_from_slice(value);
    }

    /// Returns the stored group and starts an empty one.
    pub(super) fn finish(&mut self) -> std::io::Result<Vec<u8>> {
        let length = u32::try_from(self.rows.len()).map_err(std::io::Error::other)?;
        let compressed = self.compressor.compress(&self.rows)?;
        self.rows.clear();
        let rest = [&length.to_le_bytes()[..], &compressed].concat();
        Ok([&crc32c::crc32c(&rest).to_le_bytes()[..], &rest].concat())
    }
}

impl Group {
    /// Decodes a stored group. Returns `None` if it is damaged.
    pub(super) fn decode(stored: &[u8]) -> Option<Self> {
        let mut rest = strip_checksum(stored)?;
        let length = take(&mut rest).map(u32::from_le_bytes)? as usize;
        if length > ROWS_BYTES_MAX {
            return None;
        }
        let rows = decompress(rest, length)?;
        let index = index(&rows)?;
        (rows.len() == length).then_some(Self { rows, index })
    }

    /// Returns the range of a row's value, for [`Group::bytes`].
    pub(crate) fn find(&self, position: u64, chunk: u32) -> Option<Range<usize>> {
        let key = |entry: &Entry| (entry.position, entry.chunk);
        let at = self.index.binary_search_by_key(&(position, chunk), key);
        self.index.get(at.ok()?).map(|entry| entry.value.clone())
    }

    /// Returns the bytes in a range that [`Group::find`] returned.
    pub(crate) fn bytes(&self, range: &Range<usize>) -> &[u8] {
        self.rows.get(range.clone()).unwrap_or_default()
    }

    /// Returns the last page that starts at or before `position`.
    pub(super) fn page_start(&self, position: u64) -> Option<u64> {
        let after = self
            .index
            .partition_point(|entry| entry.position <= position);
        let before = after.checked_sub(1)?;
        self.index.get(before).map(|entry| entry.position)
    }

    /// Returns the first page that starts at or after `position`.
    pub(super) fn next_page(&self, position: u64) -> Option<u64> {
        let at = self
            .index
            .partition_point(|entry| entry.position < position);
        self.index.get(at).map(|entry| entry.position)
    }
}

fn index(rows: &[u8]) -> Option<Vec<Entry>> {
    let mut rest = rows;
    let mut index = Vec::new();
    while !rest.is_empty() {
        let position = take(&mut rest).map(u64::from_le_bytes)?;
        let chunk = take(&mut rest).map(u32::from_le_bytes)?;
        let length = take(&mut rest).map(u32::from_le_bytes)? as usize;
        let start = rows.len() - rest.len();
        rest = rest.get(length..)?;
        index.push(Entry {
            position,
            chunk,
            value: start..start + length,
        });
    }
    Some(index)
}
