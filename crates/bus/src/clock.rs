//! The clock of the roles. Only a role's outermost loop reads it; everything below takes the time as
//! a parameter.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use chat::time::Timestamp;

/// Returns the time of day.
#[expect(clippy::disallowed_methods, reason = "the roles read the clock here")]
pub fn now() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// Returns a point in time to measure durations from; it never goes backwards.
#[expect(clippy::disallowed_methods, reason = "the roles read the clock here")]
pub fn instant() -> Instant {
    Instant::now()
}

/// Returns the time since the machine started. Unlike [`instant`] it goes on while the machine sleeps.
pub fn since_boot() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    Duration::try_from(time).unwrap_or_default()
}
