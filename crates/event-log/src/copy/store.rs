//! Opens and syncs the sled database, and contains its failures.

use std::fs::{self, File};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use crate::copy::merged::files::{MERGED, MergedFiles};
use crate::copy::page::Row;
use crate::disk::durable;
use crate::{Error, Options};

/// sled's segment size. With the default of 512 KiB, a power cut with more than a segment unsynced
/// left a database that opened empty or not at all; with 8 MiB and writes of 0.2 MB, 0 of 15 did.
/// It also raises to 2 MiB the size from which sled moves a leaf to `blobs/`, which it never syncs.
const SEGMENT_BYTES: usize = 8 * 1024 * 1024;

/// Interval of sled's own flusher, its default. Durability does not depend on it.
const FLUSH_INTERVAL_MS: u64 = 500;

/// Bytes of rows that may be written between barriers: an eighth of sled's segment, because sled
/// writes about twice as much.
pub(crate) const UNSYNCED_BYTES_MAX: usize = 1024 * 1024;

/// Retries for sled's file lock: after a database is dropped in this process, sled's threads hold
/// the lock for a few microseconds. The log's own lock already excludes other processes.
const LOCK_ATTEMPTS: usize = 50;
const LOCK_RETRY_DELAY: Duration = Duration::from_millis(20);

/// The name of the tree.
const TREE: &str = "log";

/// A sled database with one tree, and the files with its older rows.
pub(crate) struct Store {
    pub(crate) path: PathBuf,
    pub(crate) tree: sled::Tree,
    pub(crate) merged: Arc<MergedFiles>,
    /// Bytes written to sled since the last barrier started.
    unsynced: AtomicUsize,
    /// Bytes of rows in sled, except those of earlier runs until [`Store::set_bytes`].
    bytes: AtomicU64,
    /// A second descriptor of sled's file, for syncs. It stays open from the start, so that a sync
    /// reports every write error since.
    file: File,
    sync: bool,
}

impl Store {
    /// Opens or creates the database. Deletes an unfinished snapshot, and all snapshots if sled
    /// does not open with them: sled fails to open after a kill or power cut in the middle of a
    /// snapshot.
    ///
    /// The inner error is the reason why the database is damaged. The outer error is a failure that
    /// an empty database would have too: disk full, no permission, in use.
    pub(crate) fn open(path: &Path, options: &Options) -> Result<Result<Self, String>, Error> {
        durable::create_dir(path)?;
        remove_snapshots(path, |name| name.ends_with(".generating"))?;
        let reason = match Self::try_open(path, options) {
            Ok(store) => return Ok(Ok(store)),
            Err(error) => damage(error)?,
        };
        tracing::warn!(path = %path.display(), reason, "sled does not open: deleting snapshots");
        remove_snapshots(path, |_| true)?;
        match Self::try_open(path, options) {
            Ok(store) => Ok(Ok(store)),
            Err(error) => damage(error).map(Err),
        }
    }

    fn try_open(path: &Path, options: &Options) -> Result<Self, Error> {
        let config = sled::Config::new()
            .path(path)
            .segment_size(SEGMENT_BYTES)
            .cache_capacity(options.cache_bytes)
            .flush_every_ms(Some(FLUSH_INTERVAL_MS));
        let open = || guarded("open", path, || config.open()?.open_tree(TREE));
        let mut opened = open();
        for _ in 1..LOCK_ATTEMPTS {
            if !opened.as_ref().is_err_and(is_locked) {
                break;
            }
            thread::sleep(LOCK_RETRY_DELAY);
            opened = open();
        }
        let tree = opened?;
        let name = path.join("db");
        let file = File::open(&name).map_err(Error::io("open", &name))?;
        let store = Self {
            path: path.to_path_buf(),
            tree,
            merged: Arc::new(MergedFiles::open(path.join(MERGED))?),
            unsynced: AtomicUsize::new(0),
            bytes: AtomicU64::new(0),
            file,
            sync: options.sync,
        };
        store.sync_new_files()?;
        Ok(store)
    }

    /// Syncs the database's configuration and directory, which sled does not.
    fn sync_new_files(&self) -> Result<(), Error> {
        let conf = self.path.join("conf");
        let open = File::open(&conf).map_err(Error::io("open", &conf))?;
        open.sync_all().map_err(Error::io("sync", &conf))?;
        self.file
            .sync_all()
            .map_err(Error::io("sync", &self.path))?;
        durable::sync_dir(&self.path)
    }

