//! The threads that commit frames.
//!
//! ```text
//! submit ─► committer: journal, fdatasync ─► applier: sled, on_commit ─► barrier: sync sled
//!                        └─► sealer: zstd              └─► merger: rows from sled to files
//! ```
//!
//! The committer writes a batch to the journal while the applier writes the previous one to sled; a
//! frame is acknowledged after both. Frames that arrive during a sync share the next one. All
//! queues are bounded and block the sender when full. Each thread ends when the one before it has
//! ended.

mod applier;
mod barrier;
mod committer;
mod merger;
pub(crate) mod state;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use crate::Error;
use crate::commit::applier::Applier;
use crate::commit::barrier::Barrier;
use crate::commit::committer::Committer;
use crate::commit::merger::Merger;
use crate::commit::state::{Shared, Submitted};
use crate::copy::merging::Merging;
use crate::copy::store::Store;
use crate::journal::sealer;
use crate::journal::writer::JournalWriter;

/// Maximum number of frames queued for the committer; `submit` blocks at the limit. 16 frames of at
/// most 200 KB bound the queue to a few MB and fill a batch.
const QUEUED_FRAMES_MAX: usize = 16;
/// Maximum number of batches queued for the applier. More would only add latency.
const QUEUED_BATCHES_MAX: usize = 1;

/// Added to the sealer's nice value: the lowest priority.
const SEALER_NICE: i32 = 19;

/// The pipeline's threads, in the order in which they end.
pub(crate) struct Threads {
    committer: JoinHandle<()>,
    applier: JoinHandle<()>,
    barrier: JoinHandle<()>,
    merger: JoinHandle<()>,
    sealer: JoinHandle<()>,
}

/// Starts the pipeline. It ends when the returned sender is dropped.
pub(crate) fn start(
    journal: JournalWriter,
    (store, merge_bytes): (Store, u64),
    journal_dir: PathBuf,
    shared: &Arc<Shared>,
) -> Result<(SyncSender<Submitted>, Threads), Error> {
    let (submit, submitted) = sync_channel(QUEUED_FRAMES_MAX);
    let (batches, batches_to_apply) = sync_channel(QUEUED_BATCHES_MAX);
    // No capacity: a request is accepted only while no barrier runs.
    let (request_barrier, barrier_requests) = sync_channel(0);
    let (wake_sealer, sealer_wakeups) = sync_channel(1);
    let (wake_merger, merger_wakeups) = sync_channel(1);
    // Seals segments that the last run left raw, and continues its merge.
    wake_sealer.try_send(()).unwrap_or_default();
    wake_merger.try_send(()).unwrap_or_default();

    let store = Arc::new(store);
    let committer = Committer {
        journal,
        shared: Arc::clone(shared),
        batches,
        wake_sealer,
    };
    let barrier = Barrier {
        store: Arc::clone(&store),
        shared: Arc::clone(shared),
    };
    let merger = Merger {
        store: Arc::clone(&store),
        shared: Arc::clone(shared),
        merging: Merging::new(Arc::clone(&store), merge_bytes),
        running: Arc::new(AtomicBool::new(false)),
    };
    let applier = Applier {
        store,
        shared: Arc::clone(shared),
        request_barrier,
        wake_merger,
        wake_bytes: merge_bytes / 4,
        unmerged: 0,
        merging: Arc::clone(&merger.running),
        full_bytes: merger.merging.full_bytes(),
    };
    let threads = Threads {
        committer: spawn("log-commit", move || committer.run(&submitted))?,
        applier: spawn("log-apply", move || applier.run(&batches_to_apply))?,
        barrier: spawn("log-barrier", move || barrier.run(&barrier_requests))?,
        merger: spawn("log-merge", move || merger.run(&merger_wakeups))?,
        sealer: spawn("log-seal", move || {
            run_sealer(&sealer_wakeups, &journal_dir);
        })?,
    };
    Ok((submit, threads))
}

impl Threads {
    /// Waits until everything submitted is written and the threads have ended. The sender must have
    /// been dropped.
    pub(crate) fn join(self) {
        let Self {
            committer,
            applier,
            merger,
            barrier,
            sealer,
        } = self;
        let threads = [committer, applier, merger, barrier, sealer];
        let panicked = threads
            .into_iter()
            .filter_map(|thread| thread.join().err())
            .count();
        if panicked > 0 {
            tracing::error!(panicked, "threads of the log panicked");
        }
    }
}

/// Retries a segment that cannot be sealed at the next wakeup.
///
/// Nothing waits for a sealed segment, so on a busy machine the sealer uses the time that others leave.
fn run_sealer(wakeups: &Receiver<()>, journal: &Path) {
    // On Linux this is the priority of the thread.
    if let Err(error) = rustix::process::nice(SEALER_NICE) {
        tracing::debug!(%error, "cannot lower the priority of the sealer");
    }
    while wakeups.recv().is_ok() {
        if let Err(error) = sealer::seal_all(journal) {
            let error = error.with_causes();
            tracing::error!(error, "cannot seal a journal segment");
        }
    }
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, Error> {
    let spawned = thread::Builder::new().name(name.to_owned()).spawn(run);
    spawned.map_err(Error::io("start a thread for", Path::new(name)))
}
