use std::{fmt, io, path::Path, path::PathBuf};

use crate::limits::{
    EVENT_BYTES_MAX, FRAME_BYTES_MAX, FRAME_EVENTS_MAX, PROJECTION_VALUE_BYTES_MAX,
};

/// Why the log could not do what was asked. Each says its own level; the cause is its source.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused a file operation.
    #[error("cannot {action} {path}")]
    Io {
        /// What was tried, as a verb.
        action: &'static str,
        /// On which file or directory.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The directory is in use. One process writes a log, ever.
    #[error(
        "the event log at {dir} is open in another process: stop that one first, \
         or read beside it with `switchboard log tail`"
    )]
    Locked {
        /// The data directory.
        dir: PathBuf,
    },
    /// sled refused for a reason other than damage (disk full, no permission, limits).
    #[error("the database at {path} refused to {action}")]
    Sled {
        /// What was tried, as a verb.
        action: &'static str,
        /// The database's directory.
        path: PathBuf,
        /// What sled said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// sled panicked; the panic was caught here.
    #[error("the database at {path} panicked when asked to {action}: {message}")]
    SledPanicked {
        /// What was tried, as a verb.
        action: &'static str,
        /// The database's directory.
        path: PathBuf,
        /// The panic's words.
        message: String,
    },
    /// Acknowledged events cannot be read from the journal, but sled may still have them.
    #[error(
        "the journal at {dir} is damaged at positions {ranges}: \
         run `switchboard log repair` to mend it from the other copy"
    )]
    JournalDamaged {
        /// The data directory.
        dir: PathBuf,
        /// What is missing or unreadable.
        ranges: Ranges,
    },
    /// The sled copy cannot be read where it should.
    #[error(
        "the sled copy at {path} is damaged at position {position}: \
         stop the broker and run `switchboard log repair` to rebuild it from the journal"
    )]
    CopyDamaged {
        /// The database's directory.
        path: PathBuf,
        /// The first position that could not be read.
        position: u64,
    },
    /// Neither copy has these events. Nothing was changed.
    #[error(
        "both copies of the log at {dir} are damaged at positions {ranges}: \
         restore these from a backup of journal/, nothing was changed"
    )]
    BothDamaged {
        /// The data directory.
        dir: PathBuf,
        /// The positions that neither copy can give.
        ranges: Ranges,
    },
    /// Written by a later version of this program.
    #[error("{path} has format version {version}, this program reads version 1: upgrade it")]
    UnknownVersion {
        /// The file.
        path: PathBuf,
        /// The version found.
        version: u16,
    },
    /// An earlier write or sync failed, so nothing is acknowledged any more.
    #[error(
        "the log stopped after a failed write ({cause}): restart the process to verify and go on"
    )]
    Poisoned {
        /// What failed first, in words.
        cause: String,
    },
    /// A frame without events.
    #[error("a frame needs at least one event")]
    FrameEmpty,
    /// A frame over the limits.
    #[error(
        "a frame of {events} events and {bytes} bytes is too large: \
         split it into frames of at most {FRAME_EVENTS_MAX} events and {FRAME_BYTES_MAX} bytes"
    )]
    FrameTooLarge {
        /// Events in it.
        events: usize,
        /// Their bytes, with 12 for each event.
        bytes: usize,
    },
    /// An event over the limit.
    #[error(
        "event {position} has {bytes} bytes, at most {EVENT_BYTES_MAX} fit: \
         refuse it where it enters"
    )]
    EventTooLarge {
        /// The position it would have had.
        position: u64,
        /// Its length.
        bytes: usize,
    },
    /// A frame that does not continue the log: a bug of the caller, or a second writer.
    #[error("a frame at position {found} does not continue the log, the next is {expected}")]
    OutOfOrder {
        /// The next free position.
        expected: u64,
        /// What the frame said.
        found: u64,
    },
    /// A link that does not point back.
    #[error("event {position} links to {link}, which is not before it")]
    BadLink {
        /// The event.
        position: u64,
        /// Its link.
        link: u64,
    },
    /// A projection's row over the limit.
    #[error(
        "a projection row has {bytes} bytes, at most {PROJECTION_VALUE_BYTES_MAX} fit: \
         split it over several keys"
    )]
    RowTooLarge {
        /// Key and value together.
        bytes: usize,
    },
}

impl Error {
    /// For `map_err`: names what was tried on which path.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io {
            action,
            path: path.to_path_buf(),
            source,
        }
    }
}

/// Positions from `first` to `last`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Range {
    /// The first position.
    pub first: u64,
    /// The last position, never below `first`.
    pub last: u64,
}

/// Ranges in order; shown as `5-9, 12`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ranges(pub Vec<Range>);

impl Ranges {
    /// Adds a range at the end, joined with the last one where they touch.
    pub(crate) fn push(&mut self, range: Range) {
        match self.0.last_mut() {
            Some(last) if range.first <= last.last.saturating_add(1) => {
                last.last = last.last.max(range.last);
            }
            _ => self.0.push(range),
        }
    }
}

impl fmt::Display for Range {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last {
            write!(out, "{}", self.first)
        } else {
            write!(out, "{}-{}", self.first, self.last)
        }
    }
}

impl fmt::Display for Ranges {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, range) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(out, "{comma}{range}")?;
        }
        Ok(())
    }
}
