//! The asynchronous runtime.

use crate::exit::Result;

/// Runs a future to completion on a new multi-threaded runtime.
pub(crate) fn block_on<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let result = runtime.block_on(future);
    // A blocking read of stdin cannot be cancelled and must not delay the exit.
    runtime.shutdown_background();
    result
}
