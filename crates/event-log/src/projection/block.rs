//! The format of a projection file. Integers are little-endian.
//!
//! ```text
//! file:  magic (8), length when last compacted (8), CRC-32C of these (4), blocks
//! block: length of its rows (4), their CRC-32C (4), position (8), hash (32), CRC-32C of these (4), rows
//! row:   length of the key (2), length of the value (4; all ones: the key is deleted), key, value
//! ```
//!
//! Position and hash are the checkpoint. A block with position 0 is not the last of its write: its
//! rows take effect with the next block that has a checkpoint.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use crate::bytes::take;
use crate::hash::Hash;
use crate::head::Head;
use crate::limits::PROJECTION_VALUE_BYTES_MAX;

pub(super) const FILE_HEADER_BYTES: usize = 20;
pub(super) const BLOCK_HEADER_BYTES: usize = 52;
/// The lengths at the start of a row.
pub(super) const ROW_HEADER_BYTES: usize = 6;
const MAGIC: [u8; 8] = *b"SBROWS01";
/// Size from which a block is closed: large enough to read at the disk's full speed.
const BLOCK_BYTES: usize = 1024 * 1024;
/// Maximum length of a valid block.
const BLOCK_BYTES_MAX: usize = BLOCK_BYTES + ROW_HEADER_BYTES + PROJECTION_VALUE_BYTES_MAX;
/// The length of the value in a row that deletes its key.
const DELETED: u32 = u32::MAX;

pub(super) fn encode_file_header(compacted_end: u64) -> [u8; FILE_HEADER_BYTES] {
    with_checksum([&MAGIC[..], &compacted_end.to_le_bytes()])
}

/// Returns the length of the file when it was last compacted, or `None` if the header is invalid.
pub(super) fn decode_file_header(header: [u8; FILE_HEADER_BYTES]) -> Option<u64> {
    let mut rest = strip_checksum(&header)?;
    (take(&mut rest)? == MAGIC).then_some(())?;
    take(&mut rest).map(u64::from_le_bytes)
}

/// The header of a block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    pub(super) rows_bytes: usize,
    rows_crc: u32,
    checkpoint: Head,
}

impl Header {
    /// Reads the header at an offset. Returns `None` if there is no complete, valid header.
    pub(super) fn read(file: &File, at: u64) -> io::Result<Option<Self>> {
        let bytes = read_array::<BLOCK_HEADER_BYTES>(file, at)?;
        Ok(bytes.and_then(|bytes| Self::decode(&bytes)))
    }

    /// The checkpoint of the write that ends with this block; `None` if it continues.
    pub(super) fn checkpoint(&self) -> Option<Head> {
        Some(self.checkpoint).filter(|checkpoint| checkpoint.position > 0)
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let mut rest = strip_checksum(bytes)?;
        let rows_bytes = take(&mut rest).map(u32::from_le_bytes)?;
        let rows_crc = take(&mut rest).map(u32::from_le_bytes)?;
        let position = take(&mut rest).map(u64::from_le_bytes)?;
        let hash = take(&mut rest).map(Hash)?;
        let rows_bytes = usize::try_from(rows_bytes).ok()?;
        (rows_bytes <= BLOCK_BYTES_MAX).then_some(Self {
            rows_bytes,
            rows_crc,
            checkpoint: Head { position, hash },
        })
    }
}

/// Reads `N` bytes at an offset. Returns `None` if the file ends before.
pub(super) fn read_array<const N: usize>(file: &File, at: u64) -> io::Result<Option<[u8; N]>> {
    let mut bytes = [0; N];
    match file.read_exact_at(&mut bytes, at) {
        Ok(()) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads consecutive blocks.
pub(super) struct BlockReader<'a> {
    file: &'a File,
    next: u64,
    end: u64,
    rows: Vec<u8>,
}

impl<'a> BlockReader<'a> {
    pub(super) fn new(file: &'a File, start: u64, end: u64) -> Self {
        Self {
            file,
            next: start,
            end,
            rows: Vec::new(),
        }
    }

    /// Returns the rows of the next block and the offset of the first, or `None` at the end. Fails
    /// with `InvalidData` if the block is damaged.
    pub(super) fn next(&mut self) -> io::Result<Option<(u64, &[u8])>> {
        if self.next >= self.end {
            return Ok(None);
        }
        let header = Header::read(self.file, self.next)?.ok_or(io::ErrorKind::InvalidData)?;
        let start = self.next + BLOCK_HEADER_BYTES as u64;
        self.rows.resize(header.rows_bytes, 0);
        self.file.read_exact_at(&mut self.rows, start)?;
        if crc32c::crc32c(&self.rows) != header.rows_crc {
            return Err(io::ErrorKind::InvalidData.into());
        }
        self.next = start + header.rows_bytes as u64;
        Ok(Some((start, &self.rows)))
    }
}

/// A row in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RowRef<'a> {
    pub(super) key: &'a [u8],
    /// `None` deletes the key.
    pub(super) value: Option<&'a [u8]>,
    /// Encoded length.
    pub(super) bytes: usize,
}

