//! Verification and repair of a whole log.

mod merge;
pub(crate) mod repair;
pub(crate) mod scrub;
pub(crate) mod verify;
