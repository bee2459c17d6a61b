//! The pipeline's second half: sled, the acknowledgement, and sled's barrier.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender};

use crate::commit::state::{Shared, Submitted, fail};
use crate::copy::sled_copy;
use crate::copy::store::{Store, UNSYNCED_BYTES_MAX};
use crate::head::{Committed, Head};
use crate::journal::frame::{self, FrameRef, Parsed};

/// Bytes of ours in sled without a barrier from which the applier waits for one. sled writes about
/// twice that, and a power cut is safe while it is less than its segment of 8 MiB.
const UNSYNCED_BYTES_WAIT: usize = 2 * UNSYNCED_BYTES_MAX;
/// Writes synced groups to sled, and tells those who wait.
pub(crate) struct Applier {
    pub(crate) store: Arc<Store>,
    pub(crate) shared: Arc<Shared>,
    /// Bytes written to sled since the last barrier began.
    pub(crate) unsynced: Arc<AtomicUsize>,
    pub(crate) request: SyncSender<()>,
}

impl Applier {
    pub(crate) fn run(self, applied: &Receiver<Vec<Submitted>>) {
        while let Ok(group) = applied.recv() {
            self.apply(group);
            let unsynced = self.unsynced.load(Ordering::Relaxed);
            if unsynced >= UNSYNCED_BYTES_WAIT {
                self.request.send(()).unwrap_or_default();
            } else if unsynced >= UNSYNCED_BYTES_MAX {
                self.request.try_send(()).unwrap_or_default();
            }
        }
    }

    fn apply(&self, group: Vec<Submitted>) {
        if self.shared.check().is_err() {
            return fail(group, &self.shared, None);
        }
        let rows = sled_copy::rows(group.iter().filter_map(|one| parsed(&one.frame.bytes)));
        match self.store.insert(rows) {
            Ok(bytes) => self.unsynced.fetch_add(bytes, Ordering::Relaxed),
            Err(error) => {
                self.shared.poison(&error);
                return fail(group, &self.shared, Some(error));
            }
        };
        for Submitted { frame, done } in group {
            let (first_position, last_position, hash) = (frame.first, frame.last(), frame.hash);
            self.shared.advance(Head {
                position: last_position,
                hash,
            });
            done(Ok(Committed {
                first_position,
                last_position,
                hash,
            }));
        }
    }
}

/// The frame in bytes that were just encoded here.
fn parsed(bytes: &[u8]) -> Option<FrameRef<'_>> {
    match frame::parse(bytes) {
        Parsed::Frame(frame) => Some(frame),
        _ => None,
    }
}
