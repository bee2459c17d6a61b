//! The format of a merged file.
//!
//! The file `00000000000000000001-00000000000000050000.rows`, named after its first and last
//! position, contains the rows of complete frames. Integers are little-endian.
//!
//! ```text
//! groups one after the other
//! index       for each group: first position (8), offset (4), length (4)
//! trailer     first position (8), last position (8), number of rows (8), number of groups (4),
//!             CRC-32C of the index and of the trailer up to here (4), magic "SBROWS1\n" (8)
//! ```

use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::bytes::{read_up_to, take};
use crate::copy::merged::group::{GROUP_BYTES, Group, GroupBuilder};
use crate::copy::page::{Row, key_parts};
use crate::disk::durable;
use crate::{Error, error::Range};

/// Suffix of a file that is being written. Such files are deleted at start.
const TEMPORARY: &str = ".tmp";
const MAGIC: [u8; 8] = *b"SBROWS1\n";
const TRAILER_BYTES: usize = 8 + 8 + 8 + 4 + 4 + 8;
const ENTRY_BYTES: usize = 8 + 4 + 4;

/// A merged file.
pub(crate) struct MergedFile {
    /// The positions of its events, according to its name.
    pub(crate) range: Range,
    path: PathBuf,
    /// `None` if it is damaged.
    index: Option<Index>,
}

struct Index {
    groups: Vec<GroupEntry>,
    rows: u64,
}

#[derive(Clone, Copy)]
struct GroupEntry {
    first: u64,
    offset: u32,
    length: u32,
}

impl MergedFile {
    /// Opens the file if this is the path of one. Returns `None` otherwise.
    pub(super) fn open(path: PathBuf) -> Result<Option<Self>, Error> {
        let Some(range) = path.file_name().and_then(|name| parse_name(name.to_str()?)) else {
            return Ok(None);
        };
        let mut file = File::open(&path).map_err(Error::io("open", &path))?;
        let index = read_index(&mut file, range).map_err(Error::io("read", &path))?;
        if index.is_none() {
            tracing::error!(path = %path.display(), "a merged file has a damaged index");
        }
        Ok(Some(Self { range, path, index }))
    }

    /// The number of rows; 0 if the index is damaged.
    pub(crate) fn rows(&self) -> u64 {
        self.index.as_ref().map_or(0, |index| index.rows)
    }

    /// The number of groups; 0 if the index is damaged.
    pub(crate) fn groups(&self) -> usize {
        self.index.as_ref().map_or(0, |index| index.groups.len())
    }

    /// Returns the number of the group that should contain `position`; 0 if it is before the first.
    pub(crate) fn group_of(&self, position: u64) -> usize {
        let groups = self.index.as_ref().map(|index| &index.groups[..]);
        let after = groups
            .unwrap_or_default()
            .partition_point(|group| group.first <= position);
        after.saturating_sub(1)
    }

    /// Reads a group. Returns `None` if it is damaged or missing.
    pub(crate) fn read(&self, group: usize) -> io::Result<Option<Group>> {
        let groups = self.index.as_ref().map(|index| &index.groups);
        let Some(entry) = groups.and_then(|groups| groups.get(group)) else {
            return Ok(None);
        };
        let mut file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        file.seek(SeekFrom::Start(u64::from(entry.offset)))?;
        let mut stored = Vec::with_capacity(entry.length as usize);
        read_up_to(&mut file, entry.length as usize, &mut stored)?;
        let group = Group::decode(&stored);
        Ok(group.filter(|found| found.page_start(entry.first) == Some(entry.first)))
    }
}

fn name(range: Range) -> String {
    format!("{:020}-{:020}.rows", range.first, range.last)
}

fn parse_name(name: &str) -> Option<Range> {
    let (first, last) = name.strip_suffix(".rows")?.split_once('-')?;
    let range = Range {
        first: first.parse().ok()?,
        last: last.parse().ok()?,
    };
    (range.first > 0 && range.first <= range.last && self::name(range) == name).then_some(range)
}

/// Whether this is the path of an unfinished file.
pub(super) fn is_temporary(path: &Path) -> bool {
    path.to_str().is_some_and(|path| path.ends_with(TEMPORARY))
}

/// Reads the index. Returns `None` if it is damaged.
fn read_index(file: &mut File, range: Range) -> io::Result<Option<Index>> {
    let length = file.metadata()?.len();
    let Some(trailer_at) = length.checked_sub(TRAILER_BYTES as u64) else {
        return Ok(None);
    };
    file.seek(SeekFrom::Start(trailer_at))?;
    let mut trailer = Vec::with_capacity(TRAILER_BYTES);
    read_up_to(file, TRAILER_BYTES, &mut trailer)?;
    let Some((count, rows, sum)) = parse_trailer(&trailer, range) else {
        return Ok(None);
    };
    let Some(index_at) = trailer_at.checked_sub(count as u64 * ENTRY_BYTES as u64) else {
        return Ok(None);
    };
    file.seek(SeekFrom::Start(index_at))?;
    let mut index = Vec::with_capacity(count * ENTRY_BYTES + TRAILER_BYTES);
    read_up_to(file, count * ENTRY_BYTES, &mut index)?;
    let complete = index.len() == count * ENTRY_BYTES;
    index.extend_from_slice(trailer.get(..TRAILER_BYTES - 12).unwrap_or_default());
    let valid = complete && crc32c::crc32c(&index) == sum;
    Ok(valid.then(|| Index {
        groups: index
            .chunks_exact(ENTRY_BYTES)
            .take(count)
            .filter_map(parse_entry)
            .collect(),
        rows,
    }))
}

