//! Reading the journal: [`Scanner`] reads the frames of one segment and finds its way behind
//! damage, [`Walk`] follows the chain through all segments and says what is missing.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::path::PathBuf;

use crate::frame::{self, FrameRef, HEADER_BYTES, Header, MAGIC, Parsed};
use crate::seal::{Chunks, Filled};
use crate::segment::{self, Segment};
use crate::{Error, Hash};

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
    path: PathBuf,
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

/// Positions that the journal cannot give, or bytes in it that are no frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Damage {
    /// The first position concerned.
    pub(crate) first: u64,
    /// The last position missing, below `first` where no event is; `None` where the journal ends
    /// with the damage, so that it cannot say.
    pub(crate) last: Option<u64>,
    /// The segment, and where in it, uncompressed, the damage begins.
    pub(crate) path: PathBuf,
    pub(crate) offset: u64,
    /// The bytes are a whole frame, but not of this chain: no write that was cut short looks so.
    pub(crate) foreign: bool,
}

/// What a walk found next.
pub(crate) enum Walked {
    /// A frame that continues the chain; [`Walk::frame`] is it.
    Frame(Hash),
    Damage(Damage),
    End,
}

/// Follows the chain of frames through segments, in order.
pub(crate) struct Walk {
    segments: VecDeque<Segment>,
    segment: Option<Segment>,
    scanner: Option<Scanner>,
    /// The last position that was walked over.
    position: u64,
    /// The hash that the next frame must name; `None` behind damage, where any is believed.
    hash: Option<Hash>,
    bad: Option<(PathBuf, u64)>,
    /// The scanner's frame has been reported as lying behind damage and is still to be given.
    again: bool,
}

impl Walk {
    /// Walks over `segments`; `before` is the position before the first and, where it is known, the
    /// hash there.
    pub(crate) fn new(segments: &[Segment], before: u64, hash: Option<Hash>) -> Self {
        Self {
            segments: segments.iter().cloned().collect(),
            segment: None,
            scanner: None,
            position: before,
            hash,
            bad: None,
            again: false,
        }
    }

    /// The frame that was found last.
    pub(crate) fn frame(&self) -> Option<FrameRef<'_>> {
        self.scanner.as_ref().map(Scanner::frame)
    }

    /// Where in that segment, uncompressed, the last frame ends.
    pub(crate) fn offset(&self) -> u64 {
        self.scanner.as_ref().map_or(0, Scanner::offset)
    }

    pub(crate) fn next(&mut self) -> Result<Walked, Error> {
        loop {
            let Some(scanner) = &mut self.scanner else {
                if let Some(walked) = self.enter()? {
                    return Ok(walked);
                }
                continue;
            };
            let step = if std::mem::take(&mut self.again) {
                Step::Frame(scanner.frame().header)
            } else {
                scanner.step()?
            };
            match step {
                Step::Bad { offset } => {
                    self.bad = self.bad.take().or(Some((scanner.path.clone(), offset)));
                }
                Step::Frame(header) => return Ok(self.follow(&header)),
                Step::End => {
                    let last = self.segment.as_ref().and_then(|segment| segment.last);
                    self.scanner = None;
                    if let Some(damage) = last.and_then(|last| self.missing(last + 1)) {
                        return Ok(Walked::Damage(damage));
                    }
                }
            }
        }
    }

    /// Opens the next segment, or ends.
    fn enter(&mut self) -> Result<Option<Walked>, Error> {
        let Some(segment) = self.segments.pop_front() else {
            let Some((path, offset)) = self.bad.take() else {
                return Ok(Some(Walked::End));
            };
            let first = self.position + 1;
            return Ok(Some(Walked::Damage(Damage {
                first,
                last: None,
                path,
                offset,
                foreign: false,
            })));
        };
        let (segment, scanner) = open_any(segment)?;
        self.scanner = Some(scanner);
        let first = segment.first;
        self.segment = Some(segment);
        Ok(self.missing(first).map(Walked::Damage))
    }

    /// The damage between the last position and a place that is known to be `next`, if any.
    fn missing(&mut self, next: u64) -> Option<Damage> {
        let first = self.position + 1;
        let bad = self.bad.take();
        if next <= first && bad.is_none() {
            return None;
        }
        let segment = self
            .segment
            .as_ref()
            .map(|segment| segment.path.clone())
            .unwrap_or_default();
        let (path, offset) = bad.unwrap_or_else(|| (segment, self.offset()));
        if next > first {
            self.position = next - 1;
            self.hash = None;
        }
        Some(Damage {
            first,
            last: Some(next.max(first) - 1),
            path,
            offset,
            foreign: false,
        })
    }

    /// Compares a whole frame with what must come next.
    fn follow(&mut self, header: &Header) -> Walked {
        let expected = self.position + 1;
        if header.first >= expected
            && let Some(damage) = self.missing(header.first)
        {
            self.again = true;
            return Walked::Damage(damage);
        }
        let hash = self.frame().map_or(crate::GENESIS, |frame| frame.hash());
        if header.first == expected && self.hash.is_none_or(|hash| hash == header.previous) {
            self.position = header.last();
            self.hash = Some(hash);
            return Walked::Frame(hash);
        }
        // A frame twice, or one that names another predecessor: whole, but not of this chain.
        let path = self
            .segment
            .as_ref()
            .map(|segment| segment.path.clone())
            .unwrap_or_default();
        let offset = self.offset().saturating_sub(header.frame_bytes() as u64);
        if header.first == expected {
            self.position = header.last();
            self.hash = Some(hash);
        }
        let (first, last) = (header.first, Some(header.last()));
        Walked::Damage(Damage {
            first,
            last,
            path,
            offset,
            foreign: true,
        })
    }
}

/// Opens a segment, or the sealed one that has replaced it since it was listed.
fn open_any(segment: Segment) -> Result<(Segment, Scanner), Error> {
    let error = match Scanner::open(&segment) {
        Ok(scanner) => return Ok((segment, scanner)),
        Err(error) => error,
    };
    let gone = matches!(&error, Error::Io { source, .. } if source.kind() == ErrorKind::NotFound);
    let journal = segment.path.parent().filter(|_| gone);
    let now = journal.map_or_else(|| Ok(Vec::new()), segment::list)?;
    let Some(sealed) = now.into_iter().find(|now| now.first == segment.first) else {
        return Err(error);
    };
    let scanner = Scanner::open(&sealed)?;
    Ok((sealed, scanner))
}

const _: () = assert!(READ_BYTES > HEADER_BYTES);
