//! The format of sealed segments.
//!
//! A sealed segment is a regular `.zst` file; `zstd -dc` restores the raw segment. It consists of
//! chunks of whole frames. Each chunk is a separate zstd frame with a checksum, preceded by a zstd
//! skippable frame with its lengths. So damage affects one chunk, not the rest of the file.
//!
//! ```text
//! 0x184D2A53 (4), 12 (4), compressed length (4), raw length (4), CRC-32C of these two (4), chunk
//! ```

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

use sha2::{Digest, Sha256};
use zstd::bulk::{Compressor, Decompressor};

use crate::bytes::{read_up_to, take};
use crate::journal::frame::{HEADER_BYTES, PAYLOAD_BYTES_MAX};

/// Magic number of the skippable frame, one of the sixteen that zstd reserves for applications.
const MAGIC: [u8; 4] = 0x184D_2A53_u32.to_le_bytes();
/// Length of the skippable frame's content.
const SKIPPABLE_BYTES: [u8; 4] = 12_u32.to_le_bytes();
const CHUNK_HEADER_BYTES: usize = 20;
/// Raw size from which a chunk is closed. 1 MiB compresses as well as a whole file.
const CHUNK_BYTES: usize = 1024 * 1024;
/// Maximum length of a valid chunk, raw or compressed. zstd adds less than 1 % to incompressible
/// data.
const CHUNK_BYTES_MAX: usize = (CHUNK_BYTES + HEADER_BYTES + PAYLOAD_BYTES_MAX) / 64 * 65;
/// zstd's default level. It reduces chat events to less than half, at 300 MB/s.
const LEVEL: i32 = 3;

/// Writes frames as compressed chunks.
pub(crate) struct ChunkWriter {
    chunk: Vec<u8>,
    compressor: Compressor<'static>,
    digest: Sha256,
}

impl ChunkWriter {
    pub(crate) fn new() -> io::Result<Self> {
        let mut compressor = Compressor::new(LEVEL)?;
        compressor.set_parameter(zstd::zstd_safe::CParameter::ChecksumFlag(true))?;
        Ok(Self {
            chunk: Vec::new(),
            compressor,
            digest: Sha256::new(),
        })
    }

    pub(crate) fn push(&mut self, frame: &[u8], out: &mut impl Write) -> io::Result<()> {
        self.digest.update(frame);
        self.chunk.extend_from_slice(frame);
        if self.chunk.len() >= CHUNK_BYTES {
            self.write_chunk(out)
        } else {
            Ok(())
        }
    }

    /// Writes the last chunk. Returns the SHA-256 of all frames.
    pub(crate) fn finish(mut self, out: &mut impl Write) -> io::Result<[u8; 32]> {
        if !self.chunk.is_empty() {
            self.write_chunk(out)?;
        }
        Ok(self.digest.finalize().into())
    }

    fn write_chunk(&mut self, out: &mut impl Write) -> io::Result<()> {
        let compressed = self.compressor.compress(&self.chunk)?;
        let length = |bytes: &[u8]| u32::try_from(bytes.len()).map_err(io::Error::other);
        let mut lengths = Vec::with_capacity(CHUNK_HEADER_BYTES);
        lengths.extend_from_slice(&length(&compressed)?.to_le_bytes());
        lengths.extend_from_slice(&length(&self.chunk)?.to_le_bytes());
        lengths.extend_from_slice(&crc32c::crc32c(&lengths).to_le_bytes());
        out.write_all(&[&MAGIC[..], &SKIPPABLE_BYTES, &lengths].concat())?;
        out.write_all(&compressed)?;
        self.chunk.clear();
        Ok(())
    }
}

/// The result of reading a chunk.
pub(crate) enum ChunkRead {
    Bytes,
    /// The chunk is damaged; the next read continues after it.
    Damaged,
    End,
}

/// Reads a sealed segment chunk by chunk.
pub(crate) struct ChunkReader {
    file: File,
    decompressor: Decompressor<'static>,
    compressed: Vec<u8>,
    chunk: Vec<u8>,
}

impl ChunkReader {
    pub(crate) fn new(file: File) -> io::Result<Self> {
        let decompressor = Decompressor::new()?;
        Ok(Self {
            file,
            decompressor,
            compressed: Vec::new(),
            chunk: Vec::new(),
        })
    }

    /// Appends the next chunk, decompressed, to `out`.
    pub(crate) fn read_into(&mut self, out: &mut Vec<u8>) -> io::Result<ChunkRead> {
        let start = self.file.stream_position()?;
        let mut header = Vec::with_capacity(CHUNK_HEADER_BYTES);
        read_up_to(&mut self.file, CHUNK_HEADER_BYTES, &mut header)?;
        if header.is_empty() {
            return Ok(ChunkRead::End);
        }
        let Some((compressed, raw)) = chunk_lengths(&header) else {
            return self.skip_to_header(start + 1);
        };
        self.compressed.clear();
        read_up_to(&mut self.file, compressed, &mut self.compressed)?;
        self.chunk.clear();
        self.chunk.reserve(raw);
        let valid = self.compressed.len() == compressed
            && self
                .decompressor
                .decompress_to_buffer(&self.compressed, &mut self.chunk)
                .is_ok_and(|length| length == raw);
        if !valid {
            return Ok(ChunkRead::Damaged);
        }
        out.extend_from_slice(&self.chunk);
        Ok(ChunkRead::Bytes)
    }

    /// Seeks to the next valid chunk header at or after `from`, or to the end. Reads the rest of
    /// the file into memory, which is acceptable because only damaged files need it.
    fn skip_to_header(&mut self, from: u64) -> io::Result<ChunkRead> {
        self.file.seek(SeekFrom::Start(from))?;
        let mut rest = Vec::new();
        self.file.read_to_end(&mut rest)?;
        let next = rest
            .windows(CHUNK_HEADER_BYTES)
            .position(|bytes| chunk_lengths(bytes).is_some())
            .unwrap_or(rest.len());
        self.file.seek(SeekFrom::Start(from + next as u64))?;
        Ok(ChunkRead::Damaged)
    }
}

/// Returns the compressed and the raw length in a chunk header, or `None` if the header is invalid.
fn chunk_lengths(header: &[u8]) -> Option<(usize, usize)> {
    let mut rest = header;
    let known = take(&mut rest) == Some(MAGIC) && take(&mut rest) == Some(SKIPPABLE_BYTES);
    let lengths = rest.get(..8)?;
    let compressed = take(&mut rest).map(u32::from_le_bytes)? as usize;
    let raw = take(&mut rest).map(u32::from_le_bytes)? as usize;
    let checksum = take(&mut rest).map(u32::from_le_bytes)?;
    let valid = known
        && crc32c::crc32c(lengths) == checksum
        && compressed <= CHUNK_BYTES_MAX
        && raw <= CHUNK_BYTES_MAX;
    valid.then_some((compressed, raw))
}
