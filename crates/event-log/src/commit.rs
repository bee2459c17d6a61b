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

use std::sync::atomic::AtomicUsize;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::{self, JoinHandle};

use crate::apply::{Applier, Barrier};
use crate::journal::{Journal, Pending};
use crate::log::{Committed, Head};
use crate::store::Store;
use crate::{Error, seal};

/// Frames that wait for the committer; the next `submit` waits. 16 frames of at most 200 KB bound
/// the queue to some MB, and are more than a fused group takes.
const WAITING_FRAMES_MAX: usize = 16;
/// Most frames that share a sync.
const FUSED_FRAMES_MAX: usize = 16;
/// A group is closed once it has this many bytes: under half of what may be in sled without a
/// barrier, and twice the 0.2 MB beyond which a larger group gained nothing.
const FUSED_BYTES: usize = 400 * 1024;
/// Groups that were synced and wait for sled. One is in work, one waits: more would only add delay.
const WAITING_GROUPS_MAX: usize = 1;

/// Called once with the outcome of a frame.
pub(crate) type Done = Box<dyn FnOnce(Result<Committed, Error>) + Send>;

/// A frame and who waits for it.
pub(crate) struct Submitted {
    pub(crate) frame: Pending,
    pub(crate) done: Done,
}

/// What the threads and the readers share.
pub(crate) struct Shared {
    /// The last position that is durable and can be read. Held only to copy it.
    head: Mutex<Head>,
    /// What failed first. Once set, nothing is acknowledged.
    poison: OnceLock<String>,
}

impl Shared {
    pub(crate) fn new(head: Head) -> Arc<Self> {
        Arc::new(Self {
            head: Mutex::new(head),
            poison: OnceLock::new(),
        })
    }

    pub(crate) fn head(&self) -> Head {
        *self.head.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        match self.poison.get() {
            Some(cause) => Err(Error::Poisoned {
                cause: cause.clone(),
            }),
            None => Ok(()),
        }
    }

    /// The error that callers get after a thread is gone.
    pub(crate) fn poisoned(&self) -> Error {
        let cause = self
            .poison
            .get()
            .cloned()
            .unwrap_or_else(|| "a thread panicked".to_owned());
        Error::Poisoned { cause }
    }

    pub(crate) fn poison(&self, error: &Error) {
        let mut cause = error.to_string();
        let mut source = std::error::Error::source(error);
        while let Some(error) = source {
            cause.push_str(": ");
            cause.push_str(&error.to_string());
            source = error.source();
        }
        tracing::error!(
            error = cause,
            "the log takes no more events; restart to verify and go on"
        );
        self.poison.get_or_init(|| cause);
    }

    pub(crate) fn advance(&self, head: Head) {
        *self.head.lock().unwrap_or_else(PoisonError::into_inner) = head;
    }
}

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
    journal_dir: std::path::PathBuf,
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

struct Committer {
    journal: Journal,
    shared: Arc<Shared>,
    apply: SyncSender<Vec<Submitted>>,
    wake: SyncSender<()>,
}

impl Committer {
    fn run(mut self, submitted: &Receiver<Submitted>) {
        while let Ok(first) = submitted.recv() {
            let group = fuse(first, submitted);
            self.commit(group);
        }
    }

    fn commit(&mut self, mut group: Vec<Submitted>) {
        if self.shared.check().is_err() {
            return fail(group, &self.shared, None);
        }
        match self
            .journal
            .append(group.iter_mut().map(|submitted| &mut submitted.frame))
        {
            Err(error) => {
                self.shared.poison(&error);
                fail(group, &self.shared, Some(error));
            }
            Ok(rolled) => {
                if rolled {
                    // A full channel means that the sealer will look anyway.
                    self.wake.try_send(()).unwrap_or_default();
                }
                if let Err(unsent) = self.apply.send(group) {
                    fail(unsent.0, &self.shared, None);
                }
            }
        }
    }
}

/// Takes what else is waiting, up to the bounds of a group.
fn fuse(first: Submitted, submitted: &Receiver<Submitted>) -> Vec<Submitted> {
    let mut bytes = first.frame.bytes.len();
    let mut group = vec![first];
    while group.len() < FUSED_FRAMES_MAX && bytes < FUSED_BYTES {
        let Ok(next) = submitted.try_recv() else {
            break;
        };
        bytes += next.frame.bytes.len();
        group.push(next);
    }
    group
}

/// Tells everyone of a group that it was not acknowledged; the first is told why.
pub(crate) fn fail(group: Vec<Submitted>, shared: &Shared, mut error: Option<Error>) {
    for submitted in group {
        (submitted.done)(Err(error.take().unwrap_or_else(|| shared.poisoned())));
    }
}

/// A segment that cannot be sealed stays as it is, and is tried again with the next.
fn seal_when_woken(woken: &Receiver<()>, journal: &std::path::Path) {
    while woken.recv().is_ok() {
        if let Err(error) = seal::seal_all(journal) {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            tracing::error!(%error, cause, "cannot seal a journal segment");
        }
    }
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, Error> {
    let spawned = thread::Builder::new().name(name.to_owned()).spawn(run);
    spawned.map_err(Error::io("start a thread for", std::path::Path::new(name)))
}
