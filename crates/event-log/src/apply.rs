//! The pipeline's second half: sled, the acknowledgement, and sled's barrier.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::Duration;

use crate::commit::{Shared, Submitted, fail};
use crate::copy;
use crate::frame::{self, FrameRef, Parsed};
use crate::log::{Committed, Head};
use crate::store::{Store, UNSYNCED_BYTES_MAX};

/// Bytes of ours in sled without a barrier from which the applier waits for one. sled writes about
/// twice that, and a power cut is safe while it is less than its segment of 8 MiB.
const UNSYNCED_BYTES_WAIT: usize = 2 * UNSYNCED_BYTES_MAX;
/// How long what was written to sled may wait for a barrier. Design, section 5.
const BARRIER_EVERY: Duration = Duration::from_secs(1);

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
        let rows = copy::rows(group.iter().filter_map(|one| parsed(&one.frame.bytes)));
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

/// Makes sled durable beside the applier, which goes on writing to it meanwhile.
pub(crate) struct Barrier {
    pub(crate) store: Arc<Store>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) unsynced: Arc<AtomicUsize>,
}

impl Barrier {
    /// Runs when asked, once a second, and at the end.
    pub(crate) fn run(self, requests: &Receiver<()>) {
        while requests.recv_timeout(BARRIER_EVERY) != Err(RecvTimeoutError::Disconnected) {
            self.barrier();
        }
        self.barrier();
    }

    /// After a failed one sled may hold less than it was given, and the disk is failing: the log
    /// stops, and the next start compares the copies.
    fn barrier(&self) {
        let unsynced = self.unsynced.swap(0, Ordering::Relaxed);
        if unsynced > 0
            && self.shared.check().is_ok()
            && let Err(error) = self.store.barrier()
        {
            self.shared.poison(&error);
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
