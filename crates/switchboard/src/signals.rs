//! When the process is asked to stop.

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::exit::Result;

/// SIGINT and SIGTERM, as they come.
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// Takes them over from now on.
    pub(crate) fn new() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Waits for the next one.
    pub(crate) async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Waits for the first one.
pub(crate) async fn asked_to_stop() -> Result {
    Signals::new()?.next().await;
    Ok(())
}
