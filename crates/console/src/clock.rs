//! The clock of this role. Everything that decides takes the time as a parameter.

use std::time::{Duration, Instant, SystemTime};

use chat::time::Timestamp;

/// The time since the role started, and of the world.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock(Instant);

impl Clock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the role's outermost loop's clock"
    )]
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    /// The time since the start; it never goes backwards.
    pub(crate) fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    /// The time of day.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the role's outermost loop's clock"
    )]
    pub(crate) fn now() -> Timestamp {
        let since = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }
}
