//! The library with our settings. Its errors and panics become [`Error`].

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use event_log::{Hash, Head};
use fjall::config::{
    BlockSizePolicy, BloomConstructionPolicy, CompressionPolicy, FilterPolicy, FilterPolicyEntry,
    PartitioningPolicy, PinningPolicy, RestartIntervalPolicy,
};
use fjall::{CompressionType, Keyspace, KeyspaceCreateOptions, PersistMode, Readable};

use crate::journals::Older;
use crate::rows::{RESERVED_TAG, Row, sorted};
use crate::{Changes, Error};

/// Key of the checkpoint, which every keyspace has. They differ only if a journal is damaged.
const CHECKPOINT: [u8; 1] = [RESERVED_TAG];

const RESIDENT: &str = "resident";
/// Its directory: it is created first.
pub(crate) const RESIDENT_DIR: &str = "keyspaces/1";
/// The directory of the library's keyspace of names and settings.
pub(crate) const META_DIR: &str = "keyspaces/0";
/// The keyspace of the cold rows.
const COLD: &str = "cold";
/// A file that says that damage was found in these rows.
const DAMAGED: &str = "damaged";

/// Size from which rows in memory are written to a table. A batch may exceed it.
const MEMTABLE_BYTES: u64 = 8 * 1024 * 1024;
/// Size of journals from which the library writes rows to tables, its minimum. A start after a
/// kill reads them.
const JOURNALS_BYTES: u64 = 64 * 1024 * 1024;
/// Open files of tables, of which each has about 64 MiB.
const OPEN_FILES: usize = 256;
/// One thread writes tables and merges them. With two, the library's first thread takes and returns
/// the same job without a pause while the second one merges: it used a fifth of the CPU of a rebuild.
const THREADS: usize = 1;
/// A cold read of a row reads at least one block.
const BLOCK_BYTES: u32 = 4 * 1024;
/// Ten bits per key: one absent key in a hundred costs a read.
const BLOOM_BITS: f32 = 10.0;

/// Tables that wait to be merged, at which a rebuild waits. The library limits only other writes.
const UNMERGED_MAX: usize = 24;
/// How often a rebuild checks whether they are merged.
const MERGE_POLL: Duration = Duration::from_millis(2);

/// An open database.
pub(crate) struct Database {
    dir: PathBuf,
    /// Only `drop` takes it.
    open: Option<Open>,
}

struct Open {
    database: fjall::Database,
    resident: Keyspace,
    cold: Keyspace,
}

impl Database {
    /// Opens the database in `dir`, which must exist, or creates it in an empty or missing one.
    pub(crate) fn open(dir: &Path, cache_bytes: u64, create: bool) -> Result<Self, Error> {
        if !create && !dir.join("version").exists() {
            return Err(Error::damaged("open it", dir, "its rows are missing"));
        }
        if dir.join(DAMAGED).exists() {
            let reason = "damage was found while it was last open";
            return Err(Error::damaged("open it", dir, reason));
        }
        let older = if create {
            None
        } else {
            Some(Older::find(dir)?)
        };
        let open = caught("open it", dir, || Open::new(dir, cache_bytes))?;
        if let Some(older) = older {
            older.check(dir)?;
        }
        Ok(Self {
            dir: dir.to_path_buf(),
            open: Some(open),
        })
    }

    #[expect(clippy::expect_used, reason = "only drop takes it")]
    fn open_parts(&self) -> &Open {
        self.open.as_ref().expect("the database is open")
    }

    /// Calls the library. After damage the rows are not opened again.
    pub(crate) fn call<T>(
        &self,
        action: &'static str,
        call: impl FnOnce() -> fjall::Result<T>,
    ) -> Result<T, Error> {
        let result = caught(action, &self.dir, call);
        if let Err(error) = &result
            && error.is_damage()
        {
            self.mark_damaged(&error.to_string());
        }
        result
    }

    /// Has the next open fail with damage.
    pub(crate) fn mark_damaged(&self, reason: &str) {
        let path = self.dir.join(DAMAGED);
        if let Err(error) = fs::write(&path, reason) {
            tracing::error!(path = %path.display(), %error, "cannot record the damage");
        }
    }

    pub(crate) fn resident(&self) -> &Keyspace {
        &self.open_parts().resident
    }

    pub(crate) fn cold(&self) -> &Keyspace {
        &self.open_parts().cold
    }

    pub(crate) fn snapshot(&self) -> Result<fjall::Snapshot, Error> {
        self.call("read", || Ok(self.open_parts().database.snapshot()))
    }

    /// The checkpoint of the rows that `snapshot` has. An error if the parts differ.
    pub(crate) fn checkpoint(&self, snapshot: &fjall::Snapshot) -> Result<Option<Head>, Error> {
        let resident = self.part_checkpoint(snapshot, self.resident())?;
        if resident != self.part_checkpoint(snapshot, self.cold())? {
            let reason = "its parts have different checkpoints";
            return Err(Error::damaged("read the checkpoint", &self.dir, reason));
        }
        Ok(resident)
    }

    /// The checkpoint of the resident part alone.
    pub(crate) fn resident_checkpoint(
        &self,
        snapshot: &fjall::Snapshot,
    ) -> Result<Option<Head>, Error> {
        self.part_checkpoint(snapshot, self.resident())
    }

