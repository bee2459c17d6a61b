//! The names of the journal's files.
//!
//! `00000000000000000001.seg` is a segment that is, or was, being appended to, named after its first
//! position. `00000000000000000001-00000000000000204800.seg.zst` is a sealed one, first and last
//! position. A segment is nothing but frames, one behind the other.

use std::fs;
use std::path::{Path, PathBuf};

use crate::Error;

/// The journal's directory in the log's.
pub(crate) const JOURNAL: &str = "journal";

/// A sealed file that is being written ends so, and is worth nothing.
pub(crate) const UNFINISHED: &str = ".tmp";

/// How often the directory is listed again when the sealer changes it meanwhile. It changes one
/// segment a second at most, and a listing takes a millisecond.
const LISTINGS_MAX: usize = 16;

/// One file of the journal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Segment {
    pub(crate) first: u64,
    /// Known of a sealed segment.
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

    fn from_path(path: PathBuf) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        let (first, last) = if let Some(stem) = name.strip_suffix(".seg.zst") {
            let (first, last) = stem.split_once('-')?;
            (number(first)?, Some(number(last)?))
        } else {
            (number(name.strip_suffix(".seg")?)?, None)
        };
        let sane = first > 0 && last.is_none_or(|last| first <= last);
        sane.then_some(Self { first, last, path })
    }
}

/// The segments in order, one for each first position. Where a segment is there raw and sealed, the
/// sealer was about to remove the raw one, and the sealed one was verified.
///
/// The sealer may rename and remove while the directory is read, and then both names of a segment
/// can be missed; so it is read until it looks the same twice.
pub(crate) fn list(journal: &Path) -> Result<Vec<Segment>, Error> {
    let mut before = list_all(journal)?;
    for _ in 0..LISTINGS_MAX {
        let now = list_all(journal)?;
        if now == before {
            break;
        }
        before = now;
    }
    // Sorted by first position, then raw before sealed: the sealed one is kept.
    before.reverse();
    before.dedup_by_key(|segment| segment.first);
    before.reverse();
    Ok(before)
}

/// Every segment file, also those that exist twice, sorted.
pub(crate) fn list_all(journal: &Path) -> Result<Vec<Segment>, Error> {
    let mut found = Vec::new();
    for entry in fs::read_dir(journal).map_err(Error::io("list", journal))? {
        let entry = entry.map_err(Error::io("list", journal))?;
        found.extend(Segment::from_path(entry.path()));
    }
    found.sort();
    Ok(found)
}

/// The segments from the one that holds `position` on: the last that begins at or before it, or all.
pub(crate) fn from(segments: &[Segment], position: u64) -> &[Segment] {
    let after = segments.partition_point(|segment| segment.first <= position);
    segments.get(after.saturating_sub(1)..).unwrap_or_default()
}

fn number(digits: &str) -> Option<u64> {
    let plain = digits.len() == 20 && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Segment, from, list};

    #[test]
    fn names_come_back() {
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
    fn a_sealed_segment_stands_for_its_raw_one() {
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
        assert_eq!(from(&found, 0), &kept[..]);
        assert_eq!(from(&found, 9), &kept[..]);
        assert_eq!(from(&found, 10), &kept[1..]);
        assert_eq!(from(&found, 500), &kept[2..]);
    }
}
