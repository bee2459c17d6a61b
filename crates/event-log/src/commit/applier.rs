//! Writes committed frames to sled and acknowledges them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender};
use std::thread;
use std::time::Duration;

use crate::commit::state::{Batch, Shared, Submitted};
use crate::copy::page;
use crate::copy::store::{Store, UNSYNCED_BYTES_MAX};
use crate::head::Committed;

/// Unsynced bytes in sled from which the applier waits for a barrier. sled writes about twice as
/// much, and survives a power cut while that is less than its segment of 8 MiB.
const UNSYNCED_BYTES_WAIT: usize = 2 * UNSYNCED_BYTES_MAX;

/// Interval at which the applier checks whether a merge has made room.
const MERGE_POLL: Duration = Duration::from_millis(1);

pub(crate) struct Applier {
    pub(crate) store: Arc<Store>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) request_barrier: SyncSender<()>,
    pub(crate) wake_merger: SyncSender<()>,
    /// Bytes of rows after which the merger looks for work.
    pub(crate) wake_bytes: u64,
    /// Bytes of rows written since it was woken.
    pub(crate) unmerged: u64,
    /// Whether it runs.
    pub(crate) merging: Arc<AtomicBool>,
    /// Bytes of rows in sled from which the applier waits while it runs.
    pub(crate) full_bytes: u64,
}

impl Applier {
    pub(crate) fn run(mut self, batches: &Receiver<Batch>) {
        while let Ok(batch) = batches.recv() {
            self.apply(batch);
            let unsynced = self.store.unsynced();
            if unsynced >= UNSYNCED_BYTES_WAIT {
                self.request_barrier.send(()).unwrap_or_default();
            } else if unsynced >= UNSYNCED_BYTES_MAX {
                self.request_barrier.try_send(()).unwrap_or_default();
            }
            if self.unmerged >= self.wake_bytes {
                self.unmerged = 0;
                // If the channel is full, the merger is about to run anyway.
                self.wake_merger.try_send(()).unwrap_or_default();
            }
            // Merging a row takes about as long as writing it, so only a flood gets here.
            while self.store.bytes() >= self.full_bytes && self.merging.load(Ordering::Relaxed) {
                thread::sleep(MERGE_POLL);
            }
        }
    }

    fn apply(&mut self, batch: Batch) {
        if self.shared.check().is_err() {
            return self.shared.fail(batch, None);
        }
        let frames = batch.iter().map(|submitted| submitted.frame.as_ref());
        match self
            .store
            .insert(frames.flat_map(|frame| page::rows(&frame)))
        {
            Ok(bytes) => self.unmerged += bytes as u64,
            Err(error) => {
                self.shared.poison(&error);
                return self.shared.fail(batch, Some(error));
            }
        }
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
