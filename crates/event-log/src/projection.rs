//! A file of rows that can be computed again from the log.
//!
//! Changes are appended. At start the owner reads the whole file, and a later row of a key replaces
//! an earlier one. When more than half of the file may be obsolete, the current rows are copied to
//! a new file, which replaces it. A database would need a lookup per row at start, although the
//! owner always reads all of them.

mod block;
mod compact;

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::Error;
use crate::disk::durable;
use crate::head::Head;
use crate::limits::PROJECTION_VALUE_BYTES_MAX;
use block::{BlockReader, BlockWriter, FILE_HEADER_BYTES, Header, read_array, take_row};

/// Minimum size in bytes of the appended part before the file is compacted.
const APPENDED_BYTES_MIN: u64 = 16 * 1024 * 1024;

/// A key and its new value; `None` deletes the key.
pub type Row = (Vec<u8>, Option<Vec<u8>>);

/// The store could not be read and was replaced by an empty one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discarded {
    /// What was wrong with it.
    pub reason: String,
}

/// A durable cache of projection rows that makes starts fast. The rows can be computed again from
/// the log, so there is no second copy, and a damaged store is replaced by an empty one.
pub struct ProjectionStore {
    path: PathBuf,
    file: File,
    /// The end of the file when it was created or last compacted. Keys before it are unique.
    compacted_end: u64,
    /// The end of the last write.
    end: u64,
    checkpoint: Option<Head>,
    /// Held until the store is dropped.
    lock: File,
}

impl ProjectionStore {
    /// Opens or creates the store in `dir`, which must contain nothing else. Discards an unfinished
    /// write, and the whole store if its file is not valid.
    pub fn open(dir: &Path) -> Result<(Self, Option<Discarded>), Error> {
        durable::create_dir(dir)?;
        let lock = durable::lock(dir)?;
        let path = dir.join("rows");
        // An interrupted compaction may have filled the disk.
        durable::remove_file(&temporary_path(&path))?;
        if !path.exists() {
            return Ok((Self::create(path, lock)?, None));
        }
        let file = File::options().read(true).write(true).open(&path);
        let file = file.map_err(Error::io("open", &path))?;
        let header = read_array(&file, 0).map_err(Error::io("read", &path))?;
        let Some(compacted_end) = header.and_then(block::decode_file_header) else {
            let reason = "its file does not start with a valid header".to_owned();
            tracing::error!(dir = %dir.display(), reason, "discarding the projections");
            return Ok((Self::create(path, lock)?, Some(Discarded { reason })));
        };
        let (end, checkpoint) = last_write(&file).map_err(Error::io("read", &path))?;
        // The blocks of an unfinished write must not become part of the next one.
        file.set_len(end).map_err(Error::io("truncate", &path))?;
        let store = Self {
            path,
            file,
            compacted_end: compacted_end.min(end),
            end,
            checkpoint,
            lock,
        };
        Ok((store, None))
    }

