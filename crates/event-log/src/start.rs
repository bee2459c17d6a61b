//! Opening a log: finds the journal's end and brings the sled copy up to date.

pub(crate) mod journal_end;
pub(crate) mod open;
pub(crate) mod rebuild;
mod replay;
