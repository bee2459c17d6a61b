//! The journal's files.
//!
//! A raw segment `00000000000000000001.seg` is named after its first position; the last raw segment
//! is being appended to. A sealed segment `00000000000000000001-00000000000000204800.seg.zst` is
//! compressed and named after its first and last position. A segment contains only frames.

use std::fs;
use std::path::{Path, PathBuf};

use crate::Error;
use crate::disk::durable;

/// The journal's directory in the log's directory.
pub(crate) const JOURNAL: &str = "journal";

/// Suffix of a segment that is being written. Such files are deleted at start.
const TEMPORARY: &str = ".tmp";

/// Maximum number of times that [`list`] reads the directory. The sealer changes at most one
/// segment per second, and a listing takes a millisecond.
const LISTINGS_MAX: usize = 16;

/// One file of the journal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Segment {
    pub(crate) first: u64,
    /// `None` for a raw segment.
    pub(crate) last: Option<u64>,
    pub(crate) path: PathBuf,
}

impl Segment {
    pub(crate) fn raw(journal: &Path, first: u64) -> Self {
        Self {
            first,
            last: None,
            path: journal.join(format!("{first:020}.seg")),
        }
    }

    pub(crate) fn sealed(journal: &Path, first: u64, last: u64) -> Self {
        let path = journal.join(format!("{first:020}-{last:020}.seg.zst"));
        Self {
            first,
            last: Some(last),
            path,
        }
    }

    pub(crate) fn is_sealed(&self) -> bool {
        self.last.is_some()
    }

    /// Path to write a replacement of this file to.
    pub(crate) fn temporary_path(&self) -> PathBuf {
        let mut path = self.path.clone().into_os_string();
        path.push(TEMPORARY);
        path.into()
    }

    fn from_path(path: PathBuf) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        let (first, last) = if let Some(stem) = name.strip_suffix(".seg.zst") {
            let (first, last) = stem.split_once('-')?;
            (parse_position(first)?, Some(parse_position(last)?))
        } else {
            (parse_position(name.strip_suffix(".seg")?)?, None)
        };
        let valid = first > 0 && last.is_none_or(|last| first <= last);
        valid.then_some(Self { first, last, path })
    }
}

/// Returns the segments in order, one per first position. If a segment exists both raw and sealed,
/// the sealed one is returned: the sealer verified it and was about to delete the raw one.
///
/// A listing that races with the sealer can miss both names of a segment, so this lists the
/// directory until two listings agree.
pub(crate) fn list(journal: &Path) -> Result<Vec<Segment>, Error> {
    let mut segments = list_files(journal)?;
    for _ in 0..LISTINGS_MAX {
        let again = list_files(journal)?;
        if again == segments {
            break;
        }
        segments = again;
    }
    // A raw segment sorts before the sealed one with the same position; `dedup` keeps the first.
    segments.reverse();
    segments.dedup_by_key(|segment| segment.first);
    segments.reverse();
    Ok(segments)
}

/// Returns every segment file, sorted; a segment may be listed both raw and sealed.
pub(crate) fn list_files(journal: &Path) -> Result<Vec<Segment>, Error> {
    let mut found = Vec::new();
    for entry in fs::read_dir(journal).map_err(Error::io("list", journal))? {
        let entry = entry.map_err(Error::io("list", journal))?;
        found.extend(Segment::from_path(entry.path()));
    }
    found.sort();
    Ok(found)
}

/// Deletes the temporary files of an interrupted seal or repair.
pub(crate) fn remove_temporary(journal: &Path) -> Result<(), Error> {
    for entry in fs::read_dir(journal).map_err(Error::io("list", journal))? {
        let path = entry.map_err(Error::io("list", journal))?.path();
        if path.to_str().is_some_and(|path| path.ends_with(TEMPORARY)) {
            durable::remove_file(&path)?;
        }
    }
    Ok(())
}

/// Returns the segments starting with the one that contains `position`; all of them if `position`
/// is before the first.
pub(crate) fn starting_at(segments: &[Segment], position: u64) -> &[Segment] {
    let after = segments.partition_point(|segment| segment.first <= position);
    segments.get(after.saturating_sub(1)..).unwrap_or_default()
}

fn parse_position(digits: &str) -> Option<u64> {
    let valid = digits.len() == 20 && digits.bytes().all(|byte| byte.is_ascii_digit());
    valid.then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Segment, list, starting_at};

    #[test]
    fn file_names_are_parsed_back() {
        let dir = Path::new("j");
        for segment in [Segment::raw(dir, 1), Segment::sealed(dir, 7, 12)] {
            assert_eq!(Segment::from_path(segment.path.clone()), Some(segment));
        }
        for name in [
            "1.seg",
            "lock",
            "00000000000000000000.seg",
            "00000000000000000001.seg.zst",
        ] {
            assert_eq!(Segment::from_path(dir.join(name)), None, "{name}");
        }
    }

    #[test]
    fn a_sealed_segment_replaces_its_raw_one() {
        let dir = tempfile::tempdir().unwrap();
        let kept = [
            Segment::sealed(dir.path(), 1, 9),
            Segment::sealed(dir.path(), 10, 19),
            Segment::raw(dir.path(), 20),
        ];
        for segment in kept.iter().chain([&Segment::raw(dir.path(), 10)]) {
            std::fs::write(&segment.path, b"").unwrap();
        }
        let found = list(dir.path()).unwrap();
        assert_eq!(found, kept);
        assert_eq!(starting_at(&found, 0), &kept[..]);
        assert_eq!(starting_at(&found, 9), &kept[..]);
        assert_eq!(starting_at(&found, 10), &kept[1..]);
        assert_eq!(starting_at(&found, 500), &kept[2..]);
    }
}
