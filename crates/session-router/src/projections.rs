//! The state on disk: rows that can be thrown away, so that a start need not replay everything.
//!
//! They live in a file of their own, each write with the position that it reaches. At start they are
//! believed only if the log has that position with that hash; then the tail is replayed on top.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use chat::record::Record;
use chat::table::Row;
use chat::workspace::{ROWS_VERSION, Workspace};
use event_log::{Checkpoint, ProjectionStore, Reader};

use crate::error::Error;

#[cfg(test)]
mod tests;

/// While a long tail is replayed, what changed is written after so many events, so that the rows of
/// a whole rebuild are never in memory twice.
const REPLAY_SLICE: usize = 500_000;
/// Records that are handed from the thread that decodes to the one that folds at once, and how many
/// such handfuls may wait.
const HANDFUL: usize = 512;
const HANDFULS_MAX: usize = 16;

/// How the state came to be, for whoever watches a start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Loaded {
    /// The position of the rows that were believed.
    pub(crate) from: u64,
    /// How many events were replayed on top.
    pub(crate) replayed: u64,
}

/// Loads the rows, replays the tail, and gives the state with the store to keep.
pub(crate) fn open(
    dir: &Path,
    reader: &Reader,
) -> Result<(Workspace, ProjectionStore, Loaded), Error> {
    let version = format!("v{ROWS_VERSION}");
    let (mut store, discarded) = ProjectionStore::open(&dir.join(&version))?;
    remove_others(dir, &version);
    if let Some(discarded) = discarded {
        tracing::warn!(
            reason = discarded.reason,
            "the projections were damaged and are rebuilt"
        );
    }
    let mut workspace = Workspace::default();
    if let Some(position) = believed(&store, reader)? {
        workspace = load(&store, position).unwrap_or_default();
    }
    let from = workspace.position;
    if from == 0 {
        store = store.clear()?;
    }
    replay(&mut workspace, &mut store, reader)?;
    let loaded = Loaded {
        from,
        replayed: workspace.position - from,
    };
    Ok((workspace, store, loaded))
}

/// Removes the rows of other versions: they are as large as ours, and nobody reads them again.
fn remove_others(dir: &Path, version: &str) {
    let all = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let is_other = |name: &str| name.starts_with('v') && name != version;
    for other in all.filter(|one| one.file_name().to_str().is_some_and(is_other)) {
        if let Err(error) = std::fs::remove_dir_all(other.path()) {
            let dir = other.path();
            tracing::warn!(dir = %dir.display(), %error, "old projections cannot be removed");
        }
    }
}

/// Up to where the rows go, if the log agrees.
fn believed(store: &ProjectionStore, reader: &Reader) -> Result<Option<u64>, Error> {
    let Some(checkpoint) = store.checkpoint() else {
        return Ok(None);
    };
    let agrees = reader.hash_at(checkpoint.position)? == Some(checkpoint.hash);
    if !agrees {
        tracing::warn!(
            position = checkpoint.position,
            "the projections are of another log and are rebuilt"
        );
    }
    Ok(agrees.then_some(checkpoint.position))
}

/// The state of the rows; `None` where they cannot be read, which is logged. Messages are most of it,
/// so they are read beside the rest.
fn load(store: &ProjectionStore, position: u64) -> Option<Workspace> {
    let (messages, rest) = thread::scope(|scope| {
        let messages = scope.spawn(|| load_part(store, Workspace::is_of_book));
        let rest = load_part(store, |key| !Workspace::is_of_book(key));
        (messages.join().ok().flatten(), rest)
    });
    let mut workspace = rest?;
    workspace.book = messages?.book;
    workspace.position = position;
    Some(workspace)
}

/// The state of some of the rows.
fn load_part(store: &ProjectionStore, is_of_it: impl Fn(&[u8]) -> bool) -> Option<Workspace> {
    let mut workspace = Workspace::default();
    let mut bad = None;
    let read = store.for_each(|key, value| {
        if is_of_it(key)
            && let Err(error) = workspace.load_row(key, value)
        {
            bad.get_or_insert(error);
        }
    });
    let wrong: Option<Box<dyn std::error::Error>> = match (read, bad) {
        (Err(error), _) => Some(Box::new(error)),
        (Ok(()), bad) => bad.map(Into::into),
    };
    if let Some(error) = wrong {
        tracing::error!(error = &*error, "the projections are rebuilt");
        return None;
    }
    workspace.rebuild_index();
    Some(workspace)
}

