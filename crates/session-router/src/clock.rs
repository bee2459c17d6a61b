//! The only use of the system clock in this role.

use chat::time::Timestamp;

/// The current time.
#[expect(
    clippy::disallowed_methods,
    reason = "the loop's outermost edge: below it time is a parameter"
)]
pub(crate) fn now() -> Timestamp {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
