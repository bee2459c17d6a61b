//! Sealed segments: the same frames, compressed.
//!
//! A sealed segment is a plain `.zst` file (`zstd -dc` gives the raw segment back) made of chunks of
//! whole frames. Each is a zstd frame of its own with a checksum, and has a zstd skippable frame
//! before it that says how long it is. So damage costs one chunk, not the rest of the file.
//!
//! ```text
//! 0x184D2A53 (4), 12 (4), compressed length (4), raw length (4), CRC-32C of these two (4), chunk
//! ```

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

use sha2::{Digest, Sha256};
use zstd::bulk::{Compressor, Decompressor};

use crate::bytes::take;
use crate::journal::frame::{HEADER_BYTES, PAYLOAD_BYTES_MAX};

/// A skippable frame's magic number, one of the sixteen that zstd leaves to applications.
const MAGIC: [u8; 4] = 0x184D_2A53_u32.to_le_bytes();
/// Length of what follows in the skippable frame.
const REST: [u8; 4] = 12_u32.to_le_bytes();
const CHUNK_HEADER_BYTES: usize = 20;
/// A chunk is closed once it has this many raw bytes: 1 MiB compresses as well as a whole file.
const CHUNK_BYTES: usize = 1024 * 1024;
/// Longest chunk that can be valid, raw or compressed (zstd adds less than 1 % to what it cannot
/// compress).
const CHUNK_BYTES_MAX: usize = (CHUNK_BYTES + HEADER_BYTES + PAYLOAD_BYTES_MAX) / 64 * 65;
/// zstd's own default: 3 halves and more what chat events take, at 300 MB/s.
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
            self.write(out)
        } else {
            Ok(())
        }
    }

    /// The digest of everything that was pushed.
    pub(crate) fn finish(mut self, out: &mut impl Write) -> io::Result<[u8; 32]> {
        if !self.chunk.is_empty() {
            self.write(out)?;
        }
        Ok(self.digest.finalize().into())
    }

    fn write(&mut self, out: &mut impl Write) -> io::Result<()> {
        let compressed = self.compressor.compress(&self.chunk)?;
        let length = |bytes: &[u8]| u32::try_from(bytes.len()).map_err(io::Error::other);
        let mut header = Vec::with_capacity(CHUNK_HEADER_BYTES);
        header.extend_from_slice(&length(&compressed)?.to_le_bytes());
        header.extend_from_slice(&length(&self.chunk)?.to_le_bytes());
        header.extend_from_slice(&crc32c::crc32c(&header).to_le_bytes());
        out.write_all(&[&MAGIC[..], &REST, &header].concat())?;
        out.write_all(&compressed)?;
        self.chunk.clear();
        Ok(())
    }
}

/// What reading on gave.
pub(crate) enum Filled {
    Bytes,
    /// A chunk could not be read; the next call goes on behind it.
    Damaged,
    Ended,
}

/// Reads a sealed segment chunk by chunk.
pub(crate) struct Chunks {
    file: File,
    decompressor: Decompressor<'static>,
    compressed: Vec<u8>,
    chunk: Vec<u8>,
}

impl Chunks {
    pub(crate) fn new(file: File) -> io::Result<Self> {
        let decompressor = Decompressor::new()?;
        Ok(Self {
            file,
            decompressor,
            compressed: Vec::new(),
            chunk: Vec::new(),
        })
    }

    /// Appends the next chunk to `out`.
    pub(crate) fn fill(&mut self, out: &mut Vec<u8>) -> io::Result<Filled> {
        let mut header = [0; CHUNK_HEADER_BYTES];
        let at = self.file.stream_position()?;
        let read = read_full(&mut self.file, &mut header)?;
        if read == 0 {
            return Ok(Filled::Ended);
        }
        let Some((compressed, raw)) = header.get(..read).and_then(chunk_lengths) else {
            return self.find_next(at);
        };
        self.compressed.resize(compressed, 0);
        let read = read_full(&mut self.file, &mut self.compressed)?;
        self.chunk.clear();
        self.chunk.reserve(raw);
        let whole = read == compressed
            && self
                .decompressor
                .decompress_to_buffer(&self.compressed, &mut self.chunk)
                .is_ok_and(|length| length == raw);
        if !whole {
            return Ok(Filled::Damaged);
        }
        out.extend_from_slice(&self.chunk);
        Ok(Filled::Bytes)
    }

    /// Goes to the next chunk header behind `at`, or to the end. Only damaged files come here, so
    /// that the rest of the file is held in memory does not matter.
    fn find_next(&mut self, at: u64) -> io::Result<Filled> {
        let from = at + 1;
        self.file.seek(SeekFrom::Start(from))?;
        let mut rest = Vec::new();
        self.file.read_to_end(&mut rest)?;
        let found = rest
            .windows(CHUNK_HEADER_BYTES)
            .position(|bytes| chunk_lengths(bytes).is_some());
        let next = found.map_or(rest.len(), |offset| offset);
        self.file.seek(SeekFrom::Start(from + next as u64))?;
        Ok(Filled::Damaged)
    }
}

/// Compressed and raw length, of a header that is whole.
fn chunk_lengths(header: &[u8]) -> Option<(usize, usize)> {
    let mut rest = header;
    let known = take(&mut rest) == Some(MAGIC) && take(&mut rest) == Some(REST);
    let summed = rest.get(..8)?;
    let compressed = take(&mut rest).map(u32::from_le_bytes)? as usize;
    let raw = take(&mut rest).map(u32::from_le_bytes)? as usize;
    let sum = take(&mut rest).map(u32::from_le_bytes)?;
    let sane = known
        && crc32c::crc32c(summed) == sum
        && compressed <= CHUNK_BYTES_MAX
        && raw <= CHUNK_BYTES_MAX;
    sane.then_some((compressed, raw))
}

/// Reads until the buffer is full or the file ends; how much was read.
fn read_full(file: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut read = 0;
    while let Some(rest) = buffer.get_mut(read..).filter(|rest| !rest.is_empty()) {
        match file.read(rest) {
            Ok(0) => break,
            Ok(more) => read += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(read)
}
