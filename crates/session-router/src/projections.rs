//! The state on disk, so that a start does not replay the whole log. It can be deleted at any time.
//!
//! Each write of rows carries its checkpoint. At start the rows are used only if the log has the
//! checkpoint's position with the same hash; then the rest of the log is replayed on top.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use chat::id::ContactId;
use chat::record::Record;
use chat::seal::SealKey;
use chat::workspace::{ROWS_VERSION, Workspace};
use event_log::{Head, Reader};
use projections::{Changes, Options, Store};

use crate::error::Error;
use crate::keyring::{Use, Uses};
use crate::rows;

#[cfg(test)]
mod tests;

/// During a replay changed rows are written after this many events, so that the rows of a whole rebuild
/// are never in memory twice.
const REPLAY_SLICE: usize = 100_000;
/// How many records the decoding thread hands over at once.
const CHUNK: usize = 512;
/// The most chunks that wait.
const CHUNKS_MAX: usize = 16;

/// How the state was loaded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Loaded {
    /// The position of the stored rows.
    pub(crate) from: u64,
    /// How many events were replayed.
    pub(crate) replayed: u64,
}

/// Loads the rows that stay in memory, and replays the rest of the log.
pub(crate) fn open(
    dir: &Path,
    reader: &Reader,
    index_key: &SealKey,
) -> Result<(Workspace, Store, Loaded), Error> {
    let version = format!("v{ROWS_VERSION}");
    let (mut store, discarded) = Store::open(&dir.join(&version), Options::default())?;
    remove_others(dir, &version);
    if let Some(discarded) = discarded {
        tracing::warn!(
            reason = discarded.reason,
            "the projections were damaged and are rebuilt"
        );
    }
    let new = || Workspace::new(index_key.clone());
    let mut workspace = new();
    if let Some(position) = checked_position(&store, reader)? {
        workspace = load(&store, position, index_key).unwrap_or_else(new);
    }
    let from = workspace.position;
    if from == 0 && store.checkpoint().is_some() {
        store = store.clear()?;
    }
    replay(&mut workspace, &store, reader)?;
    let loaded = Loaded {
        from,
        replayed: workspace.position - from,
    };
    Ok((workspace, store, loaded))
}

/// Removes the rows of other versions, which are never read again.
fn remove_others(dir: &Path, version: &str) {
    let all = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let is_other = |name: &str| name.starts_with('v') && name != version;
    for other in all.filter(|one| one.file_name().to_str().is_some_and(is_other)) {
        if let Err(error) = std::fs::remove_dir_all(other.path()) {
            let dir = other.path();
            tracing::warn!(dir = %dir.display(), %error, "cannot remove old projections; delete the directory");
        }
    }
}

/// The position of the rows, if the log has the same hash there.
fn checked_position(store: &Store, reader: &Reader) -> Result<Option<u64>, Error> {
    let Some(checkpoint) = store.checkpoint() else {
        return Ok(None);
    };
    let agrees = reader.hash_at(checkpoint.position)? == Some(checkpoint.hash);
    if !agrees {
        tracing::warn!(
            position = checkpoint.position,
            "the projections belong to another log and are rebuilt"
        );
    }
    Ok(agrees.then_some(checkpoint.position))
}

/// Loads the state from the rows. `None` if they cannot be read, which is logged.
fn load(store: &Store, position: u64, index_key: &SealKey) -> Option<Workspace> {
    let mut workspace = Workspace::new(index_key.clone());
    workspace.position = position;
    let mut bad = None;
    let read = store.snapshot().and_then(|stored| {
        stored.residents(|name, value| {
            if let Err(error) = workspace.load_row(name, value) {
                bad.get_or_insert(error);
            }
        })
    });
    let wrong: Option<Box<dyn std::error::Error>> = match (read, bad) {
        (Err(error), _) => Some(Box::new(error)),
        (Ok(()), bad) => bad.map(Into::into),
    };
    if let Some(error) = wrong {
        tracing::error!(
            error = &*error,
            "cannot load the projections; rebuilding them"
        );
        return None;
    }
    workspace.loaded();
    Some(workspace)
}

