//! The sled copy, which queries read: the newest rows in sled, older ones in merged files.

pub(crate) mod merged;
pub(crate) mod merging;
pub(crate) mod page;
pub(crate) mod rows;
pub(crate) mod sled_copy;
pub(crate) mod store;