    fn part_checkpoint(
        &self,
        snapshot: &fjall::Snapshot,
        part: &Keyspace,
    ) -> Result<Option<Head>, Error> {
        let action = "read the checkpoint";
        let Some(bytes) = self.call(action, || snapshot.get(part, CHECKPOINT))? else {
            return Ok(None);
        };
        let head = decode(&bytes);
        head.map(Some)
            .ok_or_else(|| Error::damaged(action, &self.dir, "it has a wrong size"))
    }

    /// Whether there are no rows, not even a checkpoint.
    pub(crate) fn is_empty(&self) -> Result<bool, Error> {
        self.call("read", || {
            Ok(self.open_parts().resident.is_empty()? && self.open_parts().cold.is_empty()?)
        })
    }

    /// Writes the rows and the checkpoint, all or none.
    pub(crate) fn write(&self, changes: &Changes, checkpoint: Head) -> Result<(), Error> {
        let Open {
            database,
            resident,
            cold,
        } = self.open_parts();
        self.call("write", || {
            let mut batch = database.batch();
            for (keyspace, rows) in [(resident, &changes.resident), (cold, &changes.cold)] {
                for (key, value) in sorted(rows) {
                    match value {
                        Some(value) => batch.insert(keyspace, &**key, &**value),
                        None => batch.remove(keyspace, &**key),
                    }
                }
                batch.insert(keyspace, CHECKPOINT, encode(checkpoint));
            }
            batch.commit()
        })
    }

    /// Removes the checkpoint and syncs that.
    pub(crate) fn remove_checkpoint(&self) -> Result<(), Error> {
        let Open {
            database,
            resident,
            cold,
        } = self.open_parts();
        self.call("remove the checkpoint", || {
            let mut batch = database.batch().durability(Some(PersistMode::SyncAll));
            batch.remove(resident, CHECKPOINT);
            batch.remove(cold, CHECKPOINT);
            batch.commit()
        })
    }

    /// Writes the rows as tables, without the journal.
    pub(crate) fn ingest(&self, changes: &Changes) -> Result<(), Error> {
        self.ingest_part(&self.open_parts().resident, &changes.resident)?;
        self.ingest_part(&self.open_parts().cold, &changes.cold)
    }

    fn ingest_part(&self, keyspace: &Keyspace, rows: &[Row]) -> Result<(), Error> {
        self.call("write", || {
            let mut ingestion = keyspace.start_ingestion()?;
            for (key, value) in sorted(rows) {
                match value {
                    Some(value) => ingestion.write(&**key, &**value)?,
                    None => ingestion.write_tombstone(&**key)?,
                }
            }
            ingestion.finish()?;
            while keyspace.l0_table_count() > UNMERGED_MAX {
                // Fails if the threads that merge have stopped.
                self.open_parts().database.persist(PersistMode::Buffer)?;
                std::thread::sleep(MERGE_POLL);
            }
            Ok(())
        })
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let open = self.open.take();
        let closed = self.call("close it", || {
            drop(open);
            Ok(())
        });
        if let Err(error) = closed {
            tracing::error!(dir = %self.dir.display(), %error, "cannot close the projections");
        }
    }
}

impl Open {
    fn new(dir: &Path, cache_bytes: u64) -> fjall::Result<Self> {
        let database = fjall::Database::builder(dir)
            .cache_size(cache_bytes)
            .worker_threads(THREADS)
            .max_journaling_size(JOURNALS_BYTES)
            .max_cached_files(Some(OPEN_FILES))
            .open()?;
        let resident = database.keyspace(RESIDENT, keyspace_options)?;
        let cold = database.keyspace(COLD, keyspace_options)?;
        Ok(Self {
            database,
            resident,
            cold,
        })
    }
}

/// The settings of both keyspaces. Blocks of indexes and filters are in the cache, not pinned, so
/// that memory does not grow with the number of rows.
fn keyspace_options() -> KeyspaceCreateOptions {
    let bloom = BloomConstructionPolicy::BitsPerKey(BLOOM_BITS);
    KeyspaceCreateOptions::default()
        .max_memtable_size(MEMTABLE_BYTES)
        .data_block_size_policy(BlockSizePolicy::all(BLOCK_BYTES))
        .data_block_restart_interval_policy(RestartIntervalPolicy::all(16))
        // Tables of the first level are soon merged.
        .data_block_compression_policy(CompressionPolicy::new([
            CompressionType::None,
            CompressionType::Lz4,
        ]))
        .filter_policy(FilterPolicy::all(FilterPolicyEntry::Bloom(bloom)))
        .index_block_partitioning_policy(PartitioningPolicy::all(true))
        .filter_block_partitioning_policy(PartitioningPolicy::all(true))
        .index_block_pinning_policy(PinningPolicy::all(false))
        .filter_block_pinning_policy(PinningPolicy::all(false))
}

/// Calls the library. It panics in places where damage was not expected.
fn caught<T>(
    action: &'static str,
    dir: &Path,
    call: impl FnOnce() -> fjall::Result<T>,
) -> Result<T, Error> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(result) => result.map_err(|error| Error::library(action, dir, &error)),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
            Err(Error::damaged(
                action,
                dir,
                format!("panicked: {}", text.unwrap_or("no message")),
            ))
        }
    }
}

fn encode(head: Head) -> Vec<u8> {
    let position = head.position.to_be_bytes();
    position.into_iter().chain(head.hash.0).collect()
}

fn decode(bytes: &[u8]) -> Option<Head> {
    let (position, hash) = bytes.split_first_chunk::<8>()?;
    Some(Head {
        position: u64::from_be_bytes(*position),
        hash: Hash(hash.try_into().ok()?),
    })
}
