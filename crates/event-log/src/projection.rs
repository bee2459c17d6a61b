use std::path::{Path, PathBuf};

use crate::store::{Found, How, Store, guarded};
use crate::{Error, Hash, durable};

/// Longest row, key and value together, 64 KiB: 17 rows share a leaf before sled splits it, and a
/// leaf of 2 MiB would spill into `blobs/`, which sled never syncs.
pub const PROJECTION_VALUE_BYTES_MAX: usize = 64 * 1024;

/// What sled may keep in memory. Projections are read once, at start.
const CACHE_BYTES: u64 = 16 * 1024 * 1024;

/// The checkpoint's key; rows have [`ROW`] before theirs.
const CHECKPOINT: [u8; 1] = [0];
const ROW: u8 = 1;
/// Written once, when the store is made: without it sled has opened something else than what was
/// there, which it does not report.
const MADE: [u8; 1] = [2];

/// A key and its new value; `None` removes it.
pub type Row = (Vec<u8>, Option<Vec<u8>>);

/// Up to which event of the log the rows are folded. Compare it with
/// [`Reader::hash_at`](crate::Reader::hash_at) before believing the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Position of the last event that is in the rows.
    pub position: u64,
    /// Hash of the frame that ends there.
    pub hash: Hash,
}

/// The store could not be opened and was begun anew, empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discarded {
    /// What was wrong with the old one, in words.
    pub reason: String,
}

/// Rows of bytes that can be computed again from the log, kept so that a start is quick. Because of
/// that it makes no second copy and never refuses to open for damage: it begins anew.
pub struct ProjectionStore {
    store: Store,
}

impl ProjectionStore {
    /// Opens or creates the store in `dir`, a directory of its own. One that is damaged is deleted
    /// and begun anew, and the caller is told why.
    pub fn open(dir: &Path) -> Result<(Self, Option<Discarded>), Error> {
        if !dir.join("db").exists() {
            return Ok((Self::anew(dir)?, None));
        }
        let reason = match Store::open(dir, how())? {
            Found::Open(store) => match guarded("read", dir, || store.tree.get(MADE)) {
                Ok(Some(_)) => return Ok((Self { store }, None)),
                Ok(None) => "it opened empty".to_owned(),
                Err(error) => error.to_string(),
            },
            Found::Broken(reason) => reason,
        };
        tracing::error!(dir = %dir.display(), %reason, "the projections are begun anew");
        Ok((Self::anew(dir)?, Some(Discarded { reason })))
    }

    /// Deletes every row and the checkpoint: for rows of another version, or a read that failed.
    pub fn clear(self) -> Result<Self, Error> {
        let dir = self.store.path.clone();
        drop(self);
        Self::anew(&dir)
    }

    /// Up to where the rows go; `None` before the first write.
    pub fn checkpoint(&self) -> Result<Option<Checkpoint>, Error> {
        let value = guarded("read", self.path(), || self.store.tree.get(CHECKPOINT))?;
        Ok(value.as_deref().and_then(|value| {
            let (position, hash) = value.split_first_chunk::<8>()?;
            let hash = Hash(hash.try_into().ok()?);
            Some(Checkpoint {
                position: u64::from_be_bytes(*position),
                hash,
            })
        }))
    }

    /// Calls `visit` with every key and value, in the order of the keys. After an error the store is
    /// damaged: [`clear`](Self::clear) it and fold the log again.
    pub fn for_each(&self, mut visit: impl FnMut(&[u8], &[u8])) -> Result<(), Error> {
        for row in self.store.tree.scan_prefix([ROW]) {
            let (key, value) = guarded("read", self.path(), || row)?;
            if let Some((_, key)) = key.split_first() {
                visit(key, &value);
            }
        }
        Ok(())
    }

    /// Writes rows and checkpoint, all or none, and waits until they are durable. A row that occurs
    /// twice has its last value. Rows of some MiB at once are fine; of more than 8 MiB, sled's
    /// segment, a power cut may cost the whole store, which costs time and nothing else.
    pub fn write(&self, batch: Vec<Row>, checkpoint: Checkpoint) -> Result<(), Error> {
        let mut rows = sled::Batch::default();
        for (key, value) in batch {
            let bytes = key.len() + value.as_ref().map_or(0, Vec::len);
            if bytes > PROJECTION_VALUE_BYTES_MAX {
                return Err(Error::RowTooLarge { bytes });
            }
            let key = [&[ROW][..], &key].concat();
            match value {
                Some(value) => rows.insert(key, value),
                None => rows.remove(key),
            }
        }
        let value = [&checkpoint.position.to_be_bytes()[..], &checkpoint.hash.0].concat();
        rows.insert(&CHECKPOINT, value);
        self.store.apply(rows)?;
        self.store.barrier()
    }

    fn anew(dir: &Path) -> Result<Self, Error> {
        durable::remove_dir(dir)?;
        match Store::open(dir, how())? {
            Found::Open(store) => {
                store.insert(std::iter::once((MADE.to_vec(), Vec::new())))?;
                store.barrier()?;
                Ok(Self { store })
            }
            Found::Broken(message) => Err(Error::SledPanicked {
                action: "create",
                path: PathBuf::from(dir),
                message,
            }),
        }
    }

    fn path(&self) -> &Path {
        &self.store.path
    }
}

fn how() -> How {
    How {
        tree: "rows",
        cache_bytes: CACHE_BYTES,
        sync: true,
    }
}
