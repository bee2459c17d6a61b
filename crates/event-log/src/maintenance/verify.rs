use std::path::Path;

use crate::copy::page;
use crate::copy::sled_copy::SledCopy;
use crate::copy::store::Store;
use crate::disk::durable;
use crate::error::{Range, Ranges};
use crate::head::Head;
use crate::journal::chain::{Walk, Walked, push_damage};
use crate::journal::frame::FrameRef;
use crate::journal::segment::{self, JOURNAL, Segment};
use crate::start::open::open_copy;
use crate::{Error, Options};

/// What a verification found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Where the journal ends.
    pub head: Head,
    /// Frames that were read, each with its checksum, its place in the chain and its positions.
    pub frames: u64,
    /// Positions that the journal cannot give.
    pub journal_damage: Ranges,
    /// The journal ends with bytes that are no whole frame: a write that goes on just now, or one
    /// that was cut short and that the next start cuts off.
    pub unfinished_tail: bool,
    /// What is known about the sled copy.
    pub copy: CopyReport,
}

/// What a verification found out about the sled copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CopyReport {
    /// A broker has it open: only the journal was verified.
    InUse,
    /// It does not open; the next start rebuilds it.
    Broken {
        /// What is wrong with it, in words.
        reason: String,
    },
    /// It was compared with the journal, byte by byte.
    Compared {
        /// Its last position.
        position: u64,
        /// Positions up to there at which it is not what the journal is.
        damage: Ranges,
    },
}

impl Report {
    /// Nothing is wrong in what was read.
    pub fn is_whole(&self) -> bool {
        let copy = match &self.copy {
            CopyReport::InUse => true,
            CopyReport::Broken { .. } => false,
            CopyReport::Compared { damage, .. } => damage.0.is_empty(),
        };
        copy && self.journal_damage.0.is_empty()
    }
}

/// Reads all of the journal, and all of the sled copy where no broker has it open, and compares
/// them. The journal is only read; sled, when it is opened, may tidy its own files.
pub fn verify(dir: &Path) -> Result<Report, Error> {
    let lock = match durable::lock(dir) {
        Ok(lock) => Some(lock),
        Err(Error::Locked { .. }) => None,
        Err(error) => return Err(error),
    };
    let segments = segment::list(&dir.join(JOURNAL))?;
    let Some(_lock) = lock else {
        return compare(&segments, None, CopyReport::InUse);
    };
    match open_copy(dir, &Options::new(0))? {
        Err(reason) => compare(&segments, None, CopyReport::Broken { reason }),
        Ok((store, head)) => {
            let damage = Ranges::default();
            let report = CopyReport::Compared {
                position: head.position,
                damage,
            };
            compare(&segments, Some(&store), report)
        }
    }
}

/// Walks the journal and looks every frame up in sled.
pub(crate) fn compare(
    segments: &[Segment],
    store: Option<&Store>,
    copy: CopyReport,
) -> Result<Report, Error> {
    let position = match &copy {
        CopyReport::Compared { position, .. } => *position,
        _ => 0,
    };
    let reader = store.map(|store| SledCopy::new(store.tree.clone(), &store.path));
    let (mut rows, mut copy_damage) = (0, Ranges::default());
    let mut report = Report {
        head: Head::EMPTY,
        frames: 0,
        journal_damage: Ranges::default(),
        unfinished_tail: false,
        copy,
    };
    let mut walk = Walk::new(segments, 0, Some(Head::EMPTY.hash));
    loop {
        match walk.next()? {
            Walked::Frame(hash) => {
                let Some(frame) = walk.frame() else { continue };
                let (first, last) = (frame.header.first, frame.header.last());
                report.head = Head {
                    position: last,
                    hash,
                };
                report.frames += 1;
                if let Some(reader) = reader.as_ref().filter(|_| first <= position) {
                    match same(reader, &frame) {
                        Some(found) => rows += found,
                        None => copy_damage.push(Range { first, last }),
                    }
                }
            }
            Walked::Damage(damage) if damage.last.is_none() && position < damage.first => {
                report.unfinished_tail = true;
            }
            Walked::Damage(damage) => {
                push_damage(&mut report.journal_damage, &damage, position);
            }
            Walked::End => break,
        }
    }
    if position > report.head.position {
        let first = report.head.position + 1;
        report.journal_damage.push(Range {
            first,
            last: position,
        });
    }
    // A row that no frame has would be found by a reader between those that belong there. Behind
    // the head there may be the beginning of one more frame, after a crash.
    let whole = copy_damage.0.is_empty() && report.journal_damage.0.is_empty();
    if let Some(reader) = reader.filter(|_| whole && position > 0)
        && reader.last_position()? == position
        && reader.tree.len() != rows
    {
        copy_damage.push(Range {
            first: 1,
            last: position,
        });
    }
    if let CopyReport::Compared { damage, .. } = &mut report.copy {
        *damage = copy_damage;
    }
    Ok(report)
}

/// How many rows sled has of a frame, if it has exactly those.
fn same(copy: &SledCopy, frame: &FrameRef<'_>) -> Option<usize> {
    let rows = page::rows(frame);
    let same = rows.iter().all(|(key, value)| {
        copy.value(key)
            .is_ok_and(|found| found.is_some_and(|found| found == value.as_slice()))
    });
    same.then_some(rows.len())
}
