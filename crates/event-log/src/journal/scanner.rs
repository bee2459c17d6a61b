//! Reads the frames of one segment and resynchronises after damage.

use std::fs::File;
use std::io::{ErrorKind, Seek, SeekFrom};
use std::path::PathBuf;

use crate::Error;
use crate::bytes::read_up_to;
use crate::journal::chunk::{ChunkRead, ChunkReader};
use crate::journal::frame::{self, HEADER_BYTES, Header, MAGIC, Parsed};
use crate::journal::segment::Segment;

/// Read size for raw segments: large enough to make the system call cheap, small enough for the
/// processor's cache.
const READ_BYTES: usize = 256 * 1024;

/// The next part of a segment.
pub(crate) enum Step {
    /// A valid frame; [`Scanner::frame_bytes`] returns its bytes.
    Frame(Header),
    /// Bytes that are not a valid frame, starting at this offset of the uncompressed segment.
    Bad {
        offset: u64,
    },
    End,
}

enum Source {
    Raw(File),
    Sealed(ChunkReader),
}

/// Reads the frames of one segment.
pub(crate) struct Scanner {
    pub(crate) path: PathBuf,
    source: Source,
    buffer: Vec<u8>,
    /// Index in the buffer of the next frame.
    next: usize,
    /// Offset in the segment of the buffer's start.
    buffer_offset: u64,
    at_end: bool,
    /// Range in the buffer of the last frame.
    frame: std::ops::Range<usize>,
}

impl Scanner {
    pub(crate) fn open(segment: &Segment) -> Result<Self, Error> {
        let path = segment.path.clone();
        let file = File::open(&path).map_err(Error::io("open", &path))?;
        let source = if segment.is_sealed() {
            Source::Sealed(ChunkReader::new(file).map_err(Error::io("read", &path))?)
        } else {
            Source::Raw(file)
        };
        Ok(Self {
            path,
            source,
            buffer: Vec::new(),
            next: 0,
            buffer_offset: 0,
            at_end: false,
            frame: 0..0,
        })
    }

    /// Opens a listed segment. Returns `None` if the file is gone: the sealer replaced it since.
    pub(crate) fn open_if_exists(segment: &Segment) -> Result<Option<Self>, Error> {
        match Self::open(segment) {
            Ok(scanner) => Ok(Some(scanner)),
            Err(Error::Io { source, .. }) if source.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Header and payload of the frame that the last step returned.
    pub(crate) fn frame_bytes(&self) -> &[u8] {
        self.buffer.get(self.frame.clone()).unwrap_or_default()
    }

    /// Offset in the uncompressed segment of the next frame.
    pub(crate) fn offset(&self) -> u64 {
        self.buffer_offset + self.next as u64
    }

    /// Reads the next frame, or skips and reports the invalid bytes before it.
    pub(crate) fn step(&mut self) -> Result<Step, Error> {
        let mut bad = None;
        loop {
            let rest = self.buffer.get(self.next..).unwrap_or_default();
            match frame::parse(rest) {
                Parsed::Frame(found) => {
                    if let Some(offset) = bad {
                        return Ok(Step::Bad { offset });
                    }
                    let header = found.header;
                    self.frame = self.next..self.next + found.bytes.len();
                    self.next = self.frame.end;
                    return Ok(Step::Frame(header));
                }
                Parsed::Incomplete if !self.at_end => {
                    if let ChunkRead::Damaged = self.fill()? {
                        bad = bad.or(Some(self.offset()));
                    }
                }
                Parsed::Incomplete => {
                    if !rest.is_empty() {
                        bad = bad.or(Some(self.offset()));
                        self.next = self.buffer.len();
                    }
                    return Ok(bad.map_or(Step::End, |offset| Step::Bad { offset }));
                }
                Parsed::UnknownVersion { version } if bad.is_none() => {
                    return Err(Error::UnknownVersion {
                        path: self.path.clone(),
                        version,
                    });
                }
                Parsed::UnknownVersion { .. } => self.next += distance_to_magic(rest),
                Parsed::Bad { length } => {
                    let skip = length.unwrap_or_else(|| distance_to_magic(rest));
                    bad = bad.or(Some(self.offset()));
                    self.next += skip;
                }
            }
        }
    }

    /// Discards the buffer and continues at `offset`, so that data appended since is read. Does
    /// nothing to a sealed segment, which does not grow.
    pub(crate) fn resume_at(&mut self, offset: u64) -> Result<(), Error> {
        if let Source::Raw(file) = &mut self.source {
            file.seek(SeekFrom::Start(offset))
                .map_err(Error::io("read", &self.path))?;
            self.buffer.clear();
            self.next = 0;
            self.buffer_offset = offset;
            self.at_end = false;
        }
        Ok(())
    }

    fn fill(&mut self) -> Result<ChunkRead, Error> {
        self.buffer.drain(..self.next);
        self.buffer_offset += self.next as u64;
        self.next = 0;
        let filled = match &mut self.source {
            Source::Sealed(chunks) => chunks.read_into(&mut self.buffer),
            Source::Raw(file) => read_up_to(file, READ_BYTES, &mut self.buffer).map(|read| {
                if read == 0 {
                    ChunkRead::End
                } else {
                    ChunkRead::Bytes
                }
            }),
        };
        let filled = filled.map_err(Error::io("read", &self.path))?;
        self.at_end = matches!(filled, ChunkRead::End);
        Ok(filled)
    }
}

/// Returns the number of bytes, at least one, to skip to the next possible start of a frame.
fn distance_to_magic(bytes: &[u8]) -> usize {
    let found = bytes
        .windows(MAGIC.len())
        .skip(1)
        .position(|window| window == MAGIC);
    // The end of the buffer may cut the magic in two.
    found.map_or_else(
        || (bytes.len() + 1).saturating_sub(MAGIC.len()).max(1),
        |at| at + 1,
    )
}

const _: () = assert!(READ_BYTES > HEADER_BYTES);