/// Returns the number of groups and rows, and the checksum.
fn parse_trailer(trailer: &[u8], range: Range) -> Option<(usize, u64, u32)> {
    let mut rest = trailer;
    let first = take(&mut rest).map(u64::from_le_bytes)?;
    let last = take(&mut rest).map(u64::from_le_bytes)?;
    let rows = take(&mut rest).map(u64::from_le_bytes)?;
    let count = take(&mut rest).map(u32::from_le_bytes)? as usize;
    let sum = take(&mut rest).map(u32::from_le_bytes)?;
    let valid = take(&mut rest) == Some(MAGIC) && range == Range { first, last };
    valid.then_some((count, rows, sum))
}

fn parse_entry(entry: &[u8]) -> Option<GroupEntry> {
    let mut rest = entry;
    Some(GroupEntry {
        first: take(&mut rest).map(u64::from_le_bytes)?,
        offset: take(&mut rest).map(u32::from_le_bytes)?,
        length: take(&mut rest).map(u32::from_le_bytes)?,
    })
}

/// Writes rows to a merged file. Deletes the unfinished file when dropped.
pub(crate) struct FileWriter {
    temporary: PathBuf,
    out: BufWriter<File>,
    offset: u32,
    group: GroupBuilder,
    /// Position of the first page of the group.
    group_first: u64,
    /// Length of all rows.
    bytes: u64,
    index: Index,
}

impl FileWriter {
    /// Starts a file in `dir` whose first page starts at `first`.
    pub(super) fn create(dir: &Path, first: u64) -> Result<Self, Error> {
        let temporary = dir.join(format!("{first:020}.rows{TEMPORARY}"));
        let file = File::create(&temporary).map_err(Error::io("create", &temporary))?;
        Ok(Self {
            out: BufWriter::new(file),
            offset: 0,
            group: GroupBuilder::new().map_err(Error::io("compress to", &temporary))?,
            group_first: first,
            bytes: 0,
            index: Index {
                groups: Vec::new(),
                rows: 0,
            },
            temporary,
        })
    }

    /// Adds a row. Rows must be pushed in the order of their keys.
    pub(crate) fn push(&mut self, row: &Row) -> Result<(), Error> {
        if self.group.len() >= GROUP_BYTES
            && let Some((position, 0)) = key_parts(&row.0)
        {
            self.finish_group(position)?;
        }
        self.group.push(row);
        self.bytes += row.1.len() as u64;
        self.index.rows += 1;
        Ok(())
    }

    /// Length of the rows pushed so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Writes the group. The next one starts at `next`.
    fn finish_group(&mut self, next: u64) -> Result<(), Error> {
        let failed = || Error::io("write", &self.temporary);
        let stored = self.group.finish().map_err(failed())?;
        self.out.write_all(&stored).map_err(failed())?;
        let too_long = |_| failed()(io::ErrorKind::FileTooLarge.into());
        let length = u32::try_from(stored.len()).map_err(too_long)?;
        self.index.groups.push(GroupEntry {
            first: self.group_first,
            offset: self.offset,
            length,
        });
        let end = self.offset.checked_add(length);
        self.offset = end
            .ok_or(io::ErrorKind::FileTooLarge.into())
            .map_err(failed())?;
        self.group_first = next;
        Ok(())
    }

    /// Completes and syncs the file, which ends at position `last`, under its temporary name.
    pub(super) fn finish(mut self, last: u64) -> Result<Finished, Error> {
        self.finish_group(last + 1)?;
        let first = self.index.groups.first().map_or(0, |group| group.first);
        let range = Range { first, last };
        let end = self.encode_index(range);
        let failed = || Error::io("write", &self.temporary);
        self.out.write_all(&end).map_err(failed())?;
        self.out.flush().map_err(failed())?;
        let synced = self.out.get_ref().sync_all();
        synced.map_err(Error::io("sync", &self.temporary))?;
        let index = Index {
            groups: std::mem::take(&mut self.index.groups),
            rows: self.index.rows,
        };
        Ok(Finished {
            temporary: std::mem::take(&mut self.temporary),
            range,
            index,
        })
    }

    fn encode_index(&self, range: Range) -> Vec<u8> {
        let mut out = Vec::new();
        for group in &self.index.groups {
            out.extend_from_slice(&group.first.to_le_bytes());
            out.extend_from_slice(&group.offset.to_le_bytes());
            out.extend_from_slice(&group.length.to_le_bytes());
        }
        let groups = u32::try_from(self.index.groups.len()).unwrap_or(u32::MAX);
        out.extend_from_slice(&range.first.to_le_bytes());
        out.extend_from_slice(&range.last.to_le_bytes());
        out.extend_from_slice(&self.index.rows.to_le_bytes());
        out.extend_from_slice(&groups.to_le_bytes());
        out.extend_from_slice(&crc32c::crc32c(&out).to_le_bytes());
        out.extend_from_slice(&MAGIC);
        out
    }
}

impl Drop for FileWriter {
    fn drop(&mut self) {
        if self.temporary != Path::new("") {
            std::fs::remove_file(&self.temporary).unwrap_or_default();
        }
    }
}

/// A complete file that has not got its name yet.
pub(super) struct Finished {
    temporary: PathBuf,
    pub(super) range: Range,
    index: Index,
}

impl Finished {
    /// Gives the file its name in `dir`, durably, and replaces the one of the same range.
    pub(super) fn install(self, dir: &Path) -> Result<MergedFile, Error> {
        let path = dir.join(name(self.range));
        durable::rename(&self.temporary, &path)?;
        Ok(MergedFile {
            range: self.range,
            path,
            index: Some(self.index),
        })
    }
}
