//! Reads frames across segments, checks the hash chain and reports what is missing.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use crate::error::Range;
use crate::journal::frame::{FrameRef, Header};
use crate::journal::scanner::{Scanner, Step};
use crate::journal::segment::{self, Segment};
use crate::{Error, GENESIS, Hash};

/// Positions missing from the journal, or bytes in it that are not a valid frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Damage {
    /// The first affected position.
    pub(crate) first: u64,
    /// The last missing position; below `first` if no event is missing, and `None` if the journal
    /// ends with the damage, so that the number of events is unknown.
    pub(crate) last: Option<u64>,
    /// The damaged segment, and the offset in it, uncompressed, of the damage.
    pub(crate) path: PathBuf,
    pub(crate) offset: u64,
    /// The bytes are a valid frame that does not continue the chain. A torn write does not cause
    /// this.
    pub(crate) foreign: bool,
}

impl Damage {
    /// The affected positions, for a log that extends at least to position `end`.
    pub(crate) fn range(&self, end: u64) -> Range {
        Range {
            first: self.first,
            last: self.last.unwrap_or(end).max(self.first),
        }
    }
}

/// The next part of a journal. `F` is the frame, or its header.
pub(crate) enum ChainStep<F> {
    /// A frame that continues the chain, and its hash.
    Frame(F, Hash),
    Damage(Damage),
}

/// Reads the frames of several segments in order.
pub(crate) struct ChainReader {
    segments: VecDeque<Segment>,
    segment: Option<Segment>,
    scanner: Option<Scanner>,
    /// The last position that was returned or reported missing.
    position: u64,
    /// The hash that the next frame must link to; `None` after damage, where any is accepted.
    hash: Option<Hash>,
    /// Path and offset of bad bytes that are not yet reported.
    bad: Option<(PathBuf, u64)>,
    /// A frame to return next, after the damage before it was reported.
    pending: Option<Header>,
}

impl ChainReader {
    /// Reads from position 1.
    pub(crate) fn from_start(segments: &[Segment]) -> Self {
        Self::new(segments, 0)
    }

    /// Reads from the start of the segment that contains `position`, or from that of the first
    /// segment.
    pub(crate) fn starting_at(segments: &[Segment], position: u64) -> Self {
        let segments = segment::starting_at(segments, position);
        let first = segments.first().map_or(1, |segment| segment.first);
        Self::new(segments, first - 1)
    }

    /// Reads `segments`, which should start after position `before`.
    fn new(segments: &[Segment], before: u64) -> Self {
        Self {
            segments: segments.iter().cloned().collect(),
            segment: None,
            scanner: None,
            position: before,
            hash: (before == 0).then_some(GENESIS),
            bad: None,
            pending: None,
        }
    }

    /// The last position that was returned or reported missing.
    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    /// Returns the next frame or damage, or `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<ChainStep<FrameRef<'_>>>, Error> {
        let step = self.advance()?;
        let scanner = self.scanner.as_ref();
        let bytes = scanner.map(Scanner::frame_bytes).unwrap_or_default();
        Ok(step.map(|step| match step {
            ChainStep::Frame(header, hash) => ChainStep::Frame(FrameRef { header, bytes }, hash),
            ChainStep::Damage(damage) => ChainStep::Damage(damage),
        }))
    }

    fn advance(&mut self) -> Result<Option<ChainStep<Header>>, Error> {
        loop {
            let Some(scanner) = &mut self.scanner else {
                let Some(segment) = self.segments.pop_front() else {
                    return Ok(self.damage_at_end().map(ChainStep::Damage));
                };
                if let Some(damage) = self.enter(segment)? {
                    return Ok(Some(ChainStep::Damage(damage)));
                }
                continue;
            };
            let step = match self.pending.take() {
                Some(header) => Step::Frame(header),
                None => scanner.step()?,
            };
            match step {
                Step::Bad { offset } => {
                    self.bad = self.bad.take().or(Some((scanner.path.clone(), offset)));
                }
                Step::Frame(header) => return Ok(Some(self.check(header))),
                Step::End => {
                    let last = self.segment.as_ref().and_then(|segment| segment.last);
                    self.scanner = None;
                    if let Some(damage) = last.and_then(|last| self.damage_before(last + 1)) {
                        return Ok(Some(ChainStep::Damage(damage)));
                    }
                }
            }
        }
    }

    /// Opens a segment. Returns the damage before it.
    fn enter(&mut self, segment: Segment) -> Result<Option<Damage>, Error> {
        let (segment, scanner) = open_current(segment)?;
        self.scanner = Some(scanner);
        let first = segment.first;
        self.segment = Some(segment);
        Ok(self.damage_before(first))
    }

    /// Bad bytes that no frame follows.
    fn damage_at_end(&mut self) -> Option<Damage> {
        let (path, offset) = self.bad.take()?;
        Some(Damage {
            first: self.position + 1,
            last: None,
            path,
            offset,
            foreign: false,
        })
    }

    /// The damage between the last position and `next`, which is known to follow.
    fn damage_before(&mut self, next: u64) -> Option<Damage> {
        let first = self.position + 1;
        let bad = self.bad.take();
        if next <= first && bad.is_none() {
            return None;
        }
        let (path, offset) = bad.unwrap_or_else(|| (self.path(), self.offset()));
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

    /// Checks that a valid frame continues the chain.
    fn check(&mut self, header: Header) -> ChainStep<Header> {
        let expected = self.position + 1;
        if header.first >= expected
            && let Some(damage) = self.damage_before(header.first)
        {
            self.pending = Some(header);
            return ChainStep::Damage(damage);
        }
        let scanner = self.scanner.as_ref();
        let hash = Hash::of(scanner.map(Scanner::frame_bytes).unwrap_or_default());
        let continues = self.hash.is_none_or(|hash| hash == header.previous);
        if header.first == expected {
            self.position = header.last();
            self.hash = Some(hash);
            if continues {
                return ChainStep::Frame(header, hash);
            }
        }
        // A repeated frame, or one with another predecessor.
        ChainStep::Damage(Damage {
            first: header.first,
            last: Some(header.last()),
            path: self.path(),
            offset: self.offset().saturating_sub(header.frame_bytes() as u64),
            foreign: true,
        })
    }

    fn path(&self) -> PathBuf {
        let segment = self.segment.as_ref();
        segment
            .map(|segment| segment.path.clone())
            .unwrap_or_default()
    }

    fn offset(&self) -> u64 {
        self.scanner.as_ref().map_or(0, Scanner::offset)
    }
}

/// Opens a segment, or the sealed one that replaced it since it was listed.
fn open_current(segment: Segment) -> Result<(Segment, Scanner), Error> {
    if let Some(scanner) = Scanner::open_if_exists(&segment)? {
        return Ok((segment, scanner));
    }
    let journal = segment.path.parent().unwrap_or(Path::new("."));
    let mut listed = segment::list(journal)?.into_iter();
    let replaced = listed.find(|other| other.first == segment.first);
    let segment = replaced.unwrap_or(segment);
    let scanner = Scanner::open(&segment)?;
    Ok((segment, scanner))
}
