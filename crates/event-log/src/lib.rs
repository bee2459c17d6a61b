//! An append-only log of opaque events, kept twice.
//!
//! An event is a position (1, 2, 3, ... without a gap), a link to the previous event of the same
//! stream, a time and bytes. This crate knows bytes, not chat: no schema, no clock, no runtime. All
//! calls block; the caller decides on which thread.
//!
//! The first copy is the **journal**: files of [frames](Frame), each chained to the one before by
//! SHA-256. Appending a frame and `fdatasync` is what an acknowledgement means. The second copy is
//! a sled database which everybody reads. sled 0.34.7 may open empty, behind or not at all after a
//! power cut, so it is never believed: opening compares it with the journal, and rebuilds it.
//!
//! Reading order: [`EventLog`], then `commit` (the pipeline), `journal` and `copy` (the two copies),
//! `open` (what happens at start), [`verify`](fn@verify) and [`repair`](fn@repair).

mod apply;
mod commit;
mod copy;
mod durable;
mod error;
mod event;
mod frame;
mod hash;
mod journal;
mod log;
mod merge;
mod open;
mod options;
mod page;
mod projection;
mod reader;
mod rebuild;
mod repair;
mod replay;
mod scan;
mod seal;
mod segment;
mod space;
mod store;
mod survey;
mod tail;
mod verify;
mod walk;

pub use error::{Error, Range, Ranges};
pub use event::{EventRef, NewEvent, StoredEvent};
pub use frame::{EVENT_BYTES_MAX, FRAME_BYTES_MAX, FRAME_EVENTS_MAX, Frame};
pub use hash::{GENESIS, Hash};
pub use log::{Committed, EventLog, Head};
pub use open::{Opened, Rebuilt};
pub use options::{Options, SEGMENT_BYTES_DEFAULT};
pub use projection::{Checkpoint, Discarded, PROJECTION_VALUE_BYTES_MAX, ProjectionStore, Row};
pub use reader::{Back, Reader};
pub use repair::{Repaired, repair};
pub use space::{FREE_BYTES_MIN, FREE_PERCENT_MIN, Space, free_space};
pub use tail::{JournalReader, JournalStats};
pub use verify::{CopyReport, Report, verify};
