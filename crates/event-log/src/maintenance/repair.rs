use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::copy::sled_copy::{SLED, SledCopy};
use crate::copy::store::Store;
use crate::disk::durable;
use crate::error::Ranges;
use crate::journal::segment::{self, JOURNAL, Segment};
use crate::maintenance::merge::{Merge, Merged};
use crate::maintenance::verify::compare;
use crate::start::journal_end;
use crate::start::rebuild::rebuild;
use crate::{Error, Options};

/// What a repair changed. Equal to the default if there was no damage.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repaired {
    /// Positions restored to the journal from sled.
    pub journal: Ranges,
    /// The new location of the damaged segments, if any were replaced.
    pub journal_quarantine: Option<PathBuf>,
    /// Why the sled copy was rebuilt from the journal, if it was.
    pub copy_reason: Option<String>,
    /// The new location of the old sled copy, if it was rebuilt.
    pub copy_quarantine: Option<PathBuf>,
    /// Bytes of a torn write that were truncated. They were never acknowledged.
    pub torn_bytes: u64,
}

/// Repairs each copy from the other. Keeps replaced files in a quarantine directory.
///
/// Restores frames from sled only if they continue the hash chain, so the result passes
/// [`verify`](fn@crate::verify). Changes nothing and returns [`Error::BothDamaged`] if events are
/// missing from both copies, and [`Error::Locked`] while a broker has the log open.
pub fn repair(dir: &Path, options: &Options) -> Result<Repaired, Error> {
    let _lock = durable::lock(dir)?;
    let journal = dir.join(JOURNAL);
    durable::create_dir(&journal)?;
    segment::remove_temporary(&journal)?;

    let segments = segment::list(&journal)?;
    let (copy, broken) = match Store::open(&dir.join(SLED), options)? {
        Ok(store) => (Some(SledCopy::new(&store)), None),
        Err(reason) => (None, Some(reason)),
    };
    let copy_end = copy.as_ref().map_or(Ok(0), SledCopy::end)?;

    let mut repaired = Repaired::default();
    match journal_end::find(dir, &segments, copy_end) {
        Ok(end) => repaired.torn_bytes = end.truncate_torn_write()?,
        Err(Error::JournalDamaged { .. }) => {}
        Err(error) => return Err(error),
    }
    repair_journal(dir, options, &segments, copy.as_ref(), &mut repaired)?;

    let segments = segment::list(&journal)?;
    let found = compare(&segments, copy.as_ref().map(|copy| (copy, copy_end)))?;
    // Closes sled, so that its directory can be moved.
    drop(copy);
    let damage = found.copy_damage;
    repaired.copy_reason = broken.or_else(|| {
        (!damage.is_empty()).then(|| format!("it differs from the journal at positions {damage}"))
    });
    if repaired.copy_reason.is_some() {
        repaired.copy_quarantine = rebuild(dir, options, &segments, found.head.position)?;
    }
    tracing::warn!(?repaired, "repaired the event log");
    Ok(repaired)
}

/// Replaces every segment that lacks frames or contains garbage.
fn repair_journal(
    dir: &Path,
    options: &Options,
    segments: &[Segment],
    copy: Option<&SledCopy>,
    repaired: &mut Repaired,
) -> Result<(), Error> {
    let damaged = plan(dir, segments, copy, &mut repaired.journal)?;
    if damaged.is_empty() {
        return Ok(());
    }
    let journal = dir.join(JOURNAL);
    let written = write_replacements(&journal, segments, copy, &damaged)?;
    let quarantine = durable::quarantine_path(dir, options.now_micros);
    durable::create_dir(&quarantine)?;
    for (first, temporary) in written {
        let old: Vec<_> = segments
            .iter()
            .filter(|segment| segment.first == first)
            .collect();
        let path = Segment::raw(&journal, first).path;
        replace(&old, &temporary, &path, &quarantine)?;
    }
    repaired.journal_quarantine = Some(quarantine);
    Ok(())
}

/// Keeps the old files of a segment in the quarantine directory, and replaces them by a new one.
pub(crate) fn replace(
    old: &[&Segment],
    new: &Path,
    path: &Path,
    quarantine: &Path,
) -> Result<(), Error> {
    for segment in old {
        let kept = quarantine.join(segment.path.file_name().unwrap_or_default());
        fs::hard_link(&segment.path, &kept).map_err(Error::io("quarantine", &segment.path))?;
    }
    durable::sync_dir(quarantine)?;
    durable::rename(new, path)?;
    for segment in old.iter().filter(|segment| segment.path != path) {
        durable::remove_file(&segment.path)?;
    }
    Ok(())
}

/// Returns the first positions of the segments to replace, and adds the positions that sled
/// restores to `restored`. Fails if positions are missing from both copies.
fn plan(
    dir: &Path,
    segments: &[Segment],
    copy: Option<&SledCopy>,
    restored: &mut Ranges,
) -> Result<BTreeSet<u64>, Error> {
    let mut damaged = BTreeSet::new();
    let mut lost = Ranges::default();
    let mut merge = Merge::new(segments, copy.cloned())?;
    while let Some(merged) = merge.next()? {
        match merged {
            Merged::Journal(_) => {}
            Merged::Copy(frame) => {
                damaged.insert(segment_start(segments, frame.first));
                restored.push(frame.range());
            }
            Merged::Garbage(path) => {
                let found = segments.iter().find(|segment| segment.path == path);
                damaged.extend(found.map(|segment| segment.first));
            }
            Merged::Lost(range) => lost.push(range),
        }
    }
    if lost.is_empty() {
        return Ok(damaged);
    }
    Err(Error::BothDamaged {
        dir: dir.to_path_buf(),
        ranges: lost,
    })
}

/// Returns the first position of the segment to which a position belongs.
fn segment_start(segments: &[Segment], position: u64) -> u64 {
    let found = segment::starting_at(segments, position).first();
    found
        .filter(|segment| segment.first <= position)
        .map_or(1, |segment| segment.first)
}

/// Writes and syncs replacements of the segments that start at `damaged`. Returns their temporary
/// paths.
fn write_replacements(
    journal: &Path,
    segments: &[Segment],
    copy: Option<&SledCopy>,
    damaged: &BTreeSet<u64>,
) -> Result<BTreeMap<u64, PathBuf>, Error> {
    let mut written = BTreeMap::new();
    let mut current: Option<(u64, PathBuf, File)> = None;
    let mut merge = Merge::new(segments, copy.cloned())?;
    while let Some(merged) = merge.next()? {
        let (Merged::Journal(frame) | Merged::Copy(frame)) = merged else {
            continue;
        };
        let start = segment_start(segments, frame.first);
        if !damaged.contains(&start) {
            continue;
        }
        if current.as_ref().is_none_or(|(first, ..)| *first != start) {
            finish(current.take(), &mut written)?;
            let path = Segment::raw(journal, start).temporary_path();
            let file = File::create(&path).map_err(Error::io("create", &path))?;
            current = Some((start, path, file));
        }
        if let Some((_, path, file)) = &mut current {
            file.write_all(&frame.bytes)
                .map_err(Error::io("write", path))?;
        }
    }
    finish(current, &mut written)?;
    Ok(written)
}

fn finish(
    current: Option<(u64, PathBuf, File)>,
    written: &mut BTreeMap<u64, PathBuf>,
) -> Result<(), Error> {
    if let Some((first, path, file)) = current {
        file.sync_all().map_err(Error::io("sync", &path))?;
        written.insert(first, path);
    }
    Ok(())
}
