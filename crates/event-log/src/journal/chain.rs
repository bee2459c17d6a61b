//! Following the chain of frames through all segments, and saying what is missing.

use std::collections::VecDeque;
use std::io::ErrorKind;
use std::path::PathBuf;

use crate::error::{Range, Ranges};
use crate::journal::frame::{FrameRef, Header};
use crate::journal::scanner::{Scanner, Step};
use crate::journal::segment::{self, Segment};
use crate::{Error, Hash};

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

/// Adds the positions that damage costs, as far as they lie up to `head`.
pub(crate) fn push_damage(ranges: &mut Ranges, damage: &Damage, head: u64) {
    let last = damage
        .last
        .unwrap_or(head.max(damage.first))
        .max(damage.first);
    ranges.push(Range {
        first: damage.first,
        last,
    });
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
