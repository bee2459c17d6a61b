use std::{fmt, io, path::Path, path::PathBuf};

use crate::limits::{EVENT_BYTES_MAX, FRAME_BYTES_MAX, FRAME_EVENTS_MAX};

/// An error of the log. The message covers its own level only; the cause is the source.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file operation failed.
    #[error("cannot {action} {path}")]
    Io {
        /// The operation, as a verb.
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
    /// Another process has the log open.
    #[error(
        "the event log at {dir} is open in another process: stop that process, \
         or read the log with `switchboard log tail`"
    )]
    Locked {
        /// The locked directory.
        dir: PathBuf,
    },
    /// sled failed for a reason other than damage, such as a full disk or missing permissions.
    #[error("the sled database at {path} failed to {action}")]
    Sled {
        /// The operation, as a verb.
        action: &'static str,
        /// The database's directory.
        path: PathBuf,
        /// sled's error.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// sled panicked; the log caught the panic.
    #[error("the sled database at {path} panicked when asked to {action}: {message}")]
    SledPanicked {
        /// The operation, as a verb.
        action: &'static str,
        /// The database's directory.
        path: PathBuf,
        /// The panic message.
        message: String,
    },
    /// The journal lost acknowledged events, which sled may still have.
    #[error(
        "the journal at {dir} is damaged at positions {ranges}: \
         run `switchboard log repair` to restore them from the sled copy"
    )]
    JournalDamaged {
        /// The log's directory.
        dir: PathBuf,
        /// Missing or unreadable positions.
        ranges: Ranges,
    },
    /// The sled copy lacks an event or returned a damaged one.
    #[error(
        "the sled copy at {path} is damaged at position {position}: \
         stop the broker and run `switchboard log repair` to rebuild the copy from the journal"
    )]
    CopyDamaged {
        /// The database's directory.
        path: PathBuf,
        /// The first unreadable position.
        position: u64,
    },
    /// Neither copy has these events. Nothing was changed.
    #[error(
        "both copies of the log at {dir} are damaged at positions {ranges}: \
         restore the journal directory from a backup; nothing was changed"
    )]
    BothDamaged {
        /// The log's directory.
        dir: PathBuf,
        /// The positions that are in neither copy.
        ranges: Ranges,
    },
    /// A later version of this program wrote the file.
    #[error("{path} has format version {version}, but this program reads version 1: upgrade it")]
    UnknownVersion {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: u16,
    },
    /// An earlier write or sync failed, so the log acknowledges nothing more.
    #[error("the log stopped after a failed write ({cause}): restart the process to recover")]
    Poisoned {
        /// The first failure, with its causes.
        cause: String,
    },
    /// A frame without events.
    #[error("a frame must contain at least one event")]
    FrameEmpty,
    /// A frame over the limits.
    #[error(
        "a frame of {events} events and {bytes} bytes is too large: \
         split it into frames of at most {FRAME_EVENTS_MAX} events and {FRAME_BYTES_MAX} bytes"
    )]
    FrameTooLarge {
        /// Number of events.
        events: usize,
        /// Their size, including 12 bytes of overhead for each event.
        bytes: usize,
    },
    /// An event over the limit.
    #[error(
        "event {position} has {bytes} bytes, the limit is {EVENT_BYTES_MAX}: \
         reject it before appending"
    )]
    EventTooLarge {
        /// The position it would have had.
        position: u64,
        /// Its size.
        bytes: usize,
    },
    /// A frame that does not continue the log: a bug of the caller, or a second writer.
    #[error("a frame at position {found} does not continue the log: expected position {expected}")]
    OutOfOrder {
        /// The next free position.
        expected: u64,
        /// The frame's position.
        found: u64,
    },
    /// A link that does not point back.
    #[error("event {position} links to {link}, which is not an earlier position")]
    BadLink {
        /// The event.
        position: u64,
        /// Its link.
        link: u64,
    },
}

impl Error {
    /// Whether the journal or its copy is damaged.
    pub const fn is_damage(&self) -> bool {
        matches!(
            self,
            Self::JournalDamaged { .. } | Self::CopyDamaged { .. } | Self::BothDamaged { .. }
        )
    }

    /// Returns a function for `map_err` that adds the failed operation and its path.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io {
            action,
            path: path.to_path_buf(),
            source,
        }
    }

    pub(crate) fn journal_damaged(dir: &Path, ranges: impl Into<Ranges>) -> Self {
        Self::JournalDamaged {
            dir: dir.to_path_buf(),
            ranges: ranges.into(),
        }
    }

    /// Returns the message followed by those of its causes.
    pub(crate) fn with_causes(&self) -> String {
        let first: &dyn std::error::Error = self;
        let chain = std::iter::successors(Some(first), |error| error.source());
        let messages: Vec<_> = chain.map(ToString::to_string).collect();
        messages.join(": ")
    }
}

/// Positions from `first` to `last`, inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Range {
    /// The first position.
    pub first: u64,
    /// The last position, never below `first`.
    pub last: u64,
}

/// Ascending ranges, displayed as `5-9, 12`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ranges(pub Vec<Range>);

impl Ranges {
    /// Appends a range; merges it with the last one if they touch or overlap.
    pub(crate) fn push(&mut self, range: Range) {
        match self.0.last_mut() {
            Some(last) if range.first <= last.last.saturating_add(1) => {
                last.last = last.last.max(range.last);
            }
            Some(_) | None => self.0.push(range),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Range> for Ranges {
    fn from(range: Range) -> Self {
        Self(vec![range])
    }
}

impl FromIterator<Range> for Ranges {
    fn from_iter<I: IntoIterator<Item = Range>>(ranges: I) -> Self {
        let mut sorted: Vec<_> = ranges.into_iter().collect();
        sorted.sort();
        let mut merged = Self::default();
        for range in sorted {
            merged.push(range);
        }
        merged
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
