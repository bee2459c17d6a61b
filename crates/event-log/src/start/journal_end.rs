//! Reading the journal's end at start, and telling a write that was cut short from damage.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};

use crate::error::{Range, Ranges};
use crate::head::Head;
use crate::journal::chain::{Damage, Walk, Walked, push_damage};
use crate::journal::segment::{self, Segment};
use crate::{Error, Hash};

/// The journal's end, as far as it was read.
pub(crate) struct Tail {
    pub(crate) head: Head,
    /// The journal's hash at the position that was asked for; `None` where no frame ends there.
    pub(crate) hash_at: Option<Hash>,
    /// A last write that was cut short: the segment and its length without it.
    pub(crate) torn: Option<(PathBuf, u64)>,
}

/// Reads the journal from the segment on that holds position `at`, which sled ends with.
///
/// What cannot be read at the very end was never acknowledged, if nothing proves otherwise: no later
/// segment exists, no later frame says that this was durable, and sled does not have it, which gets
/// only what is durable. Anything else is damage.
pub(crate) fn survey(dir: &Path, segments: &[Segment], at: u64) -> Result<Tail, Error> {
    let mut ranges = gaps(segments);
    let read = segment::from(segments, at);
    let before = read.first().map_or(0, |segment| segment.first - 1);
    let mut walk = Walk::new(read, before, (before == 0).then_some(Head::EMPTY.hash));
    let mut tail = Tail {
        head: Head::EMPTY,
        hash_at: (at == 0).then_some(Head::EMPTY.hash),
        torn: None,
    };
    tail.head.position = before;
    let mut damage: Option<Damage> = None;
    let mut acknowledged = false;
    let mut seen = tail.head.position;
    loop {
        match walk.next()? {
            Walked::Frame(hash) => {
                let Some(header) = walk.frame().map(|frame| frame.header) else {
                    continue;
                };
                seen = header.last();
                if let Some(damage) = &damage {
                    acknowledged |= header.durable() >= damage.first;
                } else {
                    tail.head = Head {
                        position: header.last(),
                        hash,
                    };
                }
                if header.first == at + 1 {
                    tail.hash_at = Some(header.previous);
                } else if header.last() == at {
                    tail.hash_at = Some(hash);
                }
            }
            Walked::Damage(found) => {
                acknowledged |= found.foreign;
                push_damage(&mut ranges, &found, at);
                damage.get_or_insert(found);
            }
            Walked::End => break,
        }
    }
    let last = segments.last();
    let torn = damage.as_ref().filter(|damage| {
        !acknowledged
            && at < damage.first
            && last.is_some_and(|last| !last.is_sealed() && last.path == damage.path)
    });
    if let Some(damage) = torn {
        tail.torn = Some((damage.path.clone(), damage.offset));
        ranges = gaps(segments);
    } else if at > seen && !ranges.0.is_empty() {
        ranges.push(Range {
            first: seen + 1,
            last: at,
        });
    }
    if ranges.0.is_empty() {
        return Ok(tail);
    }
    Err(Error::JournalDamaged {
        dir: dir.to_path_buf(),
        ranges,
    })
}

/// What is missing between segments, as far as their names say.
fn gaps(segments: &[Segment]) -> Ranges {
    let mut ranges = Ranges::default();
    let mut next = Some(1);
    for segment in segments {
        if let Some(next) = next.filter(|next| *next < segment.first) {
            ranges.push(Range {
                first: next,
                last: segment.first - 1,
            });
        }
        next = segment.last.map(|last| last + 1);
    }
    ranges
}

/// Cuts a torn write off, durably; how many bytes that were.
pub(crate) fn cut(torn: Option<&(PathBuf, u64)>) -> Result<u64, Error> {
    let Some((path, length)) = torn else {
        return Ok(0);
    };
    let file = OpenOptions::new()
        .write(true)
        .open(path)
        .map_err(Error::io("open", path))?;
    let before = file
        .metadata()
        .map_err(Error::io("ask for the length of", path))?
        .len();
    file.set_len(*length).map_err(Error::io("shorten", path))?;
    file.sync_all().map_err(Error::io("sync", path))?;
    Ok(before.saturating_sub(*length))
}
