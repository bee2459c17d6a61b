//! Syncs sled in the background, while the applier continues to write to it.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use crate::commit::state::Shared;
use crate::copy::store::Store;

/// Maximum time between a write to sled and its barrier.
const BARRIER_INTERVAL: Duration = Duration::from_secs(1);

pub(crate) struct Barrier {
    pub(crate) store: Arc<Store>,
    pub(crate) shared: Arc<Shared>,
}

impl Barrier {
    /// Syncs on request, every [`BARRIER_INTERVAL`], and at the end.
    pub(crate) fn run(self, requests: &Receiver<()>) {
        while requests.recv_timeout(BARRIER_INTERVAL) != Err(RecvTimeoutError::Disconnected) {
            self.sync();
        }
        self.sync();
    }

    /// A failure poisons the log: sled may have lost writes, and the disk is failing.
    fn sync(&self) {
        if self.store.unsynced() > 0
            && self.shared.check().is_ok()
            && let Err(error) = self.store.barrier()
        {
            self.shared.poison(&error);
        }
    }
}
