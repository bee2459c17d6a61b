//! The sled copy, which queries read.

pub(crate) mod page;
pub(crate) mod sled_copy;
pub(crate) mod store;