/// Folds the rest of the log, while other threads read and decode ahead, and write the rows of the last
/// slice.
fn replay(workspace: &mut Workspace, store: &Store, reader: &Reader) -> Result<(), Error> {
    let from = workspace.position + 1;
    let (ahead, chunks) = sync_channel(CHUNKS_MAX);
    let (slices, to_write) = sync_channel::<Changes>(0);
    let (wrote, written) = sync_channel(1);
    thread::scope(|scope| {
        let decoding = scope.spawn(move || decode(reader, from, &ahead));
        let writing = scope.spawn(move || {
            for slice in to_write {
                let result = store.write_unfinished(&slice);
                let failed = result.is_err();
                if wrote.send(result).is_err() || failed {
                    break;
                }
            }
        });
        let (mut unwritten, mut is_writing) = (0, false);
        for chunk in chunks {
            let chunk: Vec<Record> = chunk;
            for record in &chunk {
                fold(workspace, store, record)?;
            }
            unwritten += chunk.len();
            if unwritten < REPLAY_SLICE {
                continue;
            }
            if is_writing {
                written.recv().map_err(|_| Error::Died("writing rows"))??;
                // All rows that were taken are stored now, so that they may leave.
                workspace.evict(usize::MAX);
            }
            let sent = slices.send(changes(workspace));
            sent.map_err(|_| Error::Died("writing rows"))?;
            (unwritten, is_writing) = (0, true);
        }
        if is_writing {
            written.recv().map_err(|_| Error::Died("writing rows"))??;
        }
        drop(slices);
        writing.join().map_err(|_| Error::Died("writing rows"))?;
        decoding
            .join()
            .map_err(|_| Error::Died("reading the log"))?
    })?;
    if workspace.position >= from {
        store.write(&changes(workspace), reader.head())?;
        workspace.evict(usize::MAX);
    }
    Ok(())
}

/// Applies a record once the rows that it changes are in memory.
fn fold(workspace: &mut Workspace, store: &Store, record: &Record) -> Result<(), Error> {
    loop {
        workspace.prepare_record(record);
        if !workspace.has_needs() {
            break;
        }
        rows::load(store, workspace, workspace.take_needs())?;
    }
    workspace.evolve(record);
    if workspace.has_needs() {
        return Err(Error::NotPrepared(record.position));
    }
    Ok(())
}

/// Takes the changed rows, for the store.
pub(crate) fn changes(workspace: &mut Workspace) -> Changes {
    let chat::table::Changes { resident, cold } = workspace.take_changed();
    Changes { resident, cold }
}

/// What the keys of contacts are used for.
pub(crate) fn key_uses(workspace: &Workspace, store: &Store) -> Result<Uses, Error> {
    let mut uses = Uses::default();
    for_each_key(workspace, store, |key, owner| {
        uses.set(key, owner.map_or(Use::Forgotten, |_| Use::Contact));
    })?;
    for key in workspace.parked_key_uses() {
        if uses.of(key) == Use::None {
            uses.set(key, Use::Contact);
        }
    }
    Ok(uses)
}

/// The contacts that need one of these keys.
pub(crate) fn owners(
    workspace: &Workspace,
    store: &Store,
    keys: &BTreeSet<u32>,
) -> Result<BTreeSet<ContactId>, Error> {
    let mut owners = BTreeMap::new();
    if !keys.is_empty() {
        for_each_key(workspace, store, |key, owner| {
            if keys.contains(&key) {
                owners.insert(key, owner);
            }
        })?;
    }
    Ok(owners.into_values().flatten().collect())
}

/// Calls `visit` with the keys of contacts, and the contact unless it was forgotten. Of a key that comes
/// twice, the last one counts.
fn for_each_key(
    workspace: &Workspace,
    store: &Store,
    mut visit: impl FnMut(u32, Option<ContactId>),
) -> Result<(), Error> {
    let (first, end) = Workspace::KEY_USE_NAMES;
    store.snapshot()?.forward(&first, &end, |name, value| {
        if let Some((key, owner)) = Workspace::key_use(name, value) {
            visit(key, owner);
        }
        ControlFlow::Continue(())
    })?;
    workspace
        .key_uses()
        .for_each(|(key, owner)| visit(key, owner));
    Ok(())
}

