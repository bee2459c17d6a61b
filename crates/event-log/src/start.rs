//! Opening a log: compares the two copies and brings sled up to date.

pub(crate) mod journal_end;
pub(crate) mod open;
pub(crate) mod rebuild;
mod replay;
