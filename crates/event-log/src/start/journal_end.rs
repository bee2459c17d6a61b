//! Finds the journal's end and distinguishes a torn write from damage.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};

use crate::error::{Range, Ranges};
use crate::head::Head;
use crate::journal::chain::{ChainReader, ChainStep, Damage};
use crate::journal::segment::Segment;
use crate::{Error, GENESIS, Hash};

/// The journal's end.
pub(crate) struct JournalEnd {
    pub(crate) head: Head,
    /// The journal's hash at the end of the sled copy; `None` if no frame ends there.
    pub(crate) hash_at_copy_end: Option<Hash>,
    /// The segment with a torn write, and its length without it.
    torn: Option<(PathBuf, u64)>,
}

/// What the segments at the end of the journal contain.
struct Contents {
    /// The end of the frames before any damage.
    head: Head,
    hash_at_copy_end: Option<Hash>,
    /// The first damage, and the positions that all damage affects.
    damage: Option<Damage>,
    damaged: Vec<Range>,
    /// Whether the damaged bytes had been acknowledged.
    acknowledged: bool,
    /// The last position of any frame.
    last_position: u64,
}

/// Reads the journal starting with the segment that contains `copy_end`, the last position in sled.
///
/// Bad bytes at the very end are a torn write, which was never acknowledged, unless there is
/// evidence to the contrary: a later segment, a later frame that says they were durable, or a copy
/// of them in sled, which gets only durable frames. Any other bad bytes are damage.
pub(crate) fn find(dir: &Path, segments: &[Segment], copy_end: u64) -> Result<JournalEnd, Error> {
    let contents = read(segments, copy_end)?;
    let mut damaged = gaps_between(segments);
    let last = segments.last().filter(|segment| !segment.is_sealed());
    let torn = contents.damage.filter(|damage| {
        !contents.acknowledged
            && copy_end < damage.first
            && last.is_some_and(|last| last.path == damage.path)
    });
    if torn.is_none() {
        damaged.extend(contents.damaged);
        if copy_end > contents.last_position && !damaged.is_empty() {
            damaged.push(Range {
                first: contents.last_position + 1,
                last: copy_end,
            });
        }
    }
    if !damaged.is_empty() {
        return Err(Error::journal_damaged(
            dir,
            damaged.into_iter().collect::<Ranges>(),
        ));
    }
    Ok(JournalEnd {
        head: contents.head,
        hash_at_copy_end: contents.hash_at_copy_end,
        torn: torn.map(|damage| (damage.path, damage.offset)),
    })
}

fn read(segments: &[Segment], copy_end: u64) -> Result<Contents, Error> {
    let mut chain = ChainReader::starting_at(segments, copy_end);
    let mut contents = Contents {
        head: Head {
            position: chain.position(),
            hash: GENESIS,
        },
        hash_at_copy_end: (copy_end == 0).then_some(GENESIS),
        damage: None,
        damaged: Vec::new(),
        acknowledged: false,
        last_position: chain.position(),
    };
    while let Some(step) = chain.next()? {
        match step {
            ChainStep::Frame(frame, hash) => {
                let header = frame.header;
                contents.last_position = header.last();
                if let Some(damage) = &contents.damage {
                    contents.acknowledged |= header.durable() >= damage.first;
                } else {
                    contents.head = Head {
                        position: header.last(),
                        hash,
                    };
                }
                if header.first == copy_end + 1 {
                    contents.hash_at_copy_end = Some(header.previous);
                } else if header.last() == copy_end {
                    contents.hash_at_copy_end = Some(hash);
                }
            }
            ChainStep::Damage(found) => {
                contents.acknowledged |= found.foreign;
                contents.damaged.push(found.range(copy_end));
                contents.damage.get_or_insert(found);
            }
        }
    }
    Ok(contents)
}

/// Positions that are missing between segments, according to their names.
fn gaps_between(segments: &[Segment]) -> Vec<Range> {
    let mut gaps = Vec::new();
    let mut expected = Some(1);
    for segment in segments {
        if let Some(first) = expected.filter(|expected| *expected < segment.first) {
            gaps.push(Range {
                first,
                last: segment.first - 1,
            });
        }
        expected = segment.last.map(|last| last + 1);
    }
    gaps
}

impl JournalEnd {
    /// Removes the torn write durably, if there is one. Returns its length in bytes.
    pub(crate) fn truncate_torn_write(&self) -> Result<u64, Error> {
        let Some((path, length)) = &self.torn else {
            return Ok(0);
        };
        let file = OpenOptions::new()
            .write(true)
            .open(path)
            .map_err(Error::io("open", path))?;
        let before = file
            .metadata()
            .map_err(Error::io("get the length of", path))?
            .len();
        file.set_len(*length).map_err(Error::io("truncate", path))?;
        file.sync_all().map_err(Error::io("sync", path))?;
        Ok(before.saturating_sub(*length))
    }
}
