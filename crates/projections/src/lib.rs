//! The rows of the session router's projections, in an embedded key-value store.
//!
//! *Rows reach the disk only together with the position that they belong to. Everything in the
//! store can be computed again from the log.*
//!
//! A store has two parts. The owner reads all rows of the resident part when it starts and keeps
//! them in memory. Rows of the cold part are looked up when they are needed, so they cost disk
//! space and a bounded cache.
//!
//! After a kill or a power cut a store has the rows of some earlier [`write`](Store::write), with
//! the checkpoint of that write. The newest writes may be lost, because writes are not synced one
//! by one. A store that cannot be read is replaced by an empty one, and its owner folds the log
//! again.
//!
//! The crate has no clock and no async runtime. All calls block. No other crate knows the library
//! that keeps the rows.
//!
//! Layout, from the top down; a module imports only from modules below it:
//!
//! * `store`: [`Store`], the public face of the writer.
//! * `copy`: [`read_residents`], for other processes.
//! * `snapshot`: [`Snapshot`], the reads.
//! * `database`: the library with its settings; turns its errors and panics into [`Error`].
//! * `journals`: detects damage that the library ignores.
//! * `place`: the store's directory, its lock and its format version.
//! * `rows`, `options`, `error`: the vocabulary of all of them.

#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

mod copy;
mod database;
mod error;
mod journals;
mod options;
mod place;
mod rows;
mod snapshot;
mod store;

pub use copy::read_residents;
pub use error::Error;
pub use options::{CACHE_BYTES_DEFAULT, Options};
pub use rows::{Changes, KEY_BYTES_MAX, RESERVED_TAG, Row, VALUE_BYTES_MAX};
pub use snapshot::Snapshot;
pub use store::{Discarded, Store};
