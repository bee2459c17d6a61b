use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use event_log::Head;

use crate::database::Database;
use crate::place::{Current, Place};
use crate::{Changes, Error, Options, Snapshot};

/// The store could not be read and was replaced by an empty one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discarded {
    /// What was wrong with it.
    pub reason: String,
}

/// A handle to a store. Its clones are handles to the same store, for readers on other threads.
/// One of them writes.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

struct Shared {
    database: Arc<Database>,
    options: Options,
    /// Locked during a write.
    writer: Mutex<()>,
    checkpoint: Mutex<Option<Head>>,
    place: Arc<Place>,
}

impl Store {
    /// Opens or creates the store in `dir`, which must contain nothing else. A store is replaced by
    /// an empty one if it has another format version or is damaged, and also if damage was found
    /// while it was last open. Rows of an unfinished rebuild are removed.
    pub fn open(dir: &Path, options: Options) -> Result<(Self, Option<Discarded>), Error> {
        let place = Arc::new(Place::open(dir)?);
        let reason = match place.current()? {
            Current::New => return Ok((Self::create(place, options)?, None)),
            Current::Unknown(reason) => reason.to_owned(),
            Current::Rows(number) => {
                place.remove_others(number)?;
                match Self::open_rows(&place, number, options) {
                    Ok(Some(store)) => return Ok((store, None)),
                    Ok(None) => {
                        let dir = dir.display();
                        tracing::info!(%dir, "removing rows of an unfinished rebuild");
                        return Ok((Self::create(place, options)?, None));
                    }
                    Err(error) if error.is_damage() => error.to_string(),
                    Err(error) => return Err(error),
                }
            }
        };
        tracing::error!(dir = %dir.display(), reason, "discarding the projections");
        Ok((Self::create(place, options)?, Some(Discarded { reason })))
    }

    /// Opens existing rows. Returns `None` for those of an unfinished rebuild.
    fn open_rows(place: &Arc<Place>, number: u64, options: Options) -> Result<Option<Self>, Error> {
        let database = Arc::new(Database::open(
            &place.rows(number),
            options.cache_bytes,
            false,
        )?);
        let checkpoint = Snapshot::new(&database)?.checkpoint()?;
        if checkpoint.is_none() && !database.is_empty()? {
            return Ok(None);
        }
        Ok(Some(Self::new(
            database,
            Arc::clone(place),
            options,
            checkpoint,
        )))
    }

    /// Creates an empty store in the place of the current one.
    fn create(place: Arc<Place>, options: Options) -> Result<Self, Error> {
        let number = place.unused()?;
        let database = Database::open(&place.rows(number), options.cache_bytes, true)?;
        place.set_current(number)?;
        Ok(Self::new(Arc::new(database), place, options, None))
    }

    fn new(
        database: Arc<Database>,
        place: Arc<Place>,
        options: Options,
        checkpoint: Option<Head>,
    ) -> Self {
        let shared = Shared {
            database,
            options,
            writer: Mutex::new(()),
            checkpoint: Mutex::new(checkpoint),
            place,
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// The last event that is folded into the rows; `None` before the first write and during a
    /// rebuild. Compare it with [`Reader::hash_at`](event_log::Reader::hash_at) before using the
    /// rows.
    pub fn checkpoint(&self) -> Option<Head> {
        *self
            .shared
            .checkpoint
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes rows and checkpoint, all or none. They survive a kill of the process, but are synced
    /// later. After an error other than that of a row the store accepts no more writes.
    pub fn write(&self, changes: &Changes, checkpoint: Head) -> Result<(), Error> {
        changes.check()?;
        let _writer = self
            .shared
            .writer
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        self.shared.database.write(changes, checkpoint)?;
        self.set_checkpoint(Some(checkpoint));
        Ok(())
    }

    /// Writes rows of a rebuild as tables: without a journal, and without keeping them in memory.
    /// Call it with many rows at a time, because small tables must be merged. The rows can be read
    /// at once, but take effect with the next write that has a checkpoint: until then the store has
    /// none, and is empty when it is opened again.
    pub fn write_unfinished(&self, changes: &Changes) -> Result<(), Error> {
        changes.check()?;
        let _writer = self
            .shared
            .writer
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if self.checkpoint().is_some() {
            self.shared.database.remove_checkpoint()?;
            self.set_checkpoint(None);
        }
        self.shared.database.ingest(changes)
    }

    fn set_checkpoint(&self, checkpoint: Option<Head>) {
        *self
            .shared
            .checkpoint
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = checkpoint;
    }

    /// Removes every row and the checkpoint. For rows of another log, and after damage. Other
    /// handles and snapshots must not be used any more: their reads may fail.
    pub fn clear(self) -> Result<Self, Error> {
        let (place, options) = (Arc::clone(&self.shared.place), self.shared.options);
        drop(self);
        Self::create(place, options)
    }

    /// Has the next open replace the store by an empty one, because its owner cannot read a row.
    pub fn mark_damaged(&self, reason: &str) {
        self.shared.database.mark_damaged(reason);
    }

    /// Returns the rows as they are now.
    pub fn snapshot(&self) -> Result<Snapshot, Error> {
        Snapshot::new(&self.shared.database)
    }
}