/// Folds what the log has beyond the state, while another thread reads and decodes ahead.
fn replay(
    workspace: &mut Workspace,
    store: &mut ProjectionStore,
    reader: &Reader,
) -> Result<(), Error> {
    let from = workspace.position + 1;
    let (ahead, handfuls) = sync_channel(HANDFULS_MAX);
    thread::scope(|scope| {
        let decoding = scope.spawn(move || decode(reader, from, &ahead));
        let mut unwritten = 0;
        for handful in handfuls {
            let handful: Vec<Record> = handful;
            for record in &handful {
                workspace.evolve(record);
            }
            unwritten += handful.len();
            if unwritten >= REPLAY_SLICE {
                store.write(&workspace.take_changed(), None)?;
                unwritten = 0;
            }
        }
        decoding
            .join()
            .map_err(|_| Error::Died("reading the log"))?
    })?;
    if workspace.position >= from {
        let head = reader.head();
        let checkpoint = Checkpoint {
            position: head.position,
            hash: head.hash,
        };
        store.write(&workspace.take_changed(), Some(checkpoint))?;
    }
    Ok(())
}

/// Reads the log from a position on, and hands on what it says.
fn decode(reader: &Reader, from: u64, ahead: &SyncSender<Vec<Record>>) -> Result<(), Error> {
    let (mut handful, mut fault) = (Vec::with_capacity(HANDFUL), None);
    reader.scan(from, |event| {
        match Record::decode(event.position, event.bytes) {
            Ok(record) => handful.push(record),
            Err(source) => {
                fault = Some(Error::Record {
                    position: event.position,
                    source,
                });
                return ControlFlow::Break(());
            }
        }
        if handful.len() < HANDFUL {
            return ControlFlow::Continue(());
        }
        // Nobody takes it when writing rows has failed.
        let next = Vec::with_capacity(HANDFUL);
        match ahead.send(std::mem::replace(&mut handful, next)) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    })?;
    drop(ahead.send(handful));
    fault.map_or(Ok(()), Err)
}

/// Gauge: 1 once the projections could not be written, until the role starts again.
const FAILED: &str = "switchboard_router_projections_failed";

/// Writes rows beside the loop, one job at a time.
pub(crate) struct Projector {
    jobs: Option<SyncSender<(Vec<Row>, Checkpoint)>>,
    busy: Arc<AtomicBool>,
    thread: Option<JoinHandle<Result<(), Error>>>,
}

impl Projector {
    pub(crate) fn start(store: ProjectionStore) -> Result<Self, Error> {
        metrics::gauge!(FAILED).set(0.0);
        let (jobs, inbox) = sync_channel(1);
        let busy = Arc::new(AtomicBool::new(false));
        let working = Arc::clone(&busy);
        let thread = thread::Builder::new()
            .name("projector".to_owned())
            .spawn(move || {
                let ended = work(store, &inbox, &working);
                // In this order: what was put in last is let go, and what comes next finds nobody.
                drop(inbox);
                working.store(false, Ordering::Release);
                ended
            })
            .map_err(|_| Error::Died("the projector"))?;
        Ok(Self {
            jobs: Some(jobs),
            busy,
            thread: Some(thread),
        })
    }

    /// Whether it takes rows now: not while it writes.
    pub(crate) fn is_idle(&self) -> bool {
        !self.busy.load(Ordering::Acquire)
    }

    /// Takes rows to be written. Once a write has failed they are let go: the store stays at its last
    /// checkpoint, and the next start replays from there.
    pub(crate) fn offer(&self, rows: Vec<Row>, checkpoint: Checkpoint) {
        self.busy.store(true, Ordering::Release);
        let jobs = self.jobs.as_ref();
        if jobs.is_none_or(|jobs| jobs.try_send((rows, checkpoint)).is_err()) {
            // Nobody writes any more. It is taken all the same: what changed must not pile up.
            self.busy.store(false, Ordering::Release);
        }
    }

    /// Writes the last rows and ends.
    pub(crate) fn stop(mut self, last: Option<(Vec<Row>, Checkpoint)>) -> Result<(), Error> {
        if let (Some(jobs), Some(last)) = (self.jobs.take(), last) {
            // It fails when a write did before, which the thread says.
            drop(jobs.send(last));
        }
        self.jobs = None;
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(result)) => result,
            Some(Err(_)) => Err(Error::Died("the projector")),
            None => Ok(()),
        }
    }
}

fn work(
    mut store: ProjectionStore,
    inbox: &Receiver<(Vec<Row>, Checkpoint)>,
    busy: &AtomicBool,
) -> Result<(), Error> {
    while let Ok((rows, checkpoint)) = inbox.recv() {
        store.write(&rows, Some(checkpoint)).inspect_err(|error| {
            metrics::gauge!(FAILED).set(1.0);
            tracing::error!(error = %error, "the projections cannot be written");
        })?;
        busy.store(false, Ordering::Release);
    }
    Ok(())
}
