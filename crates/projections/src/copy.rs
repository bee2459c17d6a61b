//! Reads of a store that another process may be writing.

use std::fs;
use std::io;
use std::path::Path;

use event_log::Head;
use tempfile::TempDir;

use crate::database::{Database, META_DIR, RESIDENT_DIR};
use crate::place::{self, Current};
use crate::{Error, Snapshot};

/// The cache for the copy, which is read once.
const CACHE_BYTES: u64 = 1024 * 1024;

/// How often the copy is repeated because the writer removed a file meanwhile.
const TRIES_MAX: u32 = 10;

/// Calls `visit` with the rows of the resident part of the store in `dir`, in the order of the
/// keys, and returns its checkpoint. Returns `None` if there is no store, no checkpoint, or another
/// format version. Takes no lock and changes nothing: it reads a copy of the part and of the
/// journals in a temporary directory. The last writes may be missing.
pub fn read_residents(dir: &Path, visit: impl FnMut(&[u8], &[u8])) -> Result<Option<Head>, Error> {
    let Some((copied, number)) = copy(dir)? else {
        return Ok(None);
    };
    let rows = place::rows_path(copied.path(), number);
    let database = Database::open(&rows, CACHE_BYTES, false)?;
    let snapshot = Snapshot::new(&database.into())?;
    let checkpoint = snapshot.resident_checkpoint()?;
    if checkpoint.is_some() {
        snapshot.residents(visit)?;
    }
    Ok(checkpoint)
}

/// Copies what the resident part needs. Returns the copy and the number of its rows.
fn copy(dir: &Path) -> Result<Option<(TempDir, u64)>, Error> {
    for _ in 0..TRIES_MAX {
        let Current::Rows(number) = place::current(dir)? else {
            return Ok(None);
        };
        let to =
            tempfile::tempdir().map_err(Error::io("create a directory in", Path::new("/tmp")))?;
        let (rows, copied) = (
            place::rows_path(dir, number),
            place::rows_path(to.path(), number),
        );
        match copy_rows(&rows, &copied) {
            Ok(()) => return Ok(Some((to, number))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(Error::io("copy", &rows)(error)),
        }
    }
    Err(Error::damaged("copy it", dir, "a file is missing"))
}

/// Journals first: rows that the writer moves to tables meanwhile are then in both.
fn copy_rows(from: &Path, to: &Path) -> io::Result<()> {
    copy_files(from, to)?;
    for keyspace in [META_DIR, RESIDENT_DIR] {
        let (from, to) = (from.join(keyspace), to.join(keyspace));
        // The names of tables are in this directory's files, so these are copied first.
        copy_files(&from, &to)?;
        copy_files(&from.join("tables"), &to.join("tables"))?;
    }
    Ok(())
}

/// Copies the files of a directory, without its directories.
fn copy_files(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
    }
    Ok(())
}
