//! Makes sled durable in the background.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use crate::commit::state::Shared;
use crate::copy::store::Store;

/// How long what was written to sled may wait for a barrier. Design, section 5.
const BARRIER_EVERY: Duration = Duration::from_secs(1);

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
