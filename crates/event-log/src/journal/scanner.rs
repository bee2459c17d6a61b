//! Reading the frames of one segment, and finding the way behind damage.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;

use crate::Error;
use crate::journal::chunk::{Chunks, Filled};
use crate::journal::frame::{self, FrameRef, HEADER_BYTES, Header, MAGIC, Parsed};
use crate::journal::segment::Segment;

/// How much of a raw segment is read at once: large enough that a read costs little beside its
/// copying, small enough for the processor's cache.
const READ_BYTES: usize = 256 * 1024;

/// What a scanner found next.
pub(crate) enum Step {
    /// A whole frame; [`Scanner::frame`] is it.
    Frame(Header),
    /// Bytes that are no frame, from this offset of the uncompressed segment on.
    Bad {
        offset: u64,
    },
    End,
}

enum Source {
    Raw(File),
    Sealed(Chunks),
}

/// Reads the frames of one segment.
pub(crate) struct Scanner {
    pub(crate) path: PathBuf,
    source: Source,
    buffer: Vec<u8>,
    /// Where in the buffer the next frame begins.
    next: usize,
    /// Offset in the segment of the buffer's beginning.
    offset: u64,
    ended: bool,
    current: std::ops::Range<usize>,
    header: Option<Header>,
}

impl Scanner {
    pub(crate) fn open(segment: &Segment) -> Result<Self, Error> {
        let path = segment.path.clone();
        let file = File::open(&path).map_err(Error::io("open", &path))?;
        let source = if segment.is_sealed() {
            Source::Sealed(Chunks::new(file).map_err(Error::io("read", &path))?)
        } else {
            Source::Raw(file)
        };
        let buffer = Vec::new();
        let current = 0..0;
        Ok(Self {
            path,
            source,
            buffer,
            next: 0,
            offset: 0,
            ended: false,
            current,
            header: None,
        })
    }

    /// The frame that the last step found.
    pub(crate) fn frame(&self) -> FrameRef<'_> {
        const NONE: Header = Header {
            count: 0,
            payload_bytes: 0,
            not_durable: 0,
            first: 0,
            time_micros: 0,
            previous: crate::GENESIS,
            payload_crc: 0,
        };
        let bytes = self.buffer.get(self.current.clone()).unwrap_or_default();
        FrameRef {
            header: self.header.unwrap_or(NONE),
            bytes,
        }
    }

    /// Offset in the segment, uncompressed, at which the next frame begins.
    pub(crate) fn offset(&self) -> u64 {
        self.offset + self.next as u64
    }

    /// Reads the next frame, or reports one stretch of bytes that are none.
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
                    self.current = self.next..self.next + found.bytes.len();
                    self.next = self.current.end;
                    self.header = Some(header);
                    return Ok(Step::Frame(header));
                }
                Parsed::Incomplete if !self.ended => {
                    if let Filled::Damaged = self.fill()? {
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
                Parsed::Unknown { version } if bad.is_none() => {
                    return Err(Error::UnknownVersion {
                        path: self.path.clone(),
                        version,
                    });
                }
                Parsed::Unknown { .. } => self.next += next_magic(rest),
                Parsed::Bad { extent } => {
                    let skip = extent.unwrap_or_else(|| next_magic(rest));
                    bad = bad.or(Some(self.offset()));
                    self.next += skip;
                }
            }
        }
    }

    /// Forgets what was read ahead and reads a raw segment again from where the last frame ended:
    /// for a segment that may have grown.
    pub(crate) fn resume_at(&mut self, offset: u64) -> Result<(), Error> {
        if let Source::Raw(file) = &mut self.source {
            file.seek(SeekFrom::Start(offset))
                .map_err(Error::io("read", &self.path))?;
            self.buffer.clear();
            self.next = 0;
            self.offset = offset;
            self.ended = false;
        }
        Ok(())
    }

    fn fill(&mut self) -> Result<Filled, Error> {
        self.buffer.drain(..self.next);
        self.offset += self.next as u64;
        self.next = 0;
        let filled = match &mut self.source {
            Source::Sealed(chunks) => chunks.fill(&mut self.buffer),
            Source::Raw(file) => file
                .take(READ_BYTES as u64)
                .read_to_end(&mut self.buffer)
                .map(|read| {
                    if read == 0 {
                        Filled::Ended
                    } else {
                        Filled::Bytes
                    }
                }),
        };
        let filled = filled.map_err(Error::io("read", &self.path))?;
        self.ended = matches!(filled, Filled::Ended);
        Ok(filled)
    }
}

/// How far to go, at least one byte, to where a frame may begin again.
fn next_magic(bytes: &[u8]) -> usize {
    let found = bytes
        .windows(MAGIC.len())
        .skip(1)
        .position(|window| window == MAGIC);
    // The magic may be cut by the end of the buffer.
    found.map_or_else(
        || (bytes.len() + 1).saturating_sub(MAGIC.len()).max(1),
        |at| at + 1,
    )
}

const _: () = assert!(READ_BYTES > HEADER_BYTES);
