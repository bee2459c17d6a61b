//! The role's clock: only its outermost loop, `role.rs`, reads it.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use chat::time::Timestamp;

/// What time it is.
pub(crate) fn now() -> Timestamp {
    #[expect(
        clippy::disallowed_methods,
        reason = "the role's outermost loop reads the clock here"
    )]
    let now = SystemTime::now();
    let micros = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(micros.as_micros()).unwrap_or(i64::MAX))
}

/// A point in time to measure a duration from.
pub(crate) fn instant() -> Instant {
    #[expect(
        clippy::disallowed_methods,
        reason = "the role's outermost loop measures here how long things took and wait"
    )]
    Instant::now()
}
