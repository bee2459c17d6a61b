//! What a projection file is made of.
//!
//! ```text
//! file:  magic (8), length when it was made (8), CRC-32C of these (4), blocks
//! block: length of its rows (4), their CRC-32C (4), position (8), hash (32), CRC-32C of these (4), rows
//! row:   length of the key (2), of the value (4; all ones: the row is gone), key, value
//! ```
//!
//! A block whose position is 0 is not the last of its write: its rows count with the next that has one.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use crate::bytes::take;
use crate::hash::{GENESIS, Hash};
use crate::limits::PROJECTION_VALUE_BYTES_MAX;

pub(super) const FILE_HEADER_BYTES: usize = 20;
pub(super) const BLOCK_HEADER_BYTES: usize = 52;
const MAGIC: [u8; 8] = *b"SBROWS01";
/// A block is closed once it has this many bytes: large enough to be read at the disk's speed.
const BLOCK_BYTES: usize = 1024 * 1024;
/// Longest block that can be valid.
const BLOCK_BYTES_MAX: usize = BLOCK_BYTES + ROW_HEADER_BYTES + PROJECTION_VALUE_BYTES_MAX;
const ROW_HEADER_BYTES: usize = 6;
const GONE: u32 = u32::MAX;

/// Up to which event of the log the rows are folded. Compare it with
/// [`Reader::hash_at`](crate::Reader::hash_at) before believing the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Position of the last event that is in the rows.
    pub position: u64,
    /// Hash of the frame that ends there.
    pub hash: Hash,
}

/// The checkpoint of a block that is not the last of its write.
const UNFINISHED: Checkpoint = Checkpoint {
    position: 0,
    hash: GENESIS,
};

pub(super) fn file_header(made_bytes: u64) -> [u8; FILE_HEADER_BYTES] {
    summed([&MAGIC[..], &made_bytes.to_le_bytes()])
}

/// How long the file was when it was made; `None` where this is no header.
pub(super) fn made_bytes(header: [u8; FILE_HEADER_BYTES]) -> Option<u64> {
    let mut rest = checked(&header)?;
    (take(&mut rest)? == MAGIC).then_some(())?;
    take(&mut rest).map(u64::from_le_bytes)
}

/// The head of a block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    pub(super) rows_bytes: usize,
    rows_crc: u32,
    checkpoint: Checkpoint,
}

impl Header {
    /// Up to where the rows go with this block; `None` if it is not the last of its write.
    pub(super) fn checkpoint(&self) -> Option<Checkpoint> {
        Some(self.checkpoint).filter(|c| c.position > 0)
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let mut rest = checked(bytes)?;
        let rows_bytes = take(&mut rest).map(u32::from_le_bytes)?;
        let rows_crc = take(&mut rest).map(u32::from_le_bytes)?;
        let position = take(&mut rest).map(u64::from_le_bytes)?;
        let hash = take(&mut rest).map(Hash)?;
        let rows_bytes = usize::try_from(rows_bytes).ok()?;
        (rows_bytes <= BLOCK_BYTES_MAX).then_some(Self {
            rows_bytes,
            rows_crc,
            checkpoint: Checkpoint { position, hash },
        })
    }
}

