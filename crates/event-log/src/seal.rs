//! Sealed segments: the same frames, compressed.
//!
//! A sealed segment is a plain `.zst` file (`zstd -dc` gives the raw segment back) made of chunks of
//! whole frames. Each is a zstd frame of its own with a checksum, and has a zstd skippable frame
//! before it that says how long it is. So damage costs one chunk, not the rest of the file.
//!
//! ```text
//! 0x184D2A53 (4), 12 (4), compressed length (4), raw length (4), CRC-32C of these two (4), chunk
//! ```

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use zstd::bulk::{Compressor, Decompressor};

use crate::frame::{HEADER_BYTES, PAYLOAD_BYTES_MAX, take};
use crate::scan::{Scanner, Step};
use crate::segment::{self, Segment, UNFINISHED};
use crate::{Error, durable};

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

/// Seals every raw segment but the last, which is being appended to. One that is damaged is left as
/// it is, for `repair`.
pub(crate) fn seal_all(journal: &Path) -> Result<(), Error> {
    let segments = segment::list_all(journal)?;
    let Some((_, closed)) = segments.split_last() else {
        return Ok(());
    };
    for raw in closed.iter().filter(|segment| !segment.is_sealed()) {
        seal(journal, raw)?;
    }
    Ok(())
}

/// Removes what a sealing that was interrupted left behind.
pub(crate) fn remove_unfinished(journal: &Path) -> Result<(), Error> {
    for entry in fs::read_dir(journal).map_err(Error::io("list", journal))? {
        let path = entry.map_err(Error::io("list", journal))?.path();
        if path.to_str().is_some_and(|path| path.ends_with(UNFINISHED)) {
            durable::remove_file(&path)?;
        }
    }
    Ok(())
}

/// Compresses beside the raw segment, reads that back, and only then removes the raw one.
fn seal(journal: &Path, raw: &Segment) -> Result<(), Error> {
    let mut temporary = raw.path.clone().into_os_string();
    temporary.push(UNFINISHED);
    let temporary = PathBuf::from(temporary);
    let Some((last, digest)) = compress(raw, &temporary)? else {
        tracing::warn!(segment = %raw.path.display(), "left unsealed: empty or damaged");
        return durable::remove_file(&temporary);
    };
    if digest_of(&temporary, raw.first, last)? != digest {
        tracing::error!(segment = %raw.path.display(), "left unsealed: reads back differently");
        return durable::remove_file(&temporary);
    }
    durable::rename(&temporary, &Segment::sealed(journal, raw.first, last).path)?;
    durable::remove_file(&raw.path)
}

/// Writes and syncs the sealed form. The last position and the digest of the raw bytes, or `None`
/// where the segment is empty or damaged.
fn compress(raw: &Segment, to: &Path) -> Result<Option<(u64, [u8; 32])>, Error> {
    let mut scanner = Scanner::open(raw)?;
    let mut out = File::create(to).map_err(Error::io("create", to))?;
    let mut writer = ChunkWriter::new().map_err(Error::io("compress to", to))?;
    let mut expected = raw.first;
    loop {
        match scanner.step()? {
            Step::Frame(header) if header.first == expected => {
                expected = header.last() + 1;
                writer
                    .push(scanner.frame().bytes, &mut out)
                    .map_err(Error::io("write", to))?;
            }
            Step::End if expected > raw.first => break,
            _ => return Ok(None),
        }
    }
    let digest = writer.finish(&mut out).map_err(Error::io("write", to))?;
    out.sync_all().map_err(Error::io("sync", to))?;
    Ok(Some((expected - 1, digest)))
}

/// The digest of all frames of a sealed file, as [`compress`] computes it.
fn digest_of(path: &Path, first: u64, last: u64) -> Result<[u8; 32], Error> {
    let segment = Segment {
        first,
        last: Some(last),
        path: path.to_path_buf(),
    };
    let mut scanner = Scanner::open(&segment)?;
    let mut digest = Sha256::new();
    while let Step::Frame(_) = scanner.step()? {
        digest.update(scanner.frame().bytes);
    }
    Ok(digest.finalize().into())
}

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