/// Decodes the log from a position on, in chunks.
fn decode(reader: &Reader, from: u64, ahead: &SyncSender<Vec<Record>>) -> Result<(), Error> {
    let (mut chunk, mut fault) = (Vec::with_capacity(CHUNK), None);
    reader.scan(from, |event| {
        match Record::decode(event.position, event.bytes) {
            Ok(record) => chunk.push(record),
            Err(source) => {
                fault = Some(Error::Record {
                    position: event.position,
                    source,
                });
                return ControlFlow::Break(());
            }
        }
        if chunk.len() < CHUNK {
            return ControlFlow::Continue(());
        }
        // The receiver has ended if writing rows failed.
        let next = Vec::with_capacity(CHUNK);
        match ahead.send(std::mem::replace(&mut chunk, next)) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    })?;
    drop(ahead.send(chunk));
    fault.map_or(Ok(()), Err)
}

/// Gauge: 1 once the projections could not be written, until the role starts again.
const FAILED: &str = "switchboard_router_projections_failed";

/// Writes rows on a separate thread, one job at a time.
pub(crate) struct Projector {
    jobs: Option<SyncSender<(Changes, Head)>>,
    busy: Arc<AtomicBool>,
    failed: Arc<AtomicBool>,
    thread: Option<JoinHandle<Result<(), Error>>>,
}

impl Projector {
    pub(crate) fn start(store: Store) -> Result<Self, Error> {
        metrics::gauge!(FAILED).set(0.0);
        let (jobs, inbox) = sync_channel(1);
        let busy = Arc::new(AtomicBool::new(false));
        let failed = Arc::new(AtomicBool::new(false));
        let (working, failing) = (Arc::clone(&busy), Arc::clone(&failed));
        let thread = thread::Builder::new()
            .name("projector".to_owned())
            .spawn(move || {
                let ended = write_jobs(&store, &inbox, &working);
                failing.store(ended.is_err(), Ordering::Release);
                // In this order: a job in the queue is dropped, and later ones are refused.
                drop(inbox);
                working.store(false, Ordering::Release);
                ended
            })
            .map_err(|_| Error::Died("the projector"))?;
        Ok(Self {
            jobs: Some(jobs),
            busy,
            failed,
            thread: Some(thread),
        })
    }

    /// Whether it can take rows now.
    pub(crate) fn is_idle(&self) -> bool {
        !self.busy.load(Ordering::Acquire)
    }

    /// Whether all rows that it was given are stored.
    pub(crate) fn has_stored_all(&self) -> bool {
        self.is_idle() && !self.failed.load(Ordering::Acquire)
    }

    /// Queues rows to be written. After a failed write they are dropped: the store stays at its last
    /// checkpoint, and the next start replays from there. Until then all rows must stay in memory.
    pub(crate) fn offer(&self, rows: Changes, checkpoint: Head) {
        self.busy.store(true, Ordering::Release);
        let jobs = self.jobs.as_ref();
        if jobs.is_none_or(|jobs| jobs.try_send((rows, checkpoint)).is_err()) {
            // The thread has ended. The rows are dropped, so that they do not pile up.
            self.busy.store(false, Ordering::Release);
        }
    }

    /// Writes the last rows and ends.
    pub(crate) fn stop(mut self, last: Option<(Changes, Head)>) -> Result<(), Error> {
        if let (Some(jobs), Some(last)) = (self.jobs.take(), last) {
            // It fails if an earlier write failed, which the thread returns.
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

fn write_jobs(
    store: &Store,
    inbox: &Receiver<(Changes, Head)>,
    busy: &AtomicBool,
) -> Result<(), Error> {
    while let Ok((rows, checkpoint)) = inbox.recv() {
        store.write(&rows, checkpoint).inspect_err(|error| {
            metrics::gauge!(FAILED).set(1.0);
            tracing::error!(error = %error, "cannot write the projections; the next start replays the log from their last checkpoint");
        })?;
        busy.store(false, Ordering::Release);
    }
    Ok(())
}
