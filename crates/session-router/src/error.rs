//! Why the role stops.

use chat::rpc::LeaseOwner;

use crate::keyring::KeyringError;

/// Why the role stopped. All acknowledged events are durable.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The log cannot be opened or written.
    #[error("cannot open or write the log")]
    Log(#[from] event_log::Error),
    /// The keys cannot be read or written.
    #[error("cannot use the keys")]
    Keys(#[from] KeyringError),
    /// A subscription to NATS failed.
    #[error("cannot subscribe to NATS")]
    Bus(#[from] bus::Error),
    /// The connection to NATS was closed for good.
    #[error("the connection to NATS ended")]
    Ended,
    /// Another session router serves the workspace.
    #[error(
        "another session router serves this workspace: {0}; a workspace has one, so stop one of them"
    )]
    NotAlone(Box<LeaseOwner>),
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
    /// The projections cannot be read or written.
    #[error("cannot read or write the projections")]
    Projections(#[from] projections::Error),
    /// A row of the projections does not decode.
    #[error(transparent)]
    Rows(#[from] chat::workspace::BadRows),
    /// Applying an event read a row that was not in memory: a bug. The state in memory is wrong, what is
    /// on disk is not.
    #[error("applying the event at position {0} read a row that was not loaded")]
    NotPrepared(u64),
    /// A lookup needs other rows each time it is repeated: a bug.
    #[error("a request needs rows without end")]
    EndlessNeeds,
    /// A thread panicked.
    #[error("the thread for {0} panicked")]
    Died(&'static str),
}

impl Error {
    /// Whether the log, or the keys to read it, are damaged or lost. The message says what to do.
    pub fn is_damage(&self) -> bool {
        match self {
            Self::Record { .. } => true,
            Self::Log(error) => error.is_damage(),
            Self::Keys(error) => error.is_damage(),
            Self::Bus(_)
            | Self::Ended
            | Self::NotAlone(_)
            | Self::Committer
            | Self::Entropy
            | Self::Projections(_)
            | Self::Rows(_)
            | Self::NotPrepared(_)
            | Self::EndlessNeeds
            | Self::Died(_) => false,
        }
    }
}
