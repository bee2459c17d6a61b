//! Writing what the journal has into sled.

use crate::copy;
use crate::error::{Range, Ranges};
use crate::frame::{self, FrameRef, Parsed};
use crate::log::Head;
use crate::store::{Store, UNSYNCED_BYTES_MAX};
use crate::walk::{Damage, Walk, Walked};
use crate::{Error, GENESIS};

/// Bytes of frames that go to sled as one batch: a batch is applied all or none, so it must stay
/// well under a segment.
const BATCH_BYTES: usize = 256 * 1024;

/// Writes every frame behind position `after` into sled, until `head`; how many events that were.
/// `Err` with the damage where the journal has not all of them.
pub(crate) fn replay(
    mut walk: Walk,
    store: &Store,
    after: u64,
    head: Head,
) -> Result<Result<u64, Ranges>, Error> {
    let mut frames: Vec<Vec<u8>> = Vec::new();
    let (mut waiting, mut unsynced, mut events) = (0, 0, 0);
    let mut damage = Ranges::default();
    loop {
        match walk.next()? {
            Walked::Frame(_) => {
                let Some(frame) = walk.frame() else { continue };
                if frame.header.first <= after || frame.header.last() > head.position {
                    continue;
                }
                events += u64::from(frame.header.count);
                waiting += frame.bytes.len();
                frames.push(frame.bytes.to_vec());
            }
            Walked::Damage(found) => push_damage(&mut damage, &found, head.position),
            Walked::End => break,
        }
        if waiting >= BATCH_BYTES {
            unsynced += write(store, &mut frames)?;
            waiting = 0;
        }
        if unsynced >= UNSYNCED_BYTES_MAX {
            store.barrier()?;
            unsynced = 0;
        }
    }
    write(store, &mut frames)?;
    store.barrier()?;
    Ok(if damage.0.is_empty() {
        Ok(events)
    } else {
        Err(damage)
    })
}

/// Adds the positions that damage costs, as far as they lie up to `head`.
pub(crate) fn push_damage(ranges: &mut Ranges, damage: &Damage, head: u64) {
    let last = damage
        .last
        .unwrap_or(head.max(damage.first))
        .max(damage.first);
    ranges.push(Range {
        first: damage.first,
        last,
    });
}

fn write(store: &Store, frames: &mut Vec<Vec<u8>>) -> Result<usize, Error> {
    let refs = frames.iter().filter_map(|bytes| match frame::parse(bytes) {
        Parsed::Frame(frame) => Some(frame),
        _ => None,
    });
    let (batch, bytes) = copy::batch(refs.collect::<Vec<FrameRef<'_>>>().into_iter());
    store.apply(batch)?;
    frames.clear();
    Ok(bytes)
}

/// The start of every log.
pub(crate) const NOTHING: Head = Head {
    position: 0,
    hash: GENESIS,
};
