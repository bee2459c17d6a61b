use std::fs::{self, File};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::Error;
use crate::commit::state::Shared;
use crate::copy::page;
use crate::copy::sled_copy::SledCopy;
use crate::disk::durable;
use crate::error::{Range, Ranges};
use crate::journal::chunk::ChunkWriter;
use crate::journal::frame::{self, FrameRef};
use crate::journal::segment::{self, JOURNAL, Segment};
use crate::maintenance::merge::{Merge, Merged, MergedFrame};
use crate::maintenance::repair::replace;
use crate::maintenance::verify::matching_rows;

/// The file in the log's directory with the position up to which this round has checked the log.
const PROGRESS: &str = "scrubbed";

/// What the check of one segment found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scrubbed {
    /// Positions restored to the journal from sled.
    pub journal: Ranges,
    /// Positions restored to sled from the journal.
    pub copy: Ranges,
    /// Positions with damage that was not repaired: both copies are damaged, or differ while both are
    /// valid, or the journal's segment is the one being appended to.
    pub damaged: Ranges,
}

/// Compares the two copies and repairs each from the other while the log is in use, one segment at a
/// time. Keeps sled open, as a [`Reader`](crate::Reader) does.
pub struct Scrubber {
    dir: PathBuf,
    copy: SledCopy,
    shared: Arc<Shared>,
    /// The first position that this round has not checked.
    next: u64,
}

/// The positions of a segment, or of one that is missing.
struct Span {
    range: Range,
    segment: Option<Segment>,
    /// Nothing is appended to it any more.
    closed: bool,
}

impl Scrubber {
    /// Continues the round of an earlier process.
    pub(crate) fn new(dir: PathBuf, copy: SledCopy, shared: Arc<Shared>) -> Self {
        let progress = fs::read_to_string(dir.join(PROGRESS)).ok();
        let next = progress.and_then(|text| text.trim().parse().ok());
        Self {
            dir,
            copy,
            shared,
            next: next.unwrap_or(1),
        }
    }

    /// Returns the number of segments in a round.
    pub fn segments(&self) -> Result<usize, Error> {
        Ok(self.spans()?.len())
    }

    /// Checks the next segment. Returns `None` at the end of a round, after which the next begins, and
    /// when `pace` breaks. `pace` is called with the length of each frame, so that it can slow the check
    /// down. `now_micros` names the quarantine of a replaced file, as in [`Options`](crate::Options).
    pub fn check_next(
        &mut self,
        now_micros: i64,
        mut pace: impl FnMut(usize) -> ControlFlow<()>,
    ) -> Result<Option<Scrubbed>, Error> {
        let spans = self.spans()?;
        let span = spans.into_iter().find(|span| span.range.last >= self.next);
        let found = match &span {
            Some(span) => match self.check(span, now_micros, &mut pace) {
                Ok(Some(found)) => Some(found),
                Ok(None) => return Ok(None),
                // The other segments are checked nevertheless.
                Err(error) => {
                    let error = error.with_causes();
                    tracing::error!(error, positions = %span.range, "cannot check a part of the log");
                    Some(Scrubbed {
                        damaged: span.range.into(),
                        ..Scrubbed::default()
                    })
                }
            },
            None => None,
        };
        self.next = span.map_or(1, |span| span.range.last + 1);
        let progress = self.dir.join(PROGRESS);
        fs::write(&progress, self.next.to_string()).map_err(Error::io("write", &progress))?;
        Ok(found)
    }

    fn journal(&self) -> PathBuf {
        self.dir.join(JOURNAL)
    }

