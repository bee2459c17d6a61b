//! What the threads of the pipeline and the readers share.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::Error;
use crate::head::{Committed, Head};
use crate::journal::writer::Pending;

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

/// Tells everyone of a group that it was not acknowledged; the first is told why.
pub(crate) fn fail(group: Vec<Submitted>, shared: &Shared, mut error: Option<Error>) {
    for submitted in group {
        (submitted.done)(Err(error.take().unwrap_or_else(|| shared.poisoned())));
    }
}
