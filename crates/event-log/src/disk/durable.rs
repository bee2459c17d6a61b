//! File operations that survive a power cut. A new name is durable only once its directory is
//! synced.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::Error;

/// Makes the names in a directory durable.
pub(crate) fn sync_dir(dir: &Path) -> Result<(), Error> {
    let open = File::open(dir).map_err(Error::io("open", dir))?;
    open.sync_all().map_err(Error::io("sync", dir))
}

/// Creates `dir` and its missing parents durably.
pub(crate) fn create_dir(dir: &Path) -> Result<(), Error> {
    if dir.is_dir() {
        return Ok(());
    }
    let parent = parent_of(dir);
    create_dir(&parent)?;
    fs::create_dir(dir).map_err(Error::io("create", dir))?;
    sync_dir(&parent)
}

/// Renames within one file system, durably.
pub(crate) fn rename(from: &Path, to: &Path) -> Result<(), Error> {
    fs::rename(from, to).map_err(Error::io("rename", from))?;
    sync_dir(&parent_of(to))
}

/// Removes a file durably, if it exists.
pub(crate) fn remove_file(path: &Path) -> Result<(), Error> {
    sync_removal(path, fs::remove_file(path))
}

/// Removes a directory and its content durably, if it exists.
pub(crate) fn remove_dir(path: &Path) -> Result<(), Error> {
    sync_removal(path, fs::remove_dir_all(path))
}

fn sync_removal(path: &Path, removed: io::Result<()>) -> Result<(), Error> {
    match removed {
        Ok(()) => sync_dir(&parent_of(path)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Error::io("remove", path)(error)),
    }
}

/// Takes the lock that makes this process the only writer in `dir`. Dropping the file releases it,
/// as does the end of the process.
pub(crate) fn lock(dir: &Path) -> Result<File, Error> {
    let path = dir.join("lock");
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(Error::io("open", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::Locked {
            dir: dir.to_path_buf(),
        }),
        Err(TryLockError::Error(source)) => Err(Error::io("lock", &path)(source)),
    }
}

/// Whether a process has the log in `dir` open for writing. A process that opens it at the very same
/// moment may be refused.
pub fn is_in_use(dir: &Path) -> Result<bool, Error> {
    let path = dir.join("lock");
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(Error::io("open", &path)(error)),
    };
    match file.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(source)) => Err(Error::io("lock", &path)(source)),
    }
}

/// Returns an unused path in `dir` for damaged files: `quarantine-20260102T030405Z`, with a number
/// appended if that exists.
pub(crate) fn quarantine_path(dir: &Path, now_micros: i64) -> PathBuf {
    let now = Timestamp::from_microsecond(now_micros).unwrap_or_default();
    let name = format!("quarantine-{}", now.strftime("%Y%m%dT%H%M%SZ"));
    let plain = dir.join(&name);
    let numbered = (2_u32..).map(|n| dir.join(format!("{name}-{n}")));
    std::iter::once(plain.clone())
        .chain(numbered)
        .find(|path| !path.exists())
        .unwrap_or(plain)
}

fn parent_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent.to_path_buf(),
        _ => PathBuf::from("."),
    }
}

#[cfg(test)]
mod tests {
    use super::{create_dir, is_in_use, lock, quarantine_path};
    use crate::Error;

    #[test]
    fn a_second_quarantine_of_the_same_second_gets_a_number() {
        let dir = tempfile::tempdir().unwrap();
        let first = quarantine_path(dir.path(), 0);
        create_dir(&first).unwrap();
        assert_eq!(
            quarantine_path(dir.path(), 0),
            dir.path().join("quarantine-19700101T000000Z-2")
        );
    }

    #[test]
    fn a_second_lock_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        assert!(!is_in_use(dir.path()).unwrap());
        let held = lock(dir.path()).unwrap();
        assert!(is_in_use(dir.path()).unwrap());
        let refused = lock(dir.path()).unwrap_err();
        assert!(matches!(refused, Error::Locked { .. }));
        assert!(refused.to_string().contains("open in another process"));
        drop(held);
        assert!(!is_in_use(dir.path()).unwrap());
        lock(dir.path()).unwrap();
    }
}
