use std::error::Error as StdError;
use std::io;
use std::path::{Path, PathBuf};

use crate::rows::{KEY_BYTES_MAX, RESERVED_TAG, VALUE_BYTES_MAX};

/// An error of a store. The message covers its own level only; the cause is the source.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file operation failed, for example because the disk is full.
    #[error("cannot {action} {path}")]
    Io {
        /// The operation, as a verb.
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
    /// Another process has the store open.
    #[error("the projections at {dir} are open in another process: stop that process")]
    Locked {
        /// The store's directory.
        dir: PathBuf,
    },
    /// The store cannot be read. [`clear`](crate::Store::clear) it and fold the log again.
    #[error("the projections at {dir} are damaged: cannot {action}: {reason}")]
    Damaged {
        /// The directory of the rows.
        dir: PathBuf,
        /// The operation, as a verb.
        action: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// An earlier write failed, so the store accepts no more of them.
    #[error(
        "the projections at {dir} stopped after a failed write: restart the process to recover"
    )]
    Stopped {
        /// The directory of the rows.
        dir: PathBuf,
    },
    /// A key that no row may have.
    #[error(
        "a row has the key {key:02x?}: keys have 1 to {KEY_BYTES_MAX} bytes \
         and do not start with {RESERVED_TAG:#04x}"
    )]
    BadKey {
        /// The key.
        key: Vec<u8>,
    },
    /// A value over the limit.
    #[error("a row's value has {bytes} bytes, the limit is {VALUE_BYTES_MAX}: split the row")]
    ValueTooLarge {
        /// Its size.
        bytes: usize,
    },
}

impl Error {
    /// Whether the store must be cleared and its rows computed again.
    pub const fn is_damage(&self) -> bool {
        matches!(self, Self::Damaged { .. })
    }

    /// Returns a function for `map_err` that adds the failed operation and its path.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io {
            action,
            path: path.to_path_buf(),
            source,
        }
    }

    pub(crate) fn damaged(action: &'static str, dir: &Path, reason: impl Into<String>) -> Self {
        Self::Damaged {
            dir: dir.to_path_buf(),
            action,
            reason: reason.into(),
        }
    }

    /// Classifies an error of the library.
    pub(crate) fn library(action: &'static str, dir: &Path, error: &fjall::Error) -> Self {
        let dir_of = || dir.to_path_buf();
        if matches!(error, fjall::Error::Locked) {
            return Self::Locked { dir: dir_of() };
        }
        if matches!(error, fjall::Error::Poisoned) {
            return Self::Stopped { dir: dir_of() };
        }
        match io_cause(error) {
            Some(cause) if !is_damage(cause) => {
                let copy = || io::Error::new(cause.kind(), cause.to_string());
                let code = cause.raw_os_error();
                Self::io(action, dir)(code.map_or_else(copy, io::Error::from_raw_os_error))
            }
            Some(_) | None => Self::damaged(action, dir, error.to_string()),
        }
    }
}

/// Whether a file lacks content, or is missing although another file refers to it.
fn is_damage(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::UnexpectedEof
            | io::ErrorKind::InvalidData
            | io::ErrorKind::InvalidInput
            | io::ErrorKind::NotFound
            | io::ErrorKind::AlreadyExists
            | io::ErrorKind::Other
    )
}

/// Returns the operating system's error behind an error.
fn io_cause(error: &fjall::Error) -> Option<&io::Error> {
    let mut next: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(error) = next {
        if let Some(cause) = error.downcast_ref::<io::Error>() {
            return Some(cause);
        }
        next = error.source();
    }
    None
}
