//! The only use of the system clocks in the bench.

use std::time::{Instant, SystemTime};

use chat::time::Timestamp;

/// The monotonic time.
pub(crate) fn instant() -> Instant {
    Instant::now()
}

/// The wall-clock time.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::UNIX_EPOCH.elapsed().unwrap();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap())
}
