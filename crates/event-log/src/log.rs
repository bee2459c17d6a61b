use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use crate::commit::state::{Shared, Submitted};
use crate::commit::{self, Threads};
use crate::head::{Committed, Head};
use crate::start::open::{self, OpenParts, Opened};
use crate::{Error, Frame, Options, Reader, Scrubber};

/// A log that is open for writing, by one process at a time.
///
/// After a failed write or sync it acknowledges nothing: every call that writes returns
/// [`Error::Poisoned`], and the process should end. The next start determines what reached the
/// disk.
pub struct EventLog {
    dir: PathBuf,
    shared: Arc<Shared>,
    submit: Mutex<Submit>,
    threads: Option<Threads>,
    reader: Reader,
    /// Dropped last, after the threads have ended.
    _lock: File,
}

/// The entry of the pipeline. Its mutex makes frames enter the queue in the order of their
/// positions.
struct Submit {
    next_position: u64,
    /// `None` once the log is closed.
    sender: Option<SyncSender<Submitted>>,
}

impl EventLog {
    /// Opens or creates the log in `dir`, compares its two copies, and repairs what is unambiguous:
    /// it truncates a torn write, which was never acknowledged, replays the journal to a sled copy
    /// that is behind, and moves a damaged sled copy to `quarantine-<time>` and rebuilds it.
    /// [`Opened`] and the log lines report all of it.
    ///
    /// Returns [`Error::JournalDamaged`], and changes nothing, if the journal lost acknowledged
    /// events; [`repair`](crate::repair()) restores them from sled. Reads the journal only from
    /// where sled ends; [`verify`](fn@crate::verify) checks all of it.
    pub fn open(dir: &Path, options: Options) -> Result<(Self, Opened), Error> {
        Self::start(dir, open::open(dir, &options)?, options.merge_bytes)
    }

    fn start(dir: &Path, parts: OpenParts, merge_bytes: u64) -> Result<(Self, Opened), Error> {
        let head = parts.opened.head;
        let shared = Shared::new(head);
        let reader = Reader::new(parts.copy, parts.journal_dir.clone(), Arc::clone(&shared));
        let store = (parts.store, merge_bytes);
        let (sender, threads) = commit::start(parts.journal, store, parts.journal_dir, &shared)?;
        let log = Self {
            dir: dir.to_path_buf(),
            shared,
            submit: Mutex::new(Submit {
                next_position: head.position + 1,
                sender: Some(sender),
            }),
            threads: Some(threads),
            reader,
            _lock: parts.lock,
        };
        Ok((log, parts.opened))
    }

    /// The log's directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The last event that is durable and can be read.
    pub fn head(&self) -> Head {
        self.shared.head()
    }

    /// Returns a reader, which is cheap to clone and can be used on any thread. It still works
    /// after the log is poisoned. It keeps sled open: drop every reader before reopening the log in
    /// this process.
    pub fn reader(&self) -> Reader {
        self.reader.clone()
    }

    /// Returns what checks the log for damage. It keeps sled open, as a reader does.
    pub fn scrubber(&self) -> Scrubber {
        let copy = self.reader.copy.with_own_cache();
        Scrubber::new(self.dir.clone(), copy, Arc::clone(&self.shared))
    }

    /// Queues a frame. Blocks while the queue is full (16 frames).
    ///
    /// On success, a thread of the log calls `on_commit` exactly once, in the order of the frames:
    /// with `Ok` once the frame is durable in the journal and can be read, with `Err` if that is
    /// uncertain and the frame may exist after a restart. `on_commit` must not block, submit or
    /// panic. On failure, the whole frame was rejected and `on_commit` is dropped.
    pub fn submit(
        &self,
        frame: Frame,
        on_commit: impl FnOnce(Result<Committed, Error>) + Send + 'static,
    ) -> Result<(), Error> {
        let encoded = frame.encode()?;
        // Frees the events before the call blocks.
        drop(frame);
        let (first, last) = (encoded.header.first, encoded.header.last());
        let mut submit = self.submit.lock().unwrap_or_else(PoisonError::into_inner);
        self.shared.check()?;
        if first != submit.next_position {
            return Err(Error::OutOfOrder {
                expected: submit.next_position,
                found: first,
            });
        }
        let sender = submit.sender.as_ref();
        let submitted = Submitted {
            frame: encoded,
            on_commit: Box::new(on_commit),
        };
        sender
            .and_then(|sender| sender.send(submitted).ok())
            .ok_or_else(|| self.shared.poisoned())?;
        submit.next_position = last + 1;
        Ok(())
    }

    /// Commits a frame and waits until it is durable and can be read.
    pub fn append(&self, frame: Frame) -> Result<Committed, Error> {
        let (sender, receiver) = sync_channel(1);
        self.submit(frame, move |outcome| {
            // Cannot fail: the receiver waits below.
            drop(sender.send(outcome));
        })?;
        receiver.recv().map_err(|_| self.shared.poisoned())?
    }

    /// Commits queued frames, syncs sled and ends the threads. Fails if the log is or becomes
    /// poisoned.
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
    /// Closes the log and ignores errors.
    fn drop(&mut self) {
        self.stop();
    }
}

#[cfg(test)]
mod tests;
