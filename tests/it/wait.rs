//! Waits for a condition or a future, with a time limit. No test sleeps for a fixed time.

use std::time::Duration;

/// The time limit of every wait. Nothing that works takes this long, even on a busy machine with an
/// unoptimised binary.
pub(crate) const LIMIT: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(10);

/// Polls `look` until it returns a value.
pub(crate) async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let found = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(POLL).await;
        }
    };
    within(what, found).await
}

/// Awaits a future; panics with `what` after [`LIMIT`].
pub(crate) async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    let done = tokio::time::timeout(LIMIT, future).await;
    done.unwrap_or_else(|_| panic!("not within {LIMIT:?}: {what}"))
}
