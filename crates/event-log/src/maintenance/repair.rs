use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::copy::sled_copy::{SLED, SledCopy, how};
use crate::copy::store::{Found, Store};
use crate::disk::durable;
use crate::error::{Range, Ranges};
use crate::journal::sealer;
use crate::journal::segment::{self, JOURNAL, Segment, UNFINISHED};
use crate::maintenance::merge::{Merge, Merged};
use crate::maintenance::verify::{CopyReport, Report, compare};
use crate::start::journal_end::{cut, survey};
use crate::start::rebuild::rebuild;
use crate::{Error, Options};

/// What a repair did. Nothing, if the log was whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repaired {
    /// Positions that the journal had lost and got back from sled.
    pub journal: Ranges,
    /// Where the damaged segments were put, if any were replaced.
    pub journal_quarantine: Option<PathBuf>,
    /// Why the sled copy was rebuilt from the journal, if it was.
    pub copy_reason: Option<String>,
    /// Where the old sled copy was put, if it was rebuilt.
    pub copy_quarantine: Option<PathBuf>,
    /// Bytes of a write that was never acknowledged and was cut off.
    pub torn_bytes: u64,
}

/// Mends each copy from the other. What is replaced is set aside, never deleted.
///
/// A frame of sled's goes into the journal only where it continues the chain of hashes, so the
/// result verifies. Where neither copy has some events it refuses with [`Error::BothDamaged`], which
/// names them, and changes nothing. Refused while a broker has the log open.
pub fn repair(dir: &Path, options: &Options) -> Result<Repaired, Error> {
    let _lock = durable::lock(dir)?;
    let journal = dir.join(JOURNAL);
    durable::create_dir(&journal)?;
    sealer::remove_unfinished(&journal)?;

    let segments = segment::list(&journal)?;
    let (store, broken) = match Store::open(&dir.join(SLED), how(options))? {
        Found::Open(store) => (Some(store), None),
        Found::Broken(reason) => (None, Some(reason)),
    };
    let copy = store
        .as_ref()
        .map(|store| SledCopy::new(store.tree.clone(), &store.path));
    let position = copy.as_ref().map_or(Ok(0), SledCopy::end)?;

    let mut repaired = Repaired::default();
    match survey(dir, &segments, position) {
        Ok(tail) => repaired.torn_bytes = cut(tail.torn.as_ref())?,
        Err(Error::JournalDamaged { .. }) => {}
        Err(error) => return Err(error),
    }
    mend_journal(dir, options, &segments, copy.as_ref(), &mut repaired)?;

    let segments = segment::list(&journal)?;
    let damage = Ranges::default();
    let report = compare(
        &segments,
        store.as_ref(),
        CopyReport::Compared { position, damage },
    )?;
    drop((copy, store));
    repaired.copy_reason = broken.or_else(|| differs(&report));
    if repaired.copy_reason.is_some() {
        repaired.copy_quarantine = rebuild(dir, options, &segments, report.head)?;
    }
    tracing::warn!(?repaired, "the log was repaired");
    Ok(repaired)
}

fn differs(report: &Report) -> Option<String> {
    match &report.copy {
        CopyReport::Compared { damage, .. } if !damage.0.is_empty() => {
            Some(format!("it differs from the journal at positions {damage}"))
        }
        _ => None,
    }
}

/// Replaces every segment in which something is missing.
fn mend_journal(
    dir: &Path,
    options: &Options,
    segments: &[Segment],
    copy: Option<&SledCopy>,
    repaired: &mut Repaired,
) -> Result<(), Error> {
    let touched = plan(dir, segments, copy, &mut repaired.journal)?;
    if touched.is_empty() {
        return Ok(());
    }
    let journal = dir.join(JOURNAL);
    let written = write(&journal, segments, copy, &touched)?;
    let quarantine = durable::quarantine(dir, options.now_micros);
    durable::create_dir(&quarantine)?;
    for (first, temporary) in written {
        let old: Vec<_> = segments
            .iter()
            .filter(|segment| segment.first == first)
            .collect();
        for segment in &old {
            let name = segment.path.file_name().unwrap_or_default();
            let kept = quarantine.join(name);
            fs::hard_link(&segment.path, &kept).map_err(Error::io("set aside", &segment.path))?;
        }
        durable::sync_dir(&quarantine)?;
        let place = Segment::raw(&journal, first).path;
        durable::rename(&temporary, &place)?;
        for segment in old.iter().filter(|segment| segment.path != place) {
            durable::remove_file(&segment.path)?;
        }
    }
    repaired.journal_quarantine = Some(quarantine);
    Ok(())
}

/// The first positions of the segments to write anew, and what sled gives back. Refuses where
/// something is in neither copy.
fn plan(
    dir: &Path,
    segments: &[Segment],
    copy: Option<&SledCopy>,
    mended: &mut Ranges,
) -> Result<BTreeSet<u64>, Error> {
    let mut touched = BTreeSet::new();
    let mut lost = Ranges::default();
    let mut merge = Merge::new(segments, copy.cloned())?;
    while let Some(merged) = merge.next()? {
        match merged {
            Merged::Journal(_) => {}
            Merged::Copy(frame) => {
                touched.insert(home(segments, frame.first));
                mended.push(Range {
                    first: frame.first,
                    last: frame.last,
                });
            }
            Merged::Garbage(path) => {
                let found = segments.iter().find(|segment| segment.path == path);
                touched.extend(found.map(|segment| segment.first));
            }
            Merged::Lost(range) => lost.push(range),
        }
    }
    if lost.0.is_empty() {
        return Ok(touched);
    }
    Err(Error::BothDamaged {
        dir: dir.to_path_buf(),
        ranges: lost,
    })
}

/// The first position of the segment in which a position belongs.
fn home(segments: &[Segment], position: u64) -> u64 {
    let found = segment::from(segments, position).first();
    found
        .filter(|segment| segment.first <= position)
        .map_or(1, |segment| segment.first)
}

/// Writes the touched segments beside the old ones and syncs them: first position and path of each.
fn write(
    journal: &Path,
    segments: &[Segment],
    copy: Option<&SledCopy>,
    touched: &BTreeSet<u64>,
) -> Result<BTreeMap<u64, PathBuf>, Error> {
    let mut written = BTreeMap::new();
    let mut current: Option<(u64, PathBuf, File)> = None;
    let mut merge = Merge::new(segments, copy.cloned())?;
    while let Some(merged) = merge.next()? {
        let (Merged::Journal(frame) | Merged::Copy(frame)) = merged else {
            continue;
        };
        let home = home(segments, frame.first);
        if !touched.contains(&home) {
            continue;
        }
        if current.as_ref().is_none_or(|(first, ..)| *first != home) {
            finish(current.take(), &mut written)?;
            let mut path = Segment::raw(journal, home).path.into_os_string();
            path.push(UNFINISHED);
            let path = PathBuf::from(path);
            let file = File::create(&path).map_err(Error::io("create", &path))?;
            current = Some((home, path, file));
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
