//! The clock, read here for what runs outside the roles.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chat::chance::Chance;
use chat::time::Timestamp;

/// What time it is.
pub(crate) fn now() -> Timestamp {
    #[expect(
        clippy::disallowed_methods,
        reason = "the command line is an outermost loop"
    )]
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or(Duration::ZERO);
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// A generator seeded by the machine.
pub(crate) fn chance() -> Result<Chance, getrandom::Error> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)?;
    Ok(Chance::from_seed(seed))
}
