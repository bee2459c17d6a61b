use std::io;
use std::path::PathBuf;

/// An error of the key file and its copy.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// A file cannot be read or written.
    #[error("cannot {action} the key file {path}; without it no message can be read")]
    File {
        /// The operation.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// Both files are missing, although the log has events.
    #[error(
        "{path} and its copy are missing, but the log has {events} events; restore the files that were \
         backed up with it"
    )]
    Missing {
        /// The first file.
        path: PathBuf,
        /// The number of events.
        events: u64,
    },
    /// The headers of both files are damaged.
    #[error("{path} and its copy are damaged; restore one of them from a backup")]
    Damaged {
        /// The first file.
        path: PathBuf,
    },
    /// The files contain different keys with the same number. Nothing is written.
    #[error(
        "{path} and its copy contain different keys with number {number}: one of them belongs to another \
         history; move the one that does not fit the log out of the directory"
    )]
    Conflict {
        /// The first file.
        path: PathBuf,
        /// The first such number.
        number: u32,
    },
    /// The master key did not seal the keys.
    #[error(
        "the master key does not open the keys in {path}; restore the master.key that belongs to this \
         data directory"
    )]
    WrongMaster {
        /// The first file.
        path: PathBuf,
    },
    /// Keys that contacts use are missing.
    #[error(
        "{path} and its copy lack {count} keys that contacts of the log use, the first with number \
         {first}; restore one of the files from a backup that is as new as the log"
    )]
    Lacking {
        /// The first file.
        path: PathBuf,
        /// How many keys.
        count: usize,
        /// The number of the first.
        first: u32,
    },
    /// The log and the keys are missing, although there are projections of a log.
    #[error(
        "the log and the contacts' keys in {data} are missing, but it once had a log; restore log/, keys \
         and keys.copy from a backup; to start without what was stored, remove {data}/projections"
    )]
    AllLost {
        /// The data directory.
        data: PathBuf,
    },
    /// The log is missing, shorter than it was, or another one.
    #[error(
        "the log in {data} {found}, but it once reached position {position} with hash {hash}; restore \
         it, or see what can be saved: switchboard log recover --data {data}"
    )]
    LogLost {
        /// The data directory.
        data: PathBuf,
        /// What is there instead.
        found: String,
        /// The position that the key file recorded.
        position: u64,
        /// The hash of the frame that ended there.
        hash: event_log::Hash,
    },
}

impl KeyringError {
    /// Whether the log, or the keys without which it cannot be read, are lost.
    pub(crate) const fn is_damage(&self) -> bool {
        match self {
            Self::Missing { .. }
            | Self::Damaged { .. }
            | Self::Conflict { .. }
            | Self::Lacking { .. }
            | Self::AllLost { .. }
            | Self::LogLost { .. } => true,
            Self::File { .. } | Self::WrongMaster { .. } => false,
        }
    }
}