    /// Calls `visit` with the rows in `dir` as [`for_each`](Self::for_each) does, up to the last
    /// complete write. Takes no lock and writes nothing. Returns whether there are any.
    pub fn read(dir: &Path, mut visit: impl FnMut(&[u8], Option<&[u8]>)) -> Result<bool, Error> {
        let path = dir.join("rows");
        let failed = Error::io("read", &path);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(failed(error)),
        };
        let mut read = || {
            let (end, checkpoint) = last_write(&file)?;
            let mut blocks = BlockReader::new(&file, FILE_HEADER_BYTES as u64, end);
            while let Some((_, mut rows)) = blocks.next()? {
                while let Some(row) = take_row(&mut rows) {
                    visit(row.key, row.value);
                }
            }
            Ok(checkpoint.is_some())
        };
        read().map_err(failed)
    }

    /// Deletes every row and the checkpoint. For rows of another log, and after a failed read.
    pub fn clear(self) -> Result<Self, Error> {
        Self::create(self.path, self.lock)
    }

    /// The last event that is folded into the rows; `None` before the first write. Compare it with
    /// [`Reader::hash_at`](crate::Reader::hash_at) before using the rows.
    pub const fn checkpoint(&self) -> Option<Head> {
        self.checkpoint
    }

    /// Calls `visit` with every key and value in the order in which they were written. A later
    /// value of a key replaces an earlier one, and `None` deletes the key. An error means that the
    /// store is damaged: [`clear`](Self::clear) it and fold the log again.
    pub fn for_each(&self, mut visit: impl FnMut(&[u8], Option<&[u8]>)) -> Result<(), Error> {
        let mut blocks = BlockReader::new(&self.file, FILE_HEADER_BYTES as u64, self.end);
        while let Some((_, mut rows)) = blocks.next().map_err(Error::io("read", &self.path))? {
            while let Some(row) = take_row(&mut rows) {
                visit(row.key, row.value);
            }
        }
        Ok(())
    }

    /// Writes rows and checkpoint, all or none, and syncs them. If a key occurs twice, its last
    /// value counts. Rows without a checkpoint take effect with the next write that has one.
    pub fn write(&mut self, rows: &[Row], checkpoint: Option<Head>) -> Result<(), Error> {
        let row_bytes = |(key, value): &Row| key.len() + value.as_ref().map_or(0, Vec::len);
        let too_large = |bytes: &usize| *bytes > PROJECTION_VALUE_BYTES_MAX;
        if let Some(bytes) = rows.iter().map(row_bytes).find(too_large) {
            return Err(Error::RowTooLarge { bytes });
        }
        self.end = self
            .append(rows, checkpoint)
            .map_err(Error::io("write", &self.path))?;
        let Some(checkpoint) = checkpoint else {
            return Ok(());
        };
        self.checkpoint = Some(checkpoint);
        if self.end - self.compacted_end > self.compacted_end.max(APPENDED_BYTES_MIN) {
            self.compact(checkpoint)?;
        }
        Ok(())
    }

    fn append(&self, rows: &[Row], checkpoint: Option<Head>) -> io::Result<u64> {
        let mut out = BlockWriter::new(&self.file, self.end);
        for (key, value) in rows {
            out.push(key, value.as_deref())?;
        }
        let end = out.finish(checkpoint)?;
        self.file.sync_data()?;
        Ok(end)
    }

    fn compact(&mut self, checkpoint: Head) -> Result<(), Error> {
        let (from, ends) = (&self.file, (self.compacted_end, self.end));
        let write = |to: &File| compact::copy(from, ends, checkpoint, to);
        (self.file, self.end) = replace_file(&self.path, write)?;
        self.compacted_end = self.end;
        Ok(())
    }

    fn create(path: PathBuf, lock: File) -> Result<Self, Error> {
        let end = FILE_HEADER_BYTES as u64;
        let header = block::encode_file_header(end);
        let (file, ()) = replace_file(&path, |to| to.write_all_at(&header, 0))?;
        Ok(Self {
            path,
            file,
            compacted_end: end,
            end,
            checkpoint: None,
            lock,
        })
    }
}

/// Where the replacement of the file at `path` is written.
fn temporary_path(path: &Path) -> PathBuf {
    path.with_extension("new")
}

/// Writes a new file and puts it in the place of the one at `path`, durably.
fn replace_file<T>(
    path: &Path,
    write: impl FnOnce(&File) -> io::Result<T>,
) -> Result<(File, T), Error> {
    let new = temporary_path(path);
    let file = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(true)
        .open(&new);
    let file = file.map_err(Error::io("create", &new))?;
    let written = write(&file).map_err(Error::io("write", &new))?;
    file.sync_all().map_err(Error::io("sync", &new))?;
    durable::rename(&new, path)?;
    Ok((file, written))
}

/// Returns the end of the last complete write, and its checkpoint.
fn last_write(file: &File) -> io::Result<(u64, Option<Head>)> {
    let length = file.metadata()?.len();
    let mut at = FILE_HEADER_BYTES as u64;
    let mut last = (at, None);
    while let Some(header) = Header::read(file, at)? {
        at += (block::BLOCK_HEADER_BYTES + header.rows_bytes) as u64;
        if at > length {
            break;
        }
        if let Some(checkpoint) = header.checkpoint() {
            last = (at, Some(checkpoint));
        }
    }
    Ok(last)
}
