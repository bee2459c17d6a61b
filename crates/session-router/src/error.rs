//! Why the role stops.

use crate::keyring::KeyringError;

/// Why the role stopped by itself. Whatever it is, nothing was acknowledged that is not durable.
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
    /// The connection to NATS was closed for good: nobody can ask anything any more.
    #[error("the connection to NATS ended")]
    Ended,
    /// A record of the log is not what it says.
    #[error("the record at position {position} does not decode; run `switchboard log verify`")]
    Record {
        /// Where it is.
        position: u64,
        /// What is wrong with it.
        #[source]
        source: chat::codec::Error,
    },
    /// The log and the pipeline's end are out of step: a bug.
    #[error("the committer ended without a word")]
    Committer,
    /// The machine gave no randomness.
    #[error("no randomness from the machine")]
    Entropy,
    /// A thread died.
    #[error("{0} died")]
    Died(&'static str),
}

impl Error {
    /// Whether the log is damaged, so that `switchboard log repair` is the next step.
    pub fn is_damage(&self) -> bool {
        matches!(
            self,
            Self::Log(event_log::Error::JournalDamaged { .. }) | Self::Record { .. }
        )
    }
}
