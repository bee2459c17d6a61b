use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use crate::commit::state::{Shared, Submitted};
use crate::commit::{self, Threads};
use crate::head::{Committed, Head};
use crate::journal::writer::Pending;
use crate::start::open::{self, Opened, Parts};
use crate::{Error, Frame, GENESIS, Options, Reader};

/// The log, open for writing. One process has it; a second one is refused.
///
/// After a failed write or sync nothing is acknowledged any more: every call that writes returns
/// [`Error::Poisoned`], and the process should end. The next start finds out what reached the disk.
pub struct EventLog {
    dir: PathBuf,
    shared: Arc<Shared>,
    submit: Mutex<Submit>,
    threads: Option<Threads>,
    reader: Reader,
    /// Held until the threads have ended.
    _lock: File,
}

/// Where the next frame goes. Locked while a frame is handed over, so that frames enter the queue
/// in the order of their positions.
struct Submit {
    next: u64,
    sender: Option<SyncSender<Submitted>>,
}

impl EventLog {
    /// Opens or creates the log in `dir`, compares its two copies, and mends what can be mended
    /// without choosing: a torn tail that was never acknowledged is cut off, a sled copy that is
    /// behind catches up, one that is damaged is set aside as `quarantine-<time>` and rebuilt. All
    /// of it is in [`Opened`] and in the trace.
    ///
    /// A journal that lost acknowledged events is refused with [`Error::JournalDamaged`]; nothing is
    /// changed then, and [`repair`](crate::repair()) mends it from sled. Only the journal's end is
    /// read, from where sled ends; sealed segments before that are [`verify`](fn@crate::verify)'s work.
    pub fn open(dir: &Path, options: Options) -> Result<(Self, Opened), Error> {
        Self::start(dir, open::open(dir, &options)?)
    }

    fn start(dir: &Path, parts: Parts) -> Result<(Self, Opened), Error> {
        let head = parts.opened.head;
        let shared = Shared::new(head);
        let reader = Reader::new(parts.copy, parts.journal_dir.clone(), Arc::clone(&shared));
        let (sender, threads) =
            commit::start(parts.journal, parts.store, parts.journal_dir, &shared)?;
        let log = Self {
            dir: dir.to_path_buf(),
            shared,
            submit: Mutex::new(Submit {
                next: head.position + 1,
                sender: Some(sender),
            }),
            threads: Some(threads),
            reader,
            _lock: parts.lock,
        };
        Ok((log, parts.opened))
    }

    /// The directory it is in.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The last event that is durable and can be read.
    pub fn head(&self) -> Head {
        self.shared.head()
    }

    /// Reads the log; cheap to clone, and good for any thread. It goes on reading after the log was
    /// poisoned, and holds sled open until it is dropped: drop every reader to open the log again in
    /// the same process.
    pub fn reader(&self) -> Reader {
        self.reader.clone()
    }

    /// Hands a frame to the committer. Waits only while the pipeline is full (16 frames).
    ///
    /// With `Ok`, `done` is called exactly once, on a thread of the log: with `Ok` once the frame is
    /// durable in the journal and can be read, frames in order; with `Err` when that is not certain:
    /// the frame may be there after a restart. `done` must not block, submit or panic: it would hold
    /// up or stop the log.
    /// With `Err` the frame was refused as a whole and `done` is dropped.
    pub fn submit(
        &self,
        frame: Frame,
        done: impl FnOnce(Result<Committed, Error>) + Send + 'static,
    ) -> Result<(), Error> {
        let bytes = frame.encode()?;
        let Frame {
            first_position: first,
            time_micros,
            events,
        } = frame;
        let count = u16::try_from(events.len()).map_err(|_| Error::FrameTooLarge {
            events: events.len(),
            bytes: bytes.len(),
        })?;
        let pending = Pending {
            bytes,
            first,
            count,
            time_micros,
            hash: GENESIS,
        };
        let mut submit = self.submit.lock().unwrap_or_else(PoisonError::into_inner);
        self.shared.check()?;
        if first != submit.next {
            return Err(Error::OutOfOrder {
                expected: submit.next,
                found: first,
            });
        }
        let sender = submit
            .sender
            .as_ref()
            .ok_or_else(|| self.shared.poisoned())?;
        sender
            .send(Submitted {
                frame: pending,
                done: Box::new(done),
            })
            .map_err(|_| self.shared.poisoned())?;
        submit.next += u64::from(count);
        Ok(())
    }

    /// Commits a frame and waits until it is durable and can be read.
    pub fn append(&self, frame: Frame) -> Result<Committed, Error> {
        let (sender, receiver) = sync_channel(1);
        self.submit(frame, move |outcome| {
            // The receiver waits below until it gets this.
            drop(sender.send(outcome));
        })?;
        receiver.recv().map_err(|_| self.shared.poisoned())?
    }

    /// Commits what was submitted, makes sled durable too, and ends the threads.
    /// Fails if the log was poisoned, before or by this.
    pub fn close(mut self) -> Result<(), Error> {
        self.stop();
        self.shared.check()
    }

    fn stop(&mut self) {
        self.submit
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner)
            .sender = None;
        if let Some(threads) = self.threads.take() {
            threads.join();
        }
    }
}

impl Drop for EventLog {
    /// Like [`EventLog::close`], for callers that do not ask how it went.
    fn drop(&mut self) {
        self.stop();
    }
}

#[cfg(test)]
mod tests;
