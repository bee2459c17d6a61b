//! The exit codes of the command line, and the error that carries one.

use std::fmt;

/// The exit code of the process (documented in `--help`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Any other failure.
    Failure = 1,
    /// A wrong command line.
    Usage = 2,
    /// The log is damaged.
    Damaged = 3,
    /// No connection to NATS, or no response.
    NotConnected = 4,
    /// The sign-in or the request was denied.
    Denied = 5,
    /// Wrong settings.
    Settings = 78,
}

/// An error with its exit code. Displays all causes, outermost first.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The exit code.
    pub(crate) exit: Exit,
    /// The error and its causes.
    pub(crate) error: anyhow::Error,
}

/// The result of a command.
pub(crate) type Result<T = ()> = std::result::Result<T, Failure>;

impl Failure {
    /// A failure with an underlying error.
    pub(crate) fn new(exit: Exit, error: impl Into<anyhow::Error>) -> Self {
        Self {
            exit,
            error: error.into(),
        }
    }

    /// A failure with a message only.
    pub(crate) fn message(exit: Exit, message: impl Into<String>) -> Self {
        Self::new(exit, anyhow::Error::msg(message.into()))
    }

    /// A failure that has already been printed.
    pub(crate) fn printed(exit: Exit) -> Self {
        Self::new(exit, Printed)
    }

    /// Whether the failure has already been printed.
    pub(crate) fn is_printed(&self) -> bool {
        self.error.is::<Printed>()
    }

    /// A failure of the log; damage has its own exit code.
    pub(crate) fn of_log(error: event_log::Error) -> Self {
        let exit = if error.is_damage() {
            Exit::Damaged
        } else {
            Exit::Failure
        };
        Self::new(exit, error)
    }

    /// A failure of NATS; `bad_url` is the exit code for a wrong URL.
    pub(crate) fn of_bus(error: bus::Error, bad_url: Exit) -> Self {
        use bus::Error as E;
        let exit = match error {
            E::NotAuthorised { .. } => Exit::Denied,
            E::Url { .. } | E::UrlCredentials => bad_url,
            E::Unreachable { .. }
            | E::Tls { .. }
            | E::NoResponders { .. }
            | E::Timeout { .. }
            | E::Disconnected { .. }
            | E::Interrupted { .. }
            | E::Closed { .. } => Exit::NotConnected,
            E::Full { .. }
            | E::Subject { .. }
            | E::Queue { .. }
            | E::Header { .. }
            | E::TooLarge { .. }
            | E::NoReply { .. }
            | E::Refused { .. }
            | E::Answer { .. }
            | E::ServiceName { .. } => Exit::Failure,
        };
        Self::new(exit, error)
    }

    /// Whether the reader of stdout has exited, like `head` does.
    pub(crate) fn is_closed_pipe(&self) -> bool {
        self.error
            .downcast_ref::<std::io::Error>()
            .is_some_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe)
    }
}

/// The error of a failure that has already been printed.
#[derive(Debug, thiserror::Error)]
#[error("see above")]
struct Printed;

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut last = String::new();
        for cause in self.error.chain() {
            let text = cause.to_string();
            // Some libraries repeat a cause in the text of the error that it caused.
            if last.is_empty() {
                f.write_str(&text)?;
            } else if !last.ends_with(&text) {
                write!(f, ": {text}")?;
            } else {
                continue;
            }
            last = text;
        }
        Ok(())
    }
}

/// Errors without an exit code get `Exit::Failure`.
impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::new(Exit::Failure, error)
    }
}

/// Adds an exit code and a message to an error.
pub(crate) trait OrExit<T> {
    /// Adds an exit code.
    fn or_exit(self, exit: Exit) -> Result<T>;
    /// Adds an exit code and a message.
    fn or_fail(self, exit: Exit, message: impl FnOnce() -> String) -> Result<T>;
}

impl<T, E: Into<anyhow::Error>> OrExit<T> for std::result::Result<T, E> {
    fn or_exit(self, exit: Exit) -> Result<T> {
        self.map_err(|e| Failure::new(exit, e))
    }

    fn or_fail(self, exit: Exit, message: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|e| Failure::new(exit, e.into().context(message())))
    }
}
