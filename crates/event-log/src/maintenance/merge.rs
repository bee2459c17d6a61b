//! One log out of two damaged copies: the journal, and where it has holes, sled.

use std::collections::VecDeque;
use std::path::PathBuf;

use crate::copy::sled_copy::SledCopy;
use crate::error::Range;
use crate::head::Head;
use crate::journal::chain::{Walk, Walked};
use crate::journal::frame::{self, Parsed};
use crate::journal::segment::Segment;
use crate::{Error, Hash};

/// A frame that continues the chain.
pub(crate) struct Whole {
    pub(crate) first: u64,
    pub(crate) last: u64,
    pub(crate) bytes: Vec<u8>,
}

/// What comes next.
pub(crate) enum Merged {
    /// The journal has it.
    Journal(Whole),
    /// Only sled has it.
    Copy(Whole),
    /// Neither has it.
    Lost(Range),
    /// The journal's file here has bytes that do not belong in it.
    Garbage(PathBuf),
}

/// Walks over both copies together.
pub(crate) struct Merge {
    walk: Walk,
    copy: Option<SledCopy>,
    /// Where sled ends.
    copy_last: u64,
    /// The next position, and the hash that its frame must name; `None` behind what is lost.
    next: u64,
    hash: Option<Hash>,
    /// The last position that is to be filled from sled.
    hole: u64,
    ready: VecDeque<Merged>,
    ended: bool,
}

impl Merge {
    pub(crate) fn new(segments: &[Segment], copy: Option<SledCopy>) -> Result<Self, Error> {
        Ok(Self {
            walk: Walk::new(segments, Head::EMPTY.position, Some(Head::EMPTY.hash)),
            copy_last: copy.as_ref().map_or(Ok(0), SledCopy::end)?,
            copy,
            next: 1,
            hash: Some(Head::EMPTY.hash),
            hole: 0,
            ready: VecDeque::new(),
            ended: false,
        })
    }

    pub(crate) fn next(&mut self) -> Result<Option<Merged>, Error> {
        loop {
            if self.next <= self.hole {
                return Ok(Some(self.fill()));
            }
            if let Some(ready) = self.ready.pop_front() {
                if let Merged::Journal(frame) = &ready
                    && !self.follow(&frame.bytes)
                {
                    self.hole = frame.last;
                    continue;
                }
                return Ok(Some(ready));
            }
            if self.ended {
                return Ok(None);
            }
            self.read()?;
        }
    }

    /// Reads the journal on, and notes what it is missing.
    fn read(&mut self) -> Result<(), Error> {
        match self.walk.next()? {
            Walked::Frame(_) => {
                let Some(frame) = self.walk.frame() else {
                    return Ok(());
                };
                let (first, last) = (frame.header.first, frame.header.last());
                let bytes = frame.bytes.to_vec();
                self.ready
                    .push_back(Merged::Journal(Whole { first, last, bytes }));
            }
            Walked::Damage(damage) => {
                self.hole = damage.last.unwrap_or(self.copy_last);
                self.ready.push_back(Merged::Garbage(damage.path));
            }
            Walked::End => {
                self.ended = true;
                self.hole = self.copy_last;
            }
        }
        Ok(())
    }

    /// The next frame of the hole, from sled, if it continues the chain.
    fn fill(&mut self) -> Merged {
        let first = self.next;
        if let Some(copy) = &self.copy
            // What sled cannot read is missing there too.
            && let Ok(Some(bytes)) = copy.frame_at(first)
            && self.follow(&bytes)
        {
            return Merged::Copy(Whole {
                first,
                last: self.next - 1,
                bytes,
            });
        }
        let again = self
            .copy
            .as_ref()
            .map_or(Ok(None), |copy| copy.next_frame_start(first + 1));
        let last = again
            .ok()
            .flatten()
            .map_or(self.hole, |next| (next - 1).min(self.hole));
        self.next = last + 1;
        self.hash = None;
        Merged::Lost(Range { first, last })
    }

    /// Goes over a frame if it continues the chain.
    fn follow(&mut self, bytes: &[u8]) -> bool {
        let Parsed::Frame(frame) = frame::parse(bytes) else {
            return false;
        };
        let header = frame.header;
        let follows =
            header.first == self.next && self.hash.is_none_or(|hash| hash == header.previous);
        if follows {
            self.next = header.last() + 1;
            self.hash = Some(frame.hash());
        }
        follows
    }
}
