//! Merges old rows of sled in the background.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, TryRecvError};
use std::thread;
use std::time::Duration;

use crate::commit::state::Shared;
use crate::copy::merging::Merging;
use crate::copy::store::{Store, UNSYNCED_BYTES_MAX};

/// Pause after each row while little is to be merged, so that a merge does not delay commits. The
/// timer of Linux makes it about twice as long.
const PAUSE: Duration = Duration::from_micros(50);

pub(crate) struct Merger {
    pub(crate) store: Arc<Store>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) merging: Merging,
    /// Whether a merge runs.
    pub(crate) running: Arc<AtomicBool>,
}

impl Merger {
    /// Merges at every wakeup. Ends soon after the sender is dropped: the next start continues an
    /// interrupted merge.
    pub(crate) fn run(self, wakeups: &Receiver<()>) {
        while wakeups.recv().is_ok() {
            let head = || self.shared.head().position;
            let running = Running::new(&self.running);
            let merged = self.merging.run(head, || self.pace(wakeups));
            drop(running);
            if let Err(error) = merged {
                let error = error.with_causes();
                tracing::error!(error, "cannot merge rows of the sled copy");
            }
        }
    }

    /// Syncs what the merge has written to sled before it is too much, and breaks at the end.
    fn pace(&self, wakeups: &Receiver<()>) -> ControlFlow<()> {
        if self.shared.check().is_err() || wakeups.try_recv() == Err(TryRecvError::Disconnected) {
            return ControlFlow::Break(());
        }
        if self.store.unsynced() >= UNSYNCED_BYTES_MAX
            && let Err(error) = self.store.barrier()
        {
            self.shared.poison(&error);
            return ControlFlow::Break(());
        }
        if !self.merging.is_behind() {
            thread::sleep(PAUSE);
        }
        ControlFlow::Continue(())
    }
}

/// Sets a flag for its lifetime, which a panic ends as well.
struct Running<'a>(&'a AtomicBool);

impl<'a> Running<'a> {
    fn new(flag: &'a AtomicBool) -> Self {
        flag.store(true, Ordering::Relaxed);
        Self(flag)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}
