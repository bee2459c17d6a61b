//! The state on disk: rows that can be thrown away, so that a start need not replay everything.
//!
//! They live in a sled of their own, each write with the position that it reaches. At start they are
//! believed only if the log has that position with that hash; then the tail is replayed on top.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use chat::record::Record;
use chat::table::Row;
use chat::workspace::{ROWS_VERSION, Workspace};
use event_log::{Checkpoint, GENESIS, ProjectionStore, Reader};

use crate::error::Error;

#[cfg(test)]
mod tests;

/// A write of several chunks is cut at this: well under sled's segment of 8 MiB.
const CHUNK_BYTES: usize = 4 * 1024 * 1024;
/// While a long tail is replayed, what changed is written after so many events, so that the rows of
/// a whole rebuild are never in memory twice.
const REPLAY_SLICE: u64 = 500_000;
/// The checkpoint of rows that are being written in several steps: they are not to be believed.
const UNFINISHED: Checkpoint = Checkpoint {
    position: 0,
    hash: GENESIS,
};

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
    let (mut store, discarded) = ProjectionStore::open(&dir.join(format!("v{ROWS_VERSION}")))?;
    if let Some(discarded) = discarded {
        tracing::warn!(
            reason = discarded.reason,
            "the projections were damaged and are rebuilt"
        );
    }
    let mut workspace = Workspace::default();
    match believed(&store, reader)? {
        Some(position) => match load(&store, position)? {
            Some(loaded) => workspace = loaded,
            None => store = store.clear()?,
        },
        None => store = store.clear()?,
    }
    let from = workspace.position;
    replay(&mut workspace, &store, reader)?;
    let loaded = Loaded {
        from,
        replayed: workspace.position - from,
    };
    Ok((workspace, store, loaded))
}

/// Up to where the rows go, if the log agrees.
fn believed(store: &ProjectionStore, reader: &Reader) -> Result<Option<u64>, Error> {
    let Some(checkpoint) = store.checkpoint()?.filter(|c| c.position > 0) else {
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

fn load(store: &ProjectionStore, position: u64) -> Result<Option<Workspace>, Error> {
    let mut workspace = Workspace::default();
    workspace.position = position;
    let mut bad = None;
    store.for_each(|key, value| {
        if let Err(error) = workspace.load_row(key, value) {
            bad.get_or_insert(error);
        }
    })?;
    if let Some(error) = bad {
        tracing::error!(error = %error, "the projections are rebuilt");
        return Ok(None);
    }
    workspace.rebuild_index();
    Ok(Some(workspace))
}

/// Folds what the log has beyond the state.
fn replay(
    workspace: &mut Workspace,
    store: &ProjectionStore,
    reader: &Reader,
) -> Result<(), Error> {
    let (mut fault, mut since) = (None, 0_u64);
    reader.scan(workspace.position + 1, |event| {
        match Record::decode(event.position, event.bytes) {
            Ok(record) => workspace.evolve(&record),
            Err(source) => {
                fault = Some(Error::Record {
                    position: event.position,
                    source,
                });
                return ControlFlow::Break(());
            }
        }
        since += 1;
        if since.is_multiple_of(REPLAY_SLICE)
            && let Err(error) = write(store, workspace.take_changed(), UNFINISHED)
        {
            fault = Some(error);
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    })?;
    if let Some(fault) = fault {
        return Err(fault);
    }
    if since > 0 {
        let head = reader.head();
        write(
            store,
            workspace.take_changed(),
            Checkpoint {
                position: head.position,
                hash: head.hash,
            },
        )?;
    }
    Ok(())
}

/// Writes rows in steps that sled can bear. More than one step is not atomic, so the rows are marked
/// unfinished until the last.
fn write(store: &ProjectionStore, rows: Vec<Row>, checkpoint: Checkpoint) -> Result<(), Error> {
    let (mut chunk, mut bytes) = (Vec::new(), 0);
    for row in rows {
        bytes += row.0.len() + row.1.as_ref().map_or(0, Vec::len);
        chunk.push(row);
        if bytes >= CHUNK_BYTES {
            store.write(std::mem::take(&mut chunk), UNFINISHED)?;
            bytes = 0;
        }
    }
    Ok(store.write(chunk, checkpoint)?)
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
        let thread = std::thread::Builder::new()
            .name("projector".to_owned())
            .spawn(move || work(&store, &inbox, &working))
            .map_err(|_| Error::Died("the projector"))?;
        Ok(Self {
            jobs: Some(jobs),
            busy,
            thread: Some(thread),
        })
    }

    /// Whether it takes rows now: not while it writes, and not after a write failed.
    pub(crate) fn is_idle(&self) -> bool {
        !self.busy.load(Ordering::Acquire)
    }

    /// Takes rows to be written. Once a write has failed they are let go: the store stays at its last
    /// checkpoint, and the next start replays from there.
    pub(crate) fn offer(&self, rows: Vec<Row>, checkpoint: Checkpoint) {
        self.busy.store(true, Ordering::Release);
        if let Some(jobs) = &self.jobs {
            drop(jobs.try_send((rows, checkpoint)));
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
    store: &ProjectionStore,
    inbox: &Receiver<(Vec<Row>, Checkpoint)>,
    busy: &AtomicBool,
) -> Result<(), Error> {
    while let Ok((rows, checkpoint)) = inbox.recv() {
        write(store, rows, checkpoint).inspect_err(|error| {
            metrics::gauge!(FAILED).set(1.0);
            tracing::error!(error = %error, "the projections cannot be written");
        })?;
        busy.store(false, Ordering::Release);
    }
    Ok(())
}
