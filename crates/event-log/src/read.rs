//! Reading a log: from the process that writes it, and from others.

pub(crate) mod journal_reader;
pub(crate) mod reader;
