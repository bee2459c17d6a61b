//! How the process ends: the exit codes of the command line, and the error that carries one.

use std::fmt;

/// What the caller of the program is told (documented in `--help`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// It did not work.
    Failure = 1,
    /// The command line makes no sense.
    Usage = 2,
    /// The log is damaged.
    Damaged = 3,
    /// There is no connection to NATS, or nobody answers there.
    NotConnected = 4,
    /// Signing in or the request was refused.
    Denied = 5,
    /// The settings are wrong.
    Settings = 78,
}

/// An error on its way to `main`: the exit code and the causes, outermost first.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The code to end with.
    pub(crate) exit: Exit,
    /// What to say.
    pub(crate) error: anyhow::Error,
}

/// What commands return.
pub(crate) type Result<T = ()> = std::result::Result<T, Failure>;

impl Failure {
    /// A failure with this code.
    pub(crate) fn new(exit: Exit, error: impl Into<anyhow::Error>) -> Self {
        Self {
            exit,
            error: error.into(),
        }
    }

    /// A failure of words alone.
    pub(crate) fn say(exit: Exit, words: impl Into<String>) -> Self {
        Self::new(exit, anyhow::Error::msg(words.into()))
    }

    /// A failure of which everything is said already.
    pub(crate) fn said(exit: Exit) -> Self {
        Self::new(exit, Said)
    }

    /// Whether everything is said already.
    pub(crate) fn is_said(&self) -> bool {
        self.error.is::<Said>()
    }

    /// Whether our reader went away, as `head` does: no fault of anybody.
    pub(crate) fn is_closed_pipe(&self) -> bool {
        self.error
            .downcast_ref::<std::io::Error>()
            .is_some_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe)
    }
}

/// Stands where words would be repeated.
#[derive(Debug, thiserror::Error)]
#[error("see above")]
struct Said;

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.error)
    }
}

/// Whatever has no code of its own is a plain failure.
impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::new(Exit::Failure, error)
    }
}

/// Gives an error its exit code and a sentence of this level.
pub(crate) trait OrExit<T> {
    /// The same, ending the process with this code.
    fn or_exit(self, exit: Exit) -> Result<T>;
    /// The same, saying first what was being done.
    fn or_fail(self, exit: Exit, words: impl FnOnce() -> String) -> Result<T>;
}

impl<T, E: Into<anyhow::Error>> OrExit<T> for std::result::Result<T, E> {
    fn or_exit(self, exit: Exit) -> Result<T> {
        self.map_err(|e| Failure::new(exit, e))
    }

    fn or_fail(self, exit: Exit, words: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|e| Failure::new(exit, e.into().context(words())))
    }
}
