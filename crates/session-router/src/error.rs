//! Why the role stops.

use crate::keyring::KeyringError;

/// Why the role stopped. Nothing was acknowledged that is not durable.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The log cannot be opened or written.
    #[error("the log failed")]
    Log(#[from] event_log::Error),
    /// The keys cannot be read or written.
    #[error("the keys failed")]
    Keys(#[from] KeyringError),
    /// NATS cannot be subscribed.
    #[error("the bus failed")]
    Bus(#[from] bus::Error),
    /// The connection to NATS was closed for good.
    #[error("the connection to NATS ended")]
    Ended,
    /// A record of the log does not decode.
    #[error("the record at position {position} does not decode; run `switchboard log verify`")]
    Record {
        /// Its position.
        position: u64,
        /// The cause.
        #[source]
        source: chat::codec::Error,
    },
    /// The log reported more or fewer frames than it was given: a bug.
    #[error("the committer stopped unexpectedly")]
    Committer,
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes")]
    Entropy,
    /// A thread panicked.
    #[error("the thread for {0} panicked")]
    Died(&'static str),
}

impl Error {
    /// Whether the log is damaged: the next step is `switchboard log repair`.
    pub fn is_damage(&self) -> bool {
        matches!(self, Self::Record { .. }) || matches!(self, Self::Log(error) if error.is_damage())
    }
}
