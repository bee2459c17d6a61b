//! Rows that can be computed again from the log, in one file.
//!
//! What changed is appended; at start the file is read from front to back, and a later row of a key
//! stands for an earlier one. Once more than half of the file may be of no use, the rows that count
//! are copied to a new file, which then takes its place. A database would write each row in its own
//! place: at start that costs a search for each, while the whole is all that is ever asked for.

mod block;
mod compact;

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::Error;
use crate::disk::durable;
use crate::limits::PROJECTION_VALUE_BYTES_MAX;
use block::{BlockWriter, Blocks, FILE_HEADER_BYTES, header_at, made_bytes, take_row};

pub use block::Checkpoint;

/// So much may be appended before the file is worth copying, however few rows it has.
const APPENDED_BYTES_MIN: u64 = 16 * 1024 * 1024;

/// A key and its new value; `None` removes it.
pub type Row = (Vec<u8>, Option<Vec<u8>>);

/// The store could not be opened and was begun anew, empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discarded {
    /// What was wrong with the old one, in words.
    pub reason: String,
}

/// Rows of bytes that can be computed again from the log, kept so that a start is quick. Because of
/// that it makes no second copy and never refuses to open for damage: it begins anew.
pub struct ProjectionStore {
    path: PathBuf,
    file: File,
    /// Where the file ended when it was made: its rows up to there are unique.
    made: u64,
    /// Where the last write ended.
    end: u64,
    checkpoint: Option<Checkpoint>,
    /// Held until the store is dropped.
    lock: File,
}

impl ProjectionStore {
    /// Opens or creates the store in `dir`, a directory of its own. One that is damaged is begun
    /// anew, and the caller is told why. A write that was cut short is forgotten.
    pub fn open(dir: &Path) -> Result<(Self, Option<Discarded>), Error> {
        durable::create_dir(dir)?;
        let lock = durable::lock(dir)?;
        let path = dir.join("rows");
        // A copy that was cut off is in nobody's place, and may have filled the disk.
        durable::remove_file(&unfinished(&path))?;
        if !path.exists() {
            return Ok((Self::anew(path, lock)?, None));
        }
        let file = File::options().read(true).write(true).open(&path);
        let file = file.map_err(Error::io("open", &path))?;
        let Some(made) = made(&file).map_err(Error::io("read", &path))? else {
            let reason = "its file begins with something else".to_owned();
            tracing::error!(dir = %dir.display(), %reason, "the projections are begun anew");
            return Ok((Self::anew(path, lock)?, Some(Discarded { reason })));
        };
        let (end, checkpoint) = last_write(&file).map_err(Error::io("read", &path))?;
        // What a write left that was cut short must never be taken for a part of the next.
        file.set_len(end).map_err(Error::io("shorten", &path))?;
        let store = Self {
            path,
            file,
            made: made.min(end),
            end,
            checkpoint,
            lock,
        };
        Ok((store, None))
    }

    /// Deletes every row and the checkpoint: for rows of another log, or a read that failed.
    pub fn clear(self) -> Result<Self, Error> {
        Self::anew(self.path, self.lock)
    }

    /// Up to where the rows go; `None` before the first write.
    pub const fn checkpoint(&self) -> Option<Checkpoint> {
        self.checkpoint
    }

    /// Calls `visit` with every key and value, in the order in which they were written: a later value
    /// of a key, or that it is gone, stands for the one before. After an error the store is damaged:
    /// [`clear`](Self::clear) it and fold the log again.
    pub fn for_each(&self, mut visit: impl FnMut(&[u8], Option<&[u8]>)) -> Result<(), Error> {
        let mut blocks = Blocks::new(&self.file, FILE_HEADER_BYTES as u64, self.end);
        while let Some((_, mut rows)) = blocks.next().map_err(Error::io("read", &self.path))? {
            while let Some(row) = take_row(&mut rows) {
                visit(row.key, row.value);
            }
        }
        Ok(())
    }

    /// Writes rows and checkpoint, all or none, and waits until they are durable. A row that occurs
    /// twice has its last value. Without a checkpoint the rows count from the next write that has one.
    pub fn write(&mut self, rows: &[Row], checkpoint: Option<Checkpoint>) -> Result<(), Error> {
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
        if self.end - self.made > self.made.max(APPENDED_BYTES_MIN) {
            self.compact(checkpoint)?;
        }
        Ok(())
    }

    fn append(&self, rows: &[Row], checkpoint: Option<Checkpoint>) -> io::Result<u64> {
        let mut out = BlockWriter::new(&self.file, self.end);
        for (key, value) in rows {
            out.push(key, value.as_deref())?;
        }
        let end = out.finish(checkpoint)?;
        self.file.sync_data()?;
        Ok(end)
    }

    fn compact(&mut self, checkpoint: Checkpoint) -> Result<(), Error> {
        let (from, parts) = (&self.file, (self.made, self.end));
        let made = |to: &File| compact::copy(from, parts, checkpoint, to);
        (self.file, self.end) = replace(&self.path, made)?;
        self.made = self.end;
        Ok(())
    }

    fn anew(path: PathBuf, lock: File) -> Result<Self, Error> {
        let end = FILE_HEADER_BYTES as u64;
        let made = |to: &File| to.write_all_at(&block::file_header(end), 0).map(|()| end);
        let (file, _) = replace(&path, made)?;
        Ok(Self {
            path,
            file,
            made: end,
            end,
            checkpoint: None,
            lock,
        })
    }
}

fn row_bytes((key, value): &Row) -> usize {
    key.len() + value.as_ref().map_or(0, Vec::len)
}

/// Where the file is made that is to take the place of the one at `path`.
fn unfinished(path: &Path) -> PathBuf {
    path.with_extension("new")
}

/// Puts a new file, whole and durable, in the place of the one at `path`.
fn replace<T>(path: &Path, make: impl FnOnce(&File) -> io::Result<T>) -> Result<(File, T), Error> {
    let new = unfinished(path);
    let file = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(true)
        .open(&new);
    let file = file.map_err(Error::io("create", &new))?;
    let made = make(&file).map_err(Error::io("write", &new))?;
    file.sync_all().map_err(Error::io("sync", &new))?;
    durable::rename(&new, path)?;
    Ok((file, made))
}

/// How long the file was when it was made; `None` if it is none of ours.
fn made(file: &File) -> io::Result<Option<u64>> {
    let mut header = [0; FILE_HEADER_BYTES];
    match file.read_exact_at(&mut header, 0) {
        Ok(()) => Ok(made_bytes(header)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

/// Where the last whole write ends, and its checkpoint.
fn last_write(file: &File) -> io::Result<(u64, Option<Checkpoint>)> {
    let length = file.metadata()?.len();
    let mut at = FILE_HEADER_BYTES as u64;
    let mut last = (at, None);
    while let Some(header) = header_at(file, at)? {
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