    /// Divides the positions up to the head among the segments. What follows the head may be in the
    /// journal already and not in sled.
    fn spans(&self) -> Result<Vec<Span>, Error> {
        let segments = segment::list(&self.journal())?;
        let head = self.shared.head().position;
        let firsts = segments.iter().map(|segment| segment.first);
        let ends = firsts.map(|first| first - 1).chain([u64::MAX]);
        let files = std::iter::once(None).chain(segments.iter().cloned().map(Some));
        let spans = files.zip(ends).map(|(segment, end)| Span {
            range: Range {
                first: segment.as_ref().map_or(1, |segment| segment.first),
                last: end.min(head),
            },
            segment,
            closed: end <= head,
        });
        Ok(spans
            .filter(|span| span.range.first <= span.range.last)
            .collect())
    }

    fn check(
        &self,
        span: &Span,
        now_micros: i64,
        pace: &mut impl FnMut(usize) -> ControlFlow<()>,
    ) -> Result<Option<Scrubbed>, Error> {
        let mut found = Scrubbed::default();
        let mut garbage = false;
        let mut merge = self.merge(span);
        while let Some(merged) = merge.next()? {
            match merged {
                Merged::Journal(frame) if frame.first > span.range.last => break,
                Merged::Journal(frame) => {
                    if pace(frame.bytes.len()).is_break() {
                        return Ok(None);
                    }
                    self.check_copy(&frame, &mut found)?;
                }
                Merged::Copy(frame) => found.journal.push(frame.range()),
                Merged::Lost(range) => found.damaged.push(range),
                Merged::Garbage(_) => garbage = true,
            }
        }
        if found.journal.is_empty() && !(garbage && span.closed) {
            return Ok(Some(found));
        }
        if span.closed && found.damaged.is_empty() {
            self.replace(span, now_micros)?;
        } else {
            found.damaged.0.append(&mut found.journal.0);
        }
        Ok(Some(found))
    }

    fn merge(&self, span: &Span) -> Merge {
        let segments: Vec<Segment> = span.segment.iter().cloned().collect();
        Merge::within(&segments, self.copy.clone(), span.range)
    }

    /// Compares a frame of the journal with sled, and writes it to sled if it is damaged there.
    fn check_copy(&self, merged: &MergedFrame, found: &mut Scrubbed) -> Result<(), Error> {
        let Some(frame) = frame::parse_valid(&merged.bytes) else {
            return Ok(());
        };
        if matching_rows(&self.copy, &frame).is_some() {
            return Ok(());
        }
        if self.has_another(&frame) {
            // Both are valid: a person must decide.
            found.damaged.push(merged.range());
            return Ok(());
        }
        self.copy.put(page::rows(&frame))?;
        found.copy.push(merged.range());
        Ok(())
    }

    /// Whether sled has another valid frame at this position.
    fn has_another(&self, frame: &FrameRef<'_>) -> bool {
        let other = self.copy.frame_at(frame.header.first).ok().flatten();
        other.is_some_and(|bytes| bytes != frame.bytes)
    }

    /// Writes the frames of a closed segment to a new sealed one, which replaces it.
    fn replace(&self, span: &Span, now_micros: i64) -> Result<(), Error> {
        let Range { first, last } = span.range;
        let sealed = Segment::sealed(&self.journal(), first, last);
        let temporary = sealed.temporary_path();
        self.write(span, &temporary)?;
        let Some(old) = &span.segment else {
            return durable::rename(&temporary, &sealed.path);
        };
        let quarantine = durable::quarantine_path(&self.dir, now_micros);
        durable::create_dir(&quarantine)?;
        replace(&[old], &temporary, &sealed.path, &quarantine)
    }

    fn write(&self, span: &Span, path: &Path) -> Result<(), Error> {
        let mut file = File::create(path).map_err(Error::io("create", path))?;
        let mut writer = ChunkWriter::new().map_err(Error::io("compress to", path))?;
        let mut merge = self.merge(span);
        while let Some(merged) = merge.next()? {
            if let Merged::Journal(frame) | Merged::Copy(frame) = merged {
                writer
                    .push(&frame.bytes, &mut file)
                    .map_err(Error::io("write", path))?;
            }
        }
        writer.finish(&mut file).map_err(Error::io("write", path))?;
        file.sync_all().map_err(Error::io("sync", path))
    }
}
