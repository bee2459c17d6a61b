use std::path::Path;

use crate::copy::page;
use crate::copy::sled_copy::SledCopy;
use crate::disk::durable;
use crate::error::{Range, Ranges};
use crate::head::Head;
use crate::journal::chain::{ChainReader, ChainStep};
use crate::journal::frame::FrameRef;
use crate::journal::segment::{self, JOURNAL, Segment};
use crate::start::open::open_copy;
use crate::{Error, Options};

/// The result of a verification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The end of the journal.
    pub head: Head,
    /// Frames with a valid checksum, position and hash chain.
    pub frames: u64,
    /// Positions that are missing from the journal or damaged.
    pub journal_damage: Ranges,
    /// The journal ends with an incomplete frame: a write is in progress, or the next start
    /// truncates a torn one.
    pub unfinished_tail: bool,
    /// The state of the sled copy.
    pub copy: CopyReport,
}

/// The state of the sled copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CopyReport {
    /// A broker has it open, so only the journal was verified.
    InUse,
    /// It does not open; the next start rebuilds it.
    Broken {
        /// Why it does not open.
        reason: String,
    },
    /// It was compared with the journal, byte by byte.
    Compared {
        /// Its last position.
        position: u64,
        /// Positions up to there at which it differs from the journal.
        damage: Ranges,
    },
}

impl Report {
    /// Whether no damage was found.
    pub fn is_whole(&self) -> bool {
        let copy = match &self.copy {
            CopyReport::InUse => true,
            CopyReport::Broken { .. } => false,
            CopyReport::Compared { damage, .. } => damage.is_empty(),
        };
        copy && self.journal_damage.is_empty()
    }
}

/// Verifies the whole journal and compares the sled copy with it, unless a broker has the copy
/// open. Does not write to the journal; sled may change its own files when it opens.
pub fn verify(dir: &Path) -> Result<Report, Error> {
    let lock = match durable::lock(dir) {
        Ok(lock) => Some(lock),
        Err(Error::Locked { .. }) => None,
        Err(error) => return Err(error),
    };
    let segments = segment::list(&dir.join(JOURNAL))?;
    if lock.is_none() {
        return Ok(compare(&segments, None)?.report(CopyReport::InUse));
    }
    match open_copy(dir, &Options::new(0))? {
        Err(reason) => Ok(compare(&segments, None)?.report(CopyReport::Broken { reason })),
        Ok((store, head)) => {
            let position = head.position;
            let mut found = compare(&segments, Some((&SledCopy::new(&store), position)))?;
            let damage = std::mem::take(&mut found.copy_damage);
            Ok(found.report(CopyReport::Compared { position, damage }))
        }
    }
}

/// The result of reading the journal and comparing sled with it.
pub(crate) struct Comparison {
    pub(crate) head: Head,
    frames: u64,
    journal_damage: Ranges,
    unfinished_tail: bool,
    pub(crate) copy_damage: Ranges,
}

impl Comparison {
    fn report(self, copy: CopyReport) -> Report {
        Report {
            head: self.head,
            frames: self.frames,
            journal_damage: self.journal_damage,
            unfinished_tail: self.unfinished_tail,
            copy,
        }
    }
}

/// Reads the whole journal and looks up each frame in the sled copy, which ends at the given
/// position.
pub(crate) fn compare(
    segments: &[Segment],
    copy: Option<(&SledCopy, u64)>,
) -> Result<Comparison, Error> {
    let copy_end = copy.map_or(0, |(_, position)| position);
    let mut rows = 0;
    let mut found = Comparison {
        head: Head::EMPTY,
        frames: 0,
        journal_damage: Ranges::default(),
        unfinished_tail: false,
        copy_damage: Ranges::default(),
    };
    let mut chain = ChainReader::from_start(segments);
    while let Some(step) = chain.next()? {
        match step {
            ChainStep::Frame(frame, hash) => {
                let (first, last) = (frame.header.first, frame.header.last());
                found.head = Head {
                    position: last,
                    hash,
                };
                found.frames += 1;
                if let Some((copy, _)) = copy.filter(|_| first <= copy_end) {
                    match matching_rows(copy, &frame) {
                        Some(count) => rows += count as u64,
                        None => found.copy_damage.push(Range { first, last }),
                    }
                }
            }
            ChainStep::Damage(damage) if damage.last.is_none() && copy_end < damage.first => {
                found.unfinished_tail = true;
            }
            ChainStep::Damage(damage) => found.journal_damage.push(damage.range(copy_end)),
        }
    }
    if copy_end > found.head.position {
        found.journal_damage.push(Range {
            first: found.head.position + 1,
            last: copy_end,
        });
    }
    let no_damage = found.copy_damage.is_empty() && found.journal_damage.is_empty();
    if let Some((copy, _)) = copy.filter(|_| no_damage && copy_end > 0)
        && has_extra_rows(copy, copy_end, rows)?
    {
        found.copy_damage.push(Range {
            first: 1,
            last: copy_end,
        });
    }
    Ok(found)
}

/// Returns the number of rows of a frame if sled contains exactly these.
pub(crate) fn matching_rows(copy: &SledCopy, frame: &FrameRef<'_>) -> Option<usize> {
    let rows = page::rows(frame);
    let equal = rows.iter().all(|(key, value)| {
        copy.value(key)
            .is_ok_and(|found| found.is_some_and(|found| *found == **value))
    });
    equal.then_some(rows.len())
}

/// Whether sled has rows that belong to no frame, which a reader would find among the others. After
/// a crash, the first rows of one more frame may follow the end; those are valid.
fn has_extra_rows(copy: &SledCopy, copy_end: u64, rows: u64) -> Result<bool, Error> {
    // Rows of a damaged group, which have all been restored, cannot be counted.
    let differs = || copy.rows().is_ok_and(|found| found != rows);
    Ok(copy.last_position()? == copy_end && differs())
}
