//! Waiting for room in the queue of commands.

use std::time::Duration;

use crate::error::Error;

/// Fails with [`Error::Full`] when a command is not queued within `timeout`.
pub(crate) async fn within<T>(
    timeout: Duration,
    subject: &str,
    queued: impl Future<Output = T>,
) -> Result<T, Error> {
    tokio::time::timeout(timeout, queued)
        .await
        .map_err(|_| Error::Full(subject.to_owned()))
}
