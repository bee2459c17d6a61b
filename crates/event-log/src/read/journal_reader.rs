use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use crate::error::{Range, Ranges};
use crate::head::Head;

use crate::journal::scanner::{Scanner, Step};
use crate::journal::segment::{self, JOURNAL, Segment};
use crate::start::journal_end::survey;
use crate::{Error, EventRef};

/// Reads the journal of a log that may be open in another process, takes no lock and writes nothing.
///
/// It may see a frame a moment before it is acknowledged. It checks every frame's checksum and that
/// positions have no gap; the chain of hashes is [`verify`](fn@crate::verify)'s work.
pub struct JournalReader {
    journal: PathBuf,
    next: u64,
    open: Option<Open>,
}

/// The segment that is being read.
struct Open {
    segment: Segment,
    scanner: Scanner,
    /// Where in it the last whole frame ends.
    end: u64,
    /// A later segment has been seen, and this one was then read to its end once more.
    closed: bool,
}

/// Figures of a journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JournalStats {
    /// Where it ends. Events are numbered from 1, so this is also how many there are.
    pub head: Head,
    /// Files.
    pub segments: usize,
    /// How many of them are compressed.
    pub sealed_segments: usize,
    /// Bytes that the files take.
    pub bytes: u64,
}

impl JournalReader {
    /// Begins before position `from`; 1 is the first event, 0 means the same.
    pub fn open_read_only(dir: &Path, from: u64) -> Result<Self, Error> {
        let journal = dir.join(JOURNAL);
        segment::list(&journal)?;
        Ok(Self {
            journal,
            next: from.max(1),
            open: None,
        })
    }

    /// The position that comes next.
    pub fn next_position(&self) -> u64 {
        self.next
    }

    /// Calls `visit` with the events that are there, until it breaks or there are no more for now;
    /// how many. Call it again for those that came later.
    pub fn poll(
        &mut self,
        mut visit: impl FnMut(EventRef<'_>) -> ControlFlow<()>,
    ) -> Result<u64, Error> {
        let before = self.next;
        loop {
            let Some(open) = &mut self.open else {
                if self.enter()? {
                    continue;
                }
                break;
            };
            match open.scanner.step()? {
                Step::Frame(header) if header.first > self.next => return Err(self.damaged()),
                Step::Frame(_) => {
                    let next = self.next;
                    for event in open
                        .scanner
                        .frame()
                        .events()
                        .filter(|one| one.position >= next)
                    {
                        self.next = event.position + 1;
                        if visit(event).is_break() {
                            return self.pause().map(|()| self.next - before);
                        }
                    }
                    open.end = open.scanner.offset();
                }
                Step::Bad { .. } | Step::End => {
                    if !self.go_on()? {
                        break;
                    }
                }
            }
        }
        Ok(self.next - before)
    }

    /// Where the journal ends, and its figures. Reads the last segments only.
    pub fn stats(dir: &Path) -> Result<JournalStats, Error> {
        let segments = segment::list(&dir.join(JOURNAL))?;
        let mut bytes = 0;
        for segment in &segments {
            // The sealer may have replaced it: its successor is as good as counted.
            bytes += fs::metadata(&segment.path).map_or(0, |found| found.len());
        }
        let last = segments
            .last()
            .map_or(0, |segment| segment.first.saturating_sub(1));
        Ok(JournalStats {
            head: survey(dir, &segments, last)?.head,
            segments: segments.len(),
            sealed_segments: segments
                .iter()
                .filter(|segment| segment.is_sealed())
                .count(),
            bytes,
        })
    }

    /// Opens the segment with the next position; whether there is one.
    fn enter(&mut self) -> Result<bool, Error> {
        let segments = segment::list(&self.journal)?;
        let Some(segment) = segment::from(&segments, self.next).first() else {
            return Ok(false);
        };
        match Scanner::open(segment) {
            Ok(scanner) => {
                let segment = segment.clone();
                self.open = Some(Open {
                    segment,
                    scanner,
                    end: 0,
                    closed: false,
                });
                Ok(true)
            }
            // The sealer has just replaced it.
            Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
                Ok(true)
            }
            Err(error) => Err(error),
        }
    }

    /// At the end of a segment: goes to the next, or, where this is the last, back to the end of its
    /// last whole frame, so that what is being appended is read again. Whether there may be more.
    fn go_on(&mut self) -> Result<bool, Error> {
        let segments = segment::list(&self.journal)?;
        let Some(open) = &mut self.open else {
            return Ok(false);
        };
        let later = segments
            .iter()
            .any(|segment| segment.first > open.segment.first);
        if !later {
            open.scanner.resume_at(open.end)?;
            return Ok(false);
        }
        if !open.closed && !open.segment.is_sealed() {
            // It may have grown between the last read and the beginning of the next segment.
            open.closed = true;
            open.scanner.resume_at(open.end)?;
            return Ok(true);
        }
        let here = open.segment.first;
        self.open = None;
        let next = segment::from(&segments, self.next).first();
        if next.is_none_or(|next| next.first == here) {
            return Err(self.damaged());
        }
        Ok(true)
    }

    /// Stops within a frame: it is found again from the segment's beginning, or from its last end.
    fn pause(&mut self) -> Result<(), Error> {
        match &mut self.open {
            Some(open) if !open.segment.is_sealed() => open.scanner.resume_at(open.end),
            _ => {
                self.open = None;
                Ok(())
            }
        }
    }

    fn damaged(&self) -> Error {
        let ranges = Ranges(vec![Range {
            first: self.next,
            last: self.next,
        }]);
        Error::JournalDamaged {
            dir: self.journal.clone(),
            ranges,
        }
    }
}