    /// Inserts rows in order. Returns their size in bytes. This is three times as fast as a sled
    /// batch, which flushes sled's buffer before and after, but a crash may keep only the first
    /// rows.
    pub(crate) fn insert(&self, rows: impl Iterator<Item = Row>) -> Result<usize, Error> {
        guarded("write", &self.path, || {
            let mut bytes = 0;
            for (key, value) in rows {
                let row = key.len() + value.len();
                self.tree.insert(key, value)?;
                self.unsynced.fetch_add(row, Ordering::Relaxed);
                bytes += row;
            }
            self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
            Ok(bytes)
        })
    }

    /// Removes a row of this size. sled does not write the row again, but now and then what remains
    /// of its leaf.
    pub(crate) fn remove(&self, key: &[u8], bytes: usize) -> Result<(), Error> {
        guarded("write", &self.path, || self.tree.remove(key))?;
        self.unsynced.fetch_add(bytes / 2, Ordering::Relaxed);
        let subtract = |all: u64| Some(all.saturating_sub(bytes as u64));
        let order = Ordering::Relaxed;
        // Never fails: `subtract` always returns a value.
        self.bytes
            .fetch_update(order, order, subtract)
            .unwrap_or_default();
        Ok(())
    }

    /// Bytes of rows in sled, an estimate.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    pub(crate) fn set_bytes(&self, bytes: u64) {
        self.bytes.store(bytes, Ordering::Relaxed);
    }

    /// Bytes written to sled since the last barrier started.
    pub(crate) fn unsynced(&self) -> usize {
        self.unsynced.load(Ordering::Relaxed)
    }

    /// Makes all previous writes durable. sled's `flush` alone calls only `sync_file_range`: 19 of
    /// 25 simulated power cuts lost flushed data, and none did with this sync.
    pub(crate) fn barrier(&self) -> Result<(), Error> {
        self.unsynced.store(0, Ordering::Relaxed);
        #[expect(clippy::disallowed_methods, reason = "the sync follows")]
        guarded("flush", &self.path, || self.tree.flush())?;
        if self.sync {
            self.file
                .sync_data()
                .map_err(Error::io("sync", &self.path))?;
        }
        Ok(())
    }
}

/// Calls sled and turns its panics, which some damage causes, into errors.
pub(crate) fn guarded<T>(
    action: &'static str,
    path: &Path,
    call: impl FnOnce() -> sled::Result<T>,
) -> Result<T, Error> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(Error::Sled {
            action,
            path: path.to_path_buf(),
            source: Box::new(error),
        }),
        Err(panic) => {
            let message = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| panic.downcast_ref::<&str>().copied())
                .unwrap_or("no message");
            Err(Error::SledPanicked {
                action,
                path: path.to_path_buf(),
                message: message.to_owned(),
            })
        }
    }
}

/// Returns the reason if the error means that the database is damaged; any other error otherwise.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "a filter: all other errors are passed on"
)]
fn damage(error: Error) -> Result<String, Error> {
    let locked = is_locked(&error);
    match error {
        Error::SledPanicked { message, .. } => Ok(format!("panic: {message}")),
        Error::Sled { path, .. } if locked => Err(Error::Locked { dir: path }),
        Error::Sled {
            source,
            action,
            path,
        } => match source.downcast_ref::<sled::Error>() {
            Some(sled::Error::Io(io)) if is_environment(io) => Err(Error::Sled {
                action,
                path,
                source,
            }),
            Some(_) | None => Ok(source.to_string()),
        },
        other => Err(other),
    }
}

/// sled reports a failed lock as a generic I/O error, so only its text identifies it.
fn is_locked(error: &Error) -> bool {
    let Error::Sled { source, .. } = error else {
        return false;
    };
    let Some(sled::Error::Io(io)) = source.downcast_ref::<sled::Error>() else {
        return false;
    };
    io.to_string().contains("could not acquire lock")
}

/// Whether the operating system failed, as opposed to sled rejecting what it read.
fn is_environment(error: &io::Error) -> bool {
    use io::ErrorKind as Kind;
    error.raw_os_error().is_some()
        || matches!(
            error.kind(),
            Kind::StorageFull
                | Kind::PermissionDenied
                | Kind::ReadOnlyFilesystem
                | Kind::QuotaExceeded
                | Kind::OutOfMemory
        )
}

/// Deletes snapshots. sled recovers without them, more slowly.
fn remove_snapshots(dir: &Path, which: impl Fn(&str) -> bool) -> Result<(), Error> {
    for entry in fs::read_dir(dir).map_err(Error::io("list", dir))? {
        let path = entry.map_err(Error::io("list", dir))?.path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        if name.starts_with("snap.") && which(name) {
            tracing::warn!(path = %path.display(), "deleting a sled snapshot");
            durable::remove_file(&path)?;
        }
    }
    Ok(())
}
