//! The directory of a store: `lock`, `current`, and one directory of rows that `current` names.
//!
//! An empty store gets a new directory, so that clearing a damaged one does not depend on its
//! content.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::Error;

/// The version of the layout and of the library's settings. A change of settings that only new
/// tables get does not need a new version.
const FORMAT_VERSION: u32 = 1;

/// The start of the name of a directory of rows.
const ROWS_PREFIX: &str = "rows-";

/// A locked directory.
pub(crate) struct Place {
    dir: PathBuf,
    /// Held until the store is dropped.
    _lock: File,
}

/// The content of `current`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Current {
    /// There is no store yet.
    New,
    /// The number of the directory of rows.
    Rows(u64),
    /// The file is missing, damaged or of another version.
    Unknown(&'static str),
}

impl Place {
    /// Creates the directory if it is missing, and locks it.
    pub(crate) fn open(dir: &Path) -> Result<Self, Error> {
        fs::create_dir_all(dir).map_err(Error::io("create", dir))?;
        let lock = lock(dir)?;
        Ok(Self {
            dir: dir.to_path_buf(),
            _lock: lock,
        })
    }

    pub(crate) fn current(&self) -> Result<Current, Error> {
        current(&self.dir)
    }

    pub(crate) fn rows(&self, number: u64) -> PathBuf {
        rows_path(&self.dir, number)
    }

    /// Returns a number that no directory of rows has.
    pub(crate) fn unused(&self) -> Result<u64, Error> {
        let numbers = rows_in(&self.dir)?;
        Ok(numbers.into_iter().max().unwrap_or(0).saturating_add(1))
    }

    /// Makes `number` the current rows and removes all others.
    pub(crate) fn set_current(&self, number: u64) -> Result<(), Error> {
        let (path, new) = (self.dir.join("current"), self.dir.join("current.new"));
        let write = || {
            let mut file = File::create(&new)?;
            file.write_all(text(number).as_bytes())?;
            file.sync_all()?;
            fs::rename(&new, &path)?;
            File::open(&self.dir)?.sync_all()
        };
        write().map_err(Error::io("write", &path))?;
        self.remove_others(number)
    }

    /// Removes all rows but the current ones.
    pub(crate) fn remove_others(&self, current: u64) -> Result<(), Error> {
        for number in rows_in(&self.dir)? {
            if number != current {
                let path = self.rows(number);
                fs::remove_dir_all(&path).map_err(Error::io("remove", &path))?;
            }
        }
        Ok(())
    }
}

pub(crate) fn rows_path(dir: &Path, number: u64) -> PathBuf {
    dir.join(format!("{ROWS_PREFIX}{number}"))
}

/// Reads `current` without a lock.
pub(crate) fn current(dir: &Path) -> Result<Current, Error> {
    let path = dir.join("current");
    match fs::read(&path) {
        Ok(bytes) => Ok(parse(&bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let is_new = rows_in(dir)?.is_empty();
            let missing = Current::Unknown("its file `current` is missing");
            Ok(if is_new { Current::New } else { missing })
        }
        Err(error) => Err(Error::io("read", &path)(error)),
    }
}

fn text(number: u64) -> String {
    format!("projections {FORMAT_VERSION} {number}\n")
}

fn parse(bytes: &[u8]) -> Current {
    let words = std::str::from_utf8(bytes)
        .ok()
        .and_then(|text| text.strip_prefix("projections "));
    let Some((version, number)) = words.and_then(|words| words.trim_end().split_once(' ')) else {
        return Current::Unknown("its file `current` is damaged");
    };
    if version != FORMAT_VERSION.to_string() {
        return Current::Unknown("it has another format version");
    }
    match number.parse() {
        Ok(number) if text(number).as_bytes() == bytes => Current::Rows(number),
        Ok(_) | Err(_) => Current::Unknown("its file `current` is damaged"),
    }
}

/// The numbers of the directories of rows.
fn rows_in(dir: &Path) -> Result<Vec<u64>, Error> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::io("list", dir)(error)),
    };
    let number = |entry: fs::DirEntry| {
        let name = entry.file_name();
        name.to_str()?.strip_prefix(ROWS_PREFIX)?.parse().ok()
    };
    Ok(entries.flatten().filter_map(number).collect())
}

/// Takes the lock that makes this process the only one that uses `dir`.
fn lock(dir: &Path) -> Result<File, Error> {
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
