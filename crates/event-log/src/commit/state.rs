//! State that the threads of the pipeline share with the log and its readers.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::Error;
use crate::head::{Committed, Head};
use crate::journal::frame::EncodedFrame;

/// Receives the outcome of a frame, exactly once.
pub(crate) type OnCommit = Box<dyn FnOnce(Result<Committed, Error>) + Send>;

/// A frame in the pipeline.
pub(crate) struct Submitted {
    pub(crate) frame: EncodedFrame,
    pub(crate) on_commit: OnCommit,
}

/// Frames that share a sync.
pub(crate) type Batch = Vec<Submitted>;

/// The head, and whether the log is poisoned.
pub(crate) struct Shared {
    head: Mutex<Head>,
    /// The first failure. Once it is set, nothing is acknowledged.
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

    pub(crate) fn set_head(&self, head: Head) {
        *self.head.lock().unwrap_or_else(PoisonError::into_inner) = head;
    }

    /// Fails if the log is poisoned.
    pub(crate) fn check(&self) -> Result<(), Error> {
        match self.poison.get() {
            Some(_) => Err(self.poisoned()),
            None => Ok(()),
        }
    }

    /// The error for callers whose frame cannot be committed.
    pub(crate) fn poisoned(&self) -> Error {
        let cause = self.poison.get().cloned();
        Error::Poisoned {
            cause: cause.unwrap_or_else(|| "a thread panicked".to_owned()),
        }
    }

    /// Records the failure that stops the log. Later failures are only logged.
    pub(crate) fn poison(&self, error: &Error) {
        let error = error.with_causes();
        tracing::error!(error, "log stopped; restart the process to recover");
        self.poison.get_or_init(|| error);
    }

    /// Fails every frame of a batch; the first gets `error`.
    pub(crate) fn fail(&self, batch: Batch, mut error: Option<Error>) {
        for submitted in batch {
            (submitted.on_commit)(Err(error.take().unwrap_or_else(|| self.poisoned())));
        }
    }
}
