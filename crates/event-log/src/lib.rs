//! An append-only log of opaque events, kept in two copies.
//!
//! An event has a position (1, 2, 3 … without a gap), a link to the previous event of the same
//! stream, a time and bytes. The crate knows no schema, no clock and no async runtime. All calls
//! block.
//!
//! The first copy is the **journal**: files of [frames](Frame), chained by SHA-256. A frame is
//! acknowledged after it is appended and `fdatasync` returned. The second copy, which queries read,
//! is a sled database with the newest events, and files with all older ones. After a power cut sled
//! 0.34.7 may open empty, behind, or not at all, so opening a log compares it with the journal and
//! rebuilds it if necessary.
//!
//! Layout, from the top down; a module imports only from modules below it:
//!
//! * `log`: [`EventLog`], the public face of the writer.
//! * `maintenance`: [`verify`](fn@verify), [`repair`], [`Scrubber`] and the merge of two damaged copies.
//! * `read`: [`Reader`] in the writing process, [`JournalReader`] in any other.
//! * `start`: opening: find the journal's end, compare the copies, replay or rebuild sled.
//! * `commit`: the pipeline of threads: committer, applier, barrier, merger, sealer.
//! * `copy`: the sled copy: page format, database, merged files, merging, queries.
//! * `journal`: the journal: frame and segment formats, writer, scanner, hash chain, compression.
//! * `disk`: durable file operations, locks, free space.
//! * `head`, `event`, `hash`, `limits`, `options`, `error`: the vocabulary of all of them.

#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

mod bytes;
mod commit;
mod copy;
mod disk;
mod error;
mod event;
mod hash;
mod head;
mod journal;
mod limits;
mod log;
mod maintenance;
mod options;
mod read;
mod start;
#[cfg(test)]
mod testing;

pub use disk::durable::is_in_use;
pub use disk::space::{FREE_BYTES_MIN, FREE_PERCENT_MIN, Space, free_space};
pub use error::{Error, Range, Ranges};
pub use event::{EventRef, NewEvent, StoredEvent};
pub use hash::{GENESIS, Hash};
pub use head::{Committed, Head};
pub use journal::frame::Frame;
pub use limits::{EVENT_BYTES_MAX, FRAME_BYTES_MAX, FRAME_EVENTS_MAX};
pub use log::EventLog;
pub use maintenance::repair::{Repaired, repair};
pub use maintenance::scrub::{Scrubbed, Scrubber};
pub use maintenance::verify::{CopyReport, Report, verify};
pub use options::{Options, SEGMENT_BYTES_DEFAULT};
pub use read::journal_reader::{JournalReader, JournalStats};
pub use read::reader::{Back, Reader};
pub use start::open::{Opened, Rebuilt};
