//! Merges the two damaged copies into one log: the journal, and sled where the journal has gaps.

use std::collections::VecDeque;
use std::path::PathBuf;

use crate::copy::sled_copy::SledCopy;
use crate::error::Range;
use crate::journal::chain::{ChainReader, ChainStep};
use crate::journal::frame;
use crate::journal::segment::Segment;
use crate::{Error, GENESIS, Hash};

/// A frame that continues the chain.
pub(crate) struct MergedFrame {
    pub(crate) first: u64,
    pub(crate) last: u64,
    pub(crate) bytes: Vec<u8>,
}

impl MergedFrame {
    pub(crate) const fn range(&self) -> Range {
        let Self { first, last, .. } = self;
        Range {
            first: *first,
            last: *last,
        }
    }
}

/// The next part of the merged log.
pub(crate) enum Merged {
    /// A frame from the journal.
    Journal(MergedFrame),
    /// A frame that only sled has.
    Copy(MergedFrame),
    /// Positions that are in neither copy.
    Lost(Range),
    /// This segment contains bytes that do not belong to the log.
    Garbage(PathBuf),
}

/// Reads both copies in parallel.
pub(crate) struct Merge {
    chain: ChainReader,
    copy: Option<SledCopy>,
    /// The last position in sled.
    copy_end: u64,
    /// The next position, and the hash that its frame must link to; `None` after lost positions.
    next: u64,
    hash: Option<Hash>,
    /// The last position of the gap that sled is to fill.
    gap_end: u64,
    /// Parts of the journal that follow the gap.
    queue: VecDeque<Merged>,
    journal_ended: bool,
}

impl Merge {
    pub(crate) fn new(segments: &[Segment], copy: Option<SledCopy>) -> Result<Self, Error> {
        Ok(Self {
            chain: ChainReader::from_start(segments),
            copy_end: copy.as_ref().map_or(Ok(0), SledCopy::end)?,
            copy,
            next: 1,
            hash: Some(GENESIS),
            gap_end: 0,
            queue: VecDeque::new(),
            journal_ended: false,
        })
    }

    /// Merges a part of the log. `segments` are the journal's files with these positions.
    pub(crate) fn within(segments: &[Segment], copy: SledCopy, range: Range) -> Self {
        Self {
            chain: ChainReader::starting_at(segments, range.first),
            copy: Some(copy),
            copy_end: range.last,
            next: range.first,
            hash: (range.first == 1).then_some(GENESIS),
            gap_end: 0,
            queue: VecDeque::new(),
            journal_ended: false,
        }
    }

    /// Returns the next part, or `None` at the end of both copies.
    pub(crate) fn next(&mut self) -> Result<Option<Merged>, Error> {
        loop {
            if self.next <= self.gap_end {
                return Ok(Some(self.fill_gap()));
            }
            if let Some(merged) = self.queue.pop_front() {
                if let Merged::Journal(frame) = &merged
                    && !self.advance(&frame.bytes)
                {
                    self.gap_end = frame.last;
                    continue;
                }
                return Ok(Some(merged));
            }
            if self.journal_ended {
                return Ok(None);
            }
            self.read_journal()?;
        }
    }

    fn read_journal(&mut self) -> Result<(), Error> {
        match self.chain.next()? {
            Some(ChainStep::Frame(frame, _)) => {
                self.queue.push_back(Merged::Journal(MergedFrame {
                    first: frame.header.first,
                    last: frame.header.last(),
                    bytes: frame.bytes.to_vec(),
                }));
            }
            Some(ChainStep::Damage(damage)) => {
                self.gap_end = damage.last.unwrap_or(self.copy_end);
                self.queue.push_back(Merged::Garbage(damage.path));
            }
            None => {
                self.journal_ended = true;
                self.gap_end = self.copy_end;
            }
        }
        Ok(())
    }

    /// Returns the next frame of the gap from sled if it continues the chain, or the lost
    /// positions. What sled fails to read is lost.
    fn fill_gap(&mut self) -> Merged {
        let first = self.next;
        let copy = self.copy.as_ref();
        let bytes = copy.and_then(|copy| copy.frame_at(first).ok().flatten());
        if let Some(bytes) = bytes.filter(|bytes| self.advance(bytes)) {
            let last = self.next - 1;
            return Merged::Copy(MergedFrame { first, last, bytes });
        }
        let copy = self.copy.as_ref();
        let next_start = copy.and_then(|copy| copy.next_frame_start(first + 1).ok().flatten());
        let last = next_start.map_or(self.gap_end, |next| (next - 1).min(self.gap_end));
        self.next = last + 1;
        self.hash = None;
        Merged::Lost(Range { first, last })
    }

    /// Moves past a frame and returns `true` if the frame continues the chain.
    fn advance(&mut self, bytes: &[u8]) -> bool {
        let Some(frame) = frame::parse_valid(bytes) else {
            return false;
        };
        let header = frame.header;
        let continues =
            header.first == self.next && self.hash.is_none_or(|hash| hash == header.previous);
        if continues {
            self.next = header.last() + 1;
            self.hash = Some(frame.hash());
        }
        continues
    }
}
