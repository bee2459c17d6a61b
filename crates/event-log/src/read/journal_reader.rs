use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use crate::error::Range;
use crate::head::Head;
use crate::journal::frame::FrameRef;
use crate::journal::scanner::{Scanner, Step};
use crate::journal::segment::{self, JOURNAL, Segment};
use crate::start::journal_end;
use crate::{Error, EventRef, Hash};

/// Reads a journal that another process may have open. Takes no lock and writes nothing.
///
/// It may return a frame shortly before the frame is acknowledged. It checks every frame's checksum
/// and that positions have no gap; only [`verify`](fn@crate::verify) checks the hash chain.
pub struct JournalReader {
    journal: PathBuf,
    next: u64,
    open: Option<OpenSegment>,
}

struct OpenSegment {
    segment: Segment,
    scanner: Scanner,
    /// Offset of the end of the last complete frame.
    end: u64,
    /// A later segment exists, and the end of this one was read again after that.
    closed: bool,
}

/// Figures of a journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JournalStats {
    /// The end of the journal. Its position is also the number of events.
    pub head: Head,
    /// Number of files.
    pub segments: usize,
    /// Number of compressed files.
    pub sealed_segments: usize,
    /// Size of the files in bytes.
    pub bytes: u64,
}

impl JournalReader {
    /// Opens the journal of the log in `dir` for reading from position `from`; 0 means 1.
    pub fn open_read_only(dir: &Path, from: u64) -> Result<Self, Error> {
        let journal = dir.join(JOURNAL);
        segment::list(&journal)?;
        Ok(Self::new(journal, from.max(1)))
    }

    pub(crate) fn new(journal: PathBuf, next: u64) -> Self {
        Self {
            journal,
            next,
            open: None,
        }
    }

    /// The position of the next event.
    pub fn next_position(&self) -> u64 {
        self.next
    }

    /// Calls `visit` with the events up to the current end, until it breaks. Returns their number.
    /// Another call continues with the next event.
    pub fn poll(
        &mut self,
        mut visit: impl FnMut(EventRef<'_>) -> ControlFlow<()>,
    ) -> Result<u64, Error> {
        let start = self.next;
        loop {
            let Some(open) = &mut self.open else {
                if self.open_segment()? {
                    continue;
                }
                break;
            };
            match open.scanner.step()? {
                Step::Frame(header) if header.first > self.next => return Err(self.damaged()),
                Step::Frame(header) => {
                    let bytes = open.scanner.frame_bytes();
                    let first = self.next;
                    for event in (FrameRef { header, bytes }).events() {
                        if event.position < first {
                            continue;
                        }
                        self.next = event.position + 1;
                        if visit(event).is_break() {
                            return self.pause().map(|()| self.next - start);
                        }
                    }
                    open.end = open.scanner.offset();
                }
                Step::Bad { .. } | Step::End => {
                    if !self.leave_segment()? {
                        break;
                    }
                }
            }
        }
        Ok(self.next - start)
    }

    /// Returns the end and the size of the journal in `dir`. Reads only its last segments.
    pub fn stats(dir: &Path) -> Result<JournalStats, Error> {
        let segments = segment::list(&dir.join(JOURNAL))?;
        // A file that the sealer deletes meanwhile counts as empty.
        let size = |segment: &Segment| fs::metadata(&segment.path).map_or(0, |found| found.len());
        let last = segments
            .last()
            .map_or(0, |segment| segment.first.saturating_sub(1));
        Ok(JournalStats {
            head: journal_end::find(dir, &segments, last)?.head,
            segments: segments.len(),
            sealed_segments: segments
                .iter()
                .filter(|segment| segment.is_sealed())
                .count(),
            bytes: segments.iter().map(size).sum(),
        })
    }

    /// Returns the hash of the frame that ends at `position`, or `None` if no frame does. Reads the
    /// segment that contains it and all later ones.
    pub fn hash_at(dir: &Path, position: u64) -> Result<Option<Hash>, Error> {
        let segments = segment::list(&dir.join(JOURNAL))?;
        Ok(journal_end::find(dir, &segments, position)?.hash_at_copy_end)
    }

    /// Opens the segment that contains the next position. Returns `false` if there is no segment.
    fn open_segment(&mut self) -> Result<bool, Error> {
        let segments = segment::list(&self.journal)?;
        let Some(segment) = segment::starting_at(&segments, self.next).first() else {
            return Ok(false);
        };
        // If the file is gone, the caller tries again and finds the sealed one.
        self.open = Scanner::open_if_exists(segment)?.map(|scanner| OpenSegment {
            segment: segment.clone(),
            scanner,
            end: 0,
            closed: false,
        });
        Ok(true)
    }

    /// At the end of a segment: closes it if there is a later one. Otherwise goes back to the end
    /// of the last complete frame, to read again what is being appended, and returns `false`.
    fn leave_segment(&mut self) -> Result<bool, Error> {
        let segments = segment::list(&self.journal)?;
        let Some(open) = &mut self.open else {
            return Ok(false);
        };
        let first = open.segment.first;
        if !segments.iter().any(|segment| segment.first > first) {
            open.scanner.resume_at(open.end)?;
            return Ok(false);
        }
        if !open.closed && !open.segment.is_sealed() {
            // It may have grown between the last read and the start of the later segment.
            open.closed = true;
            open.scanner.resume_at(open.end)?;
            return Ok(true);
        }
        self.open = None;
        let next = segment::starting_at(&segments, self.next).first();
        if next.is_none_or(|next| next.first == first) {
            return Err(self.damaged());
        }
        Ok(true)
    }

    /// Stops within a frame, which the next poll reads again.
    fn pause(&mut self) -> Result<(), Error> {
        match &mut self.open {
            Some(open) if !open.segment.is_sealed() => open.scanner.resume_at(open.end),
            Some(_) | None => {
                self.open = None;
                Ok(())
            }
        }
    }

    /// The error for a missing next position.
    pub(crate) fn damaged(&self) -> Error {
        let missing = Range {
            first: self.next,
            last: self.next,
        };
        Error::journal_damaged(&self.journal, missing)
    }
}