/// Takes the first row off the slice. Returns `None` at the end.
pub(super) fn take_row<'a>(rows: &mut &'a [u8]) -> Option<RowRef<'a>> {
    let before = rows.len();
    let key_bytes = usize::from(take(rows).map(u16::from_le_bytes)?);
    let value_bytes = take(rows).map(u32::from_le_bytes)?;
    let (key, rest) = rows.split_at_checked(key_bytes)?;
    *rows = rest;
    let value = if value_bytes == DELETED {
        None
    } else {
        let (value, rest) = rows.split_at_checked(usize::try_from(value_bytes).ok()?)?;
        *rows = rest;
        Some(value)
    };
    let bytes = before - rows.len();
    Some(RowRef { key, value, bytes })
}

/// Writes consecutive blocks.
pub(super) struct BlockWriter<'a> {
    file: &'a File,
    /// Offset of the next block.
    next: u64,
    block: Vec<u8>,
}

impl<'a> BlockWriter<'a> {
    pub(super) fn new(file: &'a File, start: u64) -> Self {
        let block = vec![0; BLOCK_HEADER_BYTES];
        Self {
            file,
            next: start,
            block,
        }
    }

    pub(super) fn push(&mut self, key: &[u8], value: Option<&[u8]>) -> io::Result<()> {
        let length = |bytes: usize| u32::try_from(bytes).map_err(io::Error::other);
        let key_bytes = u16::try_from(key.len()).map_err(io::Error::other)?;
        let value_bytes = value.map_or(Ok(DELETED), |value| length(value.len()))?;
        self.block.extend(key_bytes.to_le_bytes());
        self.block.extend(value_bytes.to_le_bytes());
        self.block.extend(key);
        self.block.extend(value.unwrap_or_default());
        if self.block.len() < BLOCK_BYTES {
            return Ok(());
        }
        // Not the last block of its write.
        self.write_block(Head::EMPTY)
    }

    /// Writes the last block. Returns the offset of its end.
    pub(super) fn finish(mut self, checkpoint: Option<Head>) -> io::Result<u64> {
        self.write_block(checkpoint.unwrap_or(Head::EMPTY))?;
        Ok(self.next)
    }

    fn write_block(&mut self, Head { position, hash }: Head) -> io::Result<()> {
        let (header, rows) = self
            .block
            .split_first_chunk_mut::<BLOCK_HEADER_BYTES>()
            .ok_or(io::ErrorKind::InvalidData)?;
        let rows_bytes = u32::try_from(rows.len()).map_err(io::Error::other)?;
        *header = with_checksum([
            &rows_bytes.to_le_bytes()[..],
            &crc32c::crc32c(rows).to_le_bytes(),
            &position.to_le_bytes(),
            &hash.0,
        ]);
        self.file.write_all_at(&self.block, self.next)?;
        self.next += self.block.len() as u64;
        self.block.truncate(BLOCK_HEADER_BYTES);
        Ok(())
    }
}

/// Joins the parts and appends their checksum.
fn with_checksum<const PARTS: usize, const BYTES: usize>(parts: [&[u8]; PARTS]) -> [u8; BYTES] {
    let joined = parts.concat();
    let sum = crc32c::crc32c(&joined).to_le_bytes();
    let mut bytes = [0; BYTES];
    let all = joined.iter().chain(&sum);
    bytes.iter_mut().zip(all).for_each(|(to, from)| *to = *from);
    bytes
}

/// Checks and removes the checksum at the end.
fn strip_checksum(bytes: &[u8]) -> Option<&[u8]> {
    let (content, sum) = bytes.split_last_chunk()?;
    (crc32c::crc32c(content) == u32::from_le_bytes(*sum)).then_some(content)
}
