//! Writing what the journal has into sled.

use crate::Error;
use crate::copy::sled_copy;
use crate::copy::store::{Store, UNSYNCED_BYTES_MAX};
use crate::error::Ranges;
use crate::head::Head;
use crate::journal::chain::{Walk, Walked, push_damage};

/// Writes every frame behind position `after` into sled, until `head`; how many events that were.
/// `Err` with the damage where the journal has not all of them.
pub(crate) fn replay(
    mut walk: Walk,
    store: &Store,
    after: u64,
    head: Head,
) -> Result<Result<u64, Ranges>, Error> {
    let (mut unsynced, mut events) = (0, 0);
    let mut damage = Ranges::default();
    loop {
        match walk.next()? {
            Walked::Frame(_) => {
                let Some(frame) = walk.frame() else { continue };
                if frame.header.first <= after || frame.header.last() > head.position {
                    continue;
                }
                events += u64::from(frame.header.count);
                unsynced += store.insert(sled_copy::rows(std::iter::once(frame)))?;
            }
            Walked::Damage(found) => push_damage(&mut damage, &found, head.position),
            Walked::End => break,
        }
        if unsynced >= UNSYNCED_BYTES_MAX {
            store.barrier()?;
            unsynced = 0;
        }
    }
    store.barrier()?;
    Ok(if damage.0.is_empty() {
        Ok(events)
    } else {
        Err(damage)
    })
}
