//! Reading a log, in the process that writes it and in others.

pub(crate) mod journal_reader;
pub(crate) mod reader;
