//! Old rows of the copy, merged into files of compressed groups.
//!
//! sled keeps some 300 bytes in memory for each of its leaves, which have 8 to 16 rows, and reads
//! up to 64 leaves into each of its 256 cache shards before it evicts any. So only the newest rows
//! stay in sled. A file is never changed, only replaced as a whole.

pub(crate) mod file;
pub(crate) mod files;
pub(crate) mod group;
