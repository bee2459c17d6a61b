//! The file system: durable operations, locks and free space.

pub(crate) mod durable;
pub(crate) mod space;
