//! Writes committed frames to sled and acknowledges them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender};

use crate::commit::state::{Batch, Shared, Submitted};
use crate::copy::page;
use crate::copy::store::{Store, UNSYNCED_BYTES_MAX};
use crate::head::Committed;

/// Unsynced bytes in sled from which the applier waits for a barrier. sled writes about twice as
/// much, and survives a power cut while that is less than its segment of 8 MiB.
const UNSYNCED_BYTES_WAIT: usize = 2 * UNSYNCED_BYTES_MAX;

pub(crate) struct Applier {
    pub(crate) store: Arc<Store>,
    pub(crate) shared: Arc<Shared>,
    /// Bytes written to sled since the last barrier started.
    pub(crate) unsynced: Arc<AtomicUsize>,
    pub(crate) request_barrier: SyncSender<()>,
}

impl Applier {
    pub(crate) fn run(self, batches: &Receiver<Batch>) {
        while let Ok(batch) = batches.recv() {
            self.apply(batch);
            let unsynced = self.unsynced.load(Ordering::Relaxed);
            if unsynced >= UNSYNCED_BYTES_WAIT {
                self.request_barrier.send(()).unwrap_or_default();
            } else if unsynced >= UNSYNCED_BYTES_MAX {
                self.request_barrier.try_send(()).unwrap_or_default();
            }
        }
    }

    fn apply(&self, batch: Batch) {
        if self.shared.check().is_err() {
            return self.shared.fail(batch, None);
        }
        let frames = batch.iter().map(|submitted| submitted.frame.as_ref());
        match self
            .store
            .insert(frames.flat_map(|frame| page::rows(&frame)))
        {
            Ok(bytes) => self.unsynced.fetch_add(bytes, Ordering::Relaxed),
            Err(error) => {
                self.shared.poison(&error);
                return self.shared.fail(batch, Some(error));
            }
        };
        for Submitted { frame, on_commit } in batch {
            let committed = Committed {
                first_position: frame.header.first,
                last_position: frame.header.last(),
                hash: frame.hash,
            };
            self.shared.set_head(committed.head());
            on_commit(Ok(committed));
        }
    }
}
