use std::path::Path;

use crate::copy::page::{self, Row};
use crate::copy::store::{Store, UNSYNCED_BYTES_MAX};
use crate::error::{Error, Ranges};
use crate::journal::chain::{ChainReader, ChainStep};

/// Where [`replay`] writes rows.
#[derive(Clone, Copy)]
pub(crate) enum Target {
    Sled,
    /// Merged files, each closed from this length of rows, and the last rows to sled. The store
    /// must be empty.
    Merged {
        file_bytes: u64,
    },
}

/// Writes the journal's frames after position `after` and up to `end` to the copy. Returns the
/// number of events. Fails with [`Error::JournalDamaged`] if the journal lacks any of them.
pub(crate) fn replay(
    dir: &Path,
    mut chain: ChainReader,
    (store, target): (&Store, Target),
    (after, end): (u64, u64),
) -> Result<u64, Error> {
    let mut events = 0;
    let mut damage = Ranges::default();
    let mut rows = Pending::default();
    while let Some(step) = chain.next()? {
        match step {
            ChainStep::Frame(frame, _)
                if frame.header.first > after && frame.header.last() <= end =>
            {
                events += u64::from(frame.header.count);
                rows.add(page::rows(&frame), frame.header.first);
                match target {
                    Target::Sled => rows.insert(store)?,
                    Target::Merged { file_bytes } if rows.bytes >= file_bytes => {
                        rows.merge(store, frame.header.last())?;
                    }
                    Target::Merged { .. } => {}
                }
            }
            ChainStep::Frame(..) => {}
            ChainStep::Damage(found) => damage.push(found.range(end)),
        }
    }
    rows.insert(store)?;
    store.barrier()?;
    if damage.is_empty() {
        Ok(events)
    } else {
        Err(Error::journal_damaged(dir, damage))
    }
}

/// Rows of complete frames that are not yet written.
#[derive(Default)]
struct Pending {
    rows: Vec<Row>,
    bytes: u64,
    /// Position of the first.
    first: u64,
}

impl Pending {
    fn add(&mut self, rows: Vec<Row>, first: u64) {
        if self.rows.is_empty() {
            self.first = first;
        }
        for (key, mut value) in rows {
            self.bytes += value.len() as u64;
            // A page has room for 4 KiB, and there are many.
            value.shrink_to_fit();
            self.rows.push((key, value));
        }
    }

    fn insert(&mut self, store: &Store) -> Result<(), Error> {
        self.bytes = 0;
        for row in self.rows.drain(..) {
            store.insert(std::iter::once(row))?;
            if store.unsynced() >= UNSYNCED_BYTES_MAX {
                store.barrier()?;
            }
        }
        Ok(())
    }

    fn merge(&mut self, store: &Store, last: u64) -> Result<(), Error> {
        let mut writer = store.merged.create(self.first)?;
        for row in self.rows.drain(..) {
            writer.push(&row)?;
        }
        self.bytes = 0;
        store.merged.install(writer, last)
    }
}