/// Reads the header of a block; `None` where there is no whole one.
pub(super) fn header_at(file: &File, at: u64) -> io::Result<Option<Header>> {
    let mut bytes = [0; BLOCK_HEADER_BYTES];
    match file.read_exact_at(&mut bytes, at) {
        Ok(()) => Ok(Header::decode(&bytes)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads blocks one after the other.
pub(super) struct Blocks<'a> {
    file: &'a File,
    /// Where the next begins.
    pub(super) at: u64,
    end: u64,
    rows: Vec<u8>,
}

impl<'a> Blocks<'a> {
    pub(super) fn new(file: &'a File, at: u64, end: u64) -> Self {
        let rows = Vec::new();
        Self {
            file,
            at,
            end,
            rows,
        }
    }

    /// The rows of the next block with the offset of the first, or `None` at the end. A block that is
    /// not what was written is an error of the kind `InvalidData`.
    pub(super) fn next(&mut self) -> io::Result<Option<(u64, &[u8])>> {
        if self.at >= self.end {
            return Ok(None);
        }
        let header = header_at(self.file, self.at)?.ok_or(io::ErrorKind::InvalidData)?;
        let from = self.at + BLOCK_HEADER_BYTES as u64;
        self.rows.resize(header.rows_bytes, 0);
        self.file.read_exact_at(&mut self.rows, from)?;
        if crc32c::crc32c(&self.rows) != header.rows_crc {
            return Err(io::ErrorKind::InvalidData.into());
        }
        self.at = from + header.rows_bytes as u64;
        Ok(Some((from, &self.rows)))
    }
}

/// A row as it stands in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RowRef<'a> {
    pub(super) key: &'a [u8],
    /// Nothing where the row is gone.
    pub(super) value: Option<&'a [u8]>,
    /// With its lengths.
    pub(super) bytes: usize,
}

/// Takes one row off the front; `None` at the end.
pub(super) fn take_row<'a>(rows: &mut &'a [u8]) -> Option<RowRef<'a>> {
    let before = rows.len();
    let key = usize::from(take(rows).map(u16::from_le_bytes)?);
    let length = take(rows).map(u32::from_le_bytes)?;
    let (key, behind) = rows.split_at_checked(key)?;
    *rows = behind;
    let value = if length == GONE {
        None
    } else {
        let (value, behind) = rows.split_at_checked(usize::try_from(length).ok()?)?;
        *rows = behind;
        Some(value)
    };
    let bytes = before - rows.len();
    Some(RowRef { key, value, bytes })
}

/// Writes blocks one after the other.
pub(super) struct BlockWriter<'a> {
    file: &'a File,
    /// Where the next is to stand.
    at: u64,
    block: Vec<u8>,
}

impl<'a> BlockWriter<'a> {
    pub(super) fn new(file: &'a File, at: u64) -> Self {
        let block = vec![0; BLOCK_HEADER_BYTES];
        Self { file, at, block }
    }

    pub(super) fn push(&mut self, key: &[u8], value: Option<&[u8]>) -> io::Result<()> {
        let length = |bytes: usize| u32::try_from(bytes).map_err(io::Error::other);
        let key_bytes = u16::try_from(key.len()).map_err(io::Error::other)?;
        let value_bytes = value.map_or(Ok(GONE), |value| length(value.len()))?;
        self.block.extend(key_bytes.to_le_bytes());
        self.block.extend(value_bytes.to_le_bytes());
        self.block.extend(key);
        self.block.extend(value.unwrap_or_default());
        if self.block.len() < BLOCK_BYTES {
            return Ok(());
        }
        self.close(UNFINISHED)
    }

    /// Writes the last block; where the file ends then.
    pub(super) fn finish(mut self, checkpoint: Option<Checkpoint>) -> io::Result<u64> {
        self.close(checkpoint.unwrap_or(UNFINISHED))?;
        Ok(self.at)
    }

    fn close(&mut self, Checkpoint { position, hash }: Checkpoint) -> io::Result<()> {
        let (header, rows) = self
            .block
            .split_first_chunk_mut::<BLOCK_HEADER_BYTES>()
            .ok_or(io::ErrorKind::InvalidData)?;
        let rows_bytes = u32::try_from(rows.len()).map_err(io::Error::other)?;
        *header = summed([
            &rows_bytes.to_le_bytes()[..],
            &crc32c::crc32c(rows).to_le_bytes(),
            &position.to_le_bytes(),
            &hash.0,
        ]);
        self.file.write_all_at(&self.block, self.at)?;
        self.at += self.block.len() as u64;
        self.block.truncate(BLOCK_HEADER_BYTES);
        Ok(())
    }
}

/// The parts one after the other, and their checksum.
fn summed<const PARTS: usize, const BYTES: usize>(parts: [&[u8]; PARTS]) -> [u8; BYTES] {
    let summed = parts.concat();
    let sum = crc32c::crc32c(&summed).to_le_bytes();
    let mut bytes = [0; BYTES];
    let all = summed.iter().chain(&sum);
    bytes.iter_mut().zip(all).for_each(|(to, from)| *to = *from);
    bytes
}

/// What stands before a checksum that is right.
fn checked(bytes: &[u8]) -> Option<&[u8]> {
    let (summed, sum) = bytes.split_last_chunk()?;
    (crc32c::crc32c(summed) == u32::from_le_bytes(*sum)).then_some(summed)
}
