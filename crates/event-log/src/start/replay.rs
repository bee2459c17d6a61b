use std::path::Path;

use crate::copy::page;
use crate::copy::store::{Store, UNSYNCED_BYTES_MAX};
use crate::error::{Error, Ranges};
use crate::journal::chain::{ChainReader, ChainStep};

/// Writes the journal's frames after position `after` and up to `end` to sled. Returns the number
/// of events. Fails with [`Error::JournalDamaged`] if the journal lacks any of them.
pub(crate) fn replay(
    dir: &Path,
    mut chain: ChainReader,
    store: &Store,
    (after, end): (u64, u64),
) -> Result<u64, Error> {
    let (mut unsynced, mut events) = (0, 0);
    let mut damage = Ranges::default();
    while let Some(step) = chain.next()? {
        match step {
            ChainStep::Frame(frame, _)
                if frame.header.first > after && frame.header.last() <= end =>
            {
                events += u64::from(frame.header.count);
                unsynced += store.insert(page::rows(&frame).into_iter())?;
            }
            ChainStep::Frame(..) => {}
            ChainStep::Damage(found) => damage.push(found.range(end)),
        }
        if unsynced >= UNSYNCED_BYTES_MAX {
            store.barrier()?;
            unsynced = 0;
        }
    }
    store.barrier()?;
    if damage.is_empty() {
        Ok(events)
    } else {
        Err(Error::journal_damaged(dir, damage))
    }
}
