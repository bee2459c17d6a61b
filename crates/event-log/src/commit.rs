//! The pipeline behind [`EventLog`](crate::EventLog).
//!
//! ```text
//! submit ─► committer: journal, fdatasync ─► applier: sled, done, barrier
//!                        │                     ▲
//!                        └─► sealer: zstd      └─ ticker: once a second
//! ```
//!
//! While the applier writes a group to sled, the committer writes the next one to the journal;
//! `done` waits for both. Frames that wait while a sync runs are written together and share the
//! next one. All queues are bounded; a full one makes the thread before it wait.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::copy;
use crate::frame::{self, FrameRef, Parsed};
use crate::journal::{Journal, Pending};
use crate::log::{Committed, Head};
use crate::store::{Store, UNSYNCED_BYTES_MAX};
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
/// How long what was written to sled may wait for a barrier. Design, section 5.
const BARRIER_EVERY: Duration = Duration::from_secs(1);

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

    fn poison(&self, error: &Error) {
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

    fn advance(&self, head: Head) {
        *self.head.lock().unwrap_or_else(PoisonError::into_inner) = head;
    }
}

/// What the applier is sent.
enum Work {
    Group(Vec<Submitted>),
    Tick,
}

/// The threads, in the order in which they end.
pub(crate) struct Threads {
    committer: JoinHandle<()>,
    ticker: (SyncSender<()>, JoinHandle<()>),
    applier: JoinHandle<()>,
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
    let (apply, work) = sync_channel(WAITING_GROUPS_MAX);
    let (stop, stopped) = sync_channel(0);
    let (wake, woken) = sync_channel(1);
    // Segments that were left unsealed by the last run.
    wake.try_send(()).unwrap_or_default();

    let committer = Committer {
        journal,
        shared: Arc::clone(shared),
        apply: apply.clone(),
        wake,
    };
    let applier = Applier {
        store,
        shared: Arc::clone(shared),
        unsynced: 0,
    };
    let threads = Threads {
        committer: spawn("log-commit", move || committer.run(&submitted))?,
        ticker: (stop, spawn("log-tick", move || tick(&stopped, &apply))?),
        applier: spawn("log-apply", move || applier.run(&work))?,
        sealer: spawn("log-seal", move || seal_when_woken(&woken, &journal_dir))?,
    };
    Ok((submit, threads))
}

impl Threads {
    /// Waits for all of them; the submitting end must be gone. What was accepted is written.
    pub(crate) fn join(self) {
        let Self {
            committer,
            ticker: (stop, ticker),
            applier,
            sealer,
        } = self;
        let joined = committer.join();
        drop(stop);
        let ended = [joined, ticker.join(), applier.join(), sealer.join()];
        if ended.iter().any(Result::is_err) {
            tracing::error!("a thread of the log panicked");
        }
    }
}

struct Committer {
    journal: Journal,
    shared: Arc<Shared>,
    apply: SyncSender<Work>,
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
                if let Err(unsent) = self.apply.send(Work::Group(group))
                    && let Work::Group(group) = unsent.0
                {
                    fail(group, &self.shared, None);
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
fn fail(group: Vec<Submitted>, shared: &Shared, mut error: Option<Error>) {
    for submitted in group {
        (submitted.done)(Err(error.take().unwrap_or_else(|| shared.poisoned())));
    }
}

struct Applier {
    store: Store,
    shared: Arc<Shared>,
    /// Bytes written to sled since the last barrier.
    unsynced: usize,
}

impl Applier {
    fn run(mut self, work: &Receiver<Work>) {
        while let Ok(work) = work.recv() {
            let due = match work {
                Work::Group(group) => {
                    self.apply(group);
                    self.unsynced >= UNSYNCED_BYTES_MAX
                }
                Work::Tick => self.unsynced > 0,
            };
            if due {
                self.barrier();
            }
        }
        if self.unsynced > 0 {
            self.barrier();
        }
    }

    fn apply(&mut self, group: Vec<Submitted>) {
        if self.shared.check().is_err() {
            return fail(group, &self.shared, None);
        }
        let (batch, bytes) = copy::batch(group.iter().filter_map(|one| parsed(&one.frame.bytes)));
        if let Err(error) = self.store.apply(batch) {
            self.shared.poison(&error);
            return fail(group, &self.shared, Some(error));
        }
        self.unsynced += bytes;
        for Submitted { frame, done } in group {
            self.shared.advance(Head {
                position: frame.last(),
                hash: frame.hash,
            });
            done(Ok(Committed {
                first_position: frame.first,
                last_position: frame.last(),
                hash: frame.hash,
            }));
        }
    }

    /// After a failed one sled may hold less than was acknowledged, and the disk is failing: the log
    /// stops, and the next start compares the copies.
    fn barrier(&mut self) {
        if self.shared.check().is_ok()
            && let Err(error) = self.store.barrier()
        {
            self.shared.poison(&error);
        }
        self.unsynced = 0;
    }
}

/// The frame in bytes that were just encoded here.
fn parsed(bytes: &[u8]) -> Option<FrameRef<'_>> {
    match frame::parse(bytes) {
        Parsed::Frame(frame) => Some(frame),
        _ => None,
    }
}

/// Reminds the applier of the barrier. A reminder that finds the queue full is not needed: work is
/// flowing, and is counted.
fn tick(stopped: &Receiver<()>, apply: &SyncSender<Work>) {
    while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(BARRIER_EVERY) {
        drop(apply.try_send(Work::Tick));
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
