//! The pipeline behind [`EventLog`](crate::EventLog).
//!
//! ```text
//! submit ─► committer: journal, fdatasync ─► applier: sled, done ─► barrier: sled to the disk
//!                        └─► sealer: zstd
//! ```
//!
//! While the applier writes a group to sled, the committer writes the next one to the journal;
//! `done` waits for both. Frames that wait while a sync runs are written together and share the
//! next one. All queues are bounded; a full one makes the thread before it wait. Each thread ends
//! when the one before it has.

mod applier;
mod barrier;
mod committer;
pub(crate) mod state;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use crate::Error;
use crate::commit::applier::Applier;
use crate::commit::barrier::Barrier;
use crate::commit::committer::Committer;
use crate::commit::state::{Shared, Submitted};
use crate::copy::store::Store;
use crate::journal::sealer;
use crate::journal::writer::Journal;

/// Frames that wait for the committer; the next `submit` waits. 16 frames of at most 200 KB bound
/// the queue to some MB, and are more than a fused group takes.
const WAITING_FRAMES_MAX: usize = 16;
/// Groups that were synced and wait for sled. One is in work, one waits: more would only add delay.
const WAITING_GROUPS_MAX: usize = 1;

/// The threads, in the order in which they end.
pub(crate) struct Threads {
    committer: JoinHandle<()>,
    applier: JoinHandle<()>,
    barrier: JoinHandle<()>,
    sealer: JoinHandle<()>,
}

/// Starts the pipeline; it ends when the sender is dropped.
pub(crate) fn start(
    journal: Journal,
    store: Store,
    journal_dir: PathBuf,
    shared: &Arc<Shared>,
) -> Result<(SyncSender<Submitted>, Threads), Error> {
    let (submit, submitted) = sync_channel(WAITING_FRAMES_MAX);
    let (apply, applied) = sync_channel(WAITING_GROUPS_MAX);
    // Nobody waits in this one: it is taken when no barrier runs.
    let (request, requests) = sync_channel(0);
    let (wake, woken) = sync_channel(1);
    // Segments that were left unsealed by the last run.
    wake.try_send(()).unwrap_or_default();

    let store = Arc::new(store);
    let unsynced = Arc::new(AtomicUsize::new(0));
    let committer = Committer {
        journal,
        shared: Arc::clone(shared),
        apply,
        wake,
    };
    let barrier = Barrier {
        store: Arc::clone(&store),
        shared: Arc::clone(shared),
        unsynced: Arc::clone(&unsynced),
    };
    let applier = Applier {
        store,
        shared: Arc::clone(shared),
        unsynced,
        request,
    };
    let threads = Threads {
        committer: spawn("log-commit", move || committer.run(&submitted))?,
        applier: spawn("log-apply", move || applier.run(&applied))?,
        barrier: spawn("log-barrier", move || barrier.run(&requests))?,
        sealer: spawn("log-seal", move || seal_when_woken(&woken, &journal_dir))?,
    };
    Ok((submit, threads))
}

impl Threads {
    /// Waits for all of them; the submitting end must be gone. What was accepted is written.
    pub(crate) fn join(self) {
        let threads = [self.committer, self.applier, self.barrier, self.sealer];
        let panicked = threads
            .into_iter()
            .filter_map(|thread| thread.join().err())
            .count();
        if panicked > 0 {
            tracing::error!(panicked, "threads of the log panicked");
        }
    }
}

/// A segment that cannot be sealed stays as it is, and is tried again with the next.
fn seal_when_woken(woken: &Receiver<()>, journal: &Path) {
    while woken.recv().is_ok() {
        if let Err(error) = sealer::seal_all(journal) {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            tracing::error!(%error, cause, "cannot seal a journal segment");
        }
    }
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, Error> {
    let spawned = thread::Builder::new().name(name.to_owned()).spawn(run);
    spawned.map_err(Error::io("start a thread for", Path::new(name)))
}
