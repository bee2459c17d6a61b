//! The connection to Switchboard, as the last `connect` established it.

use tokio::sync::watch;

/// The connection; clones share it.
#[derive(Clone)]
pub(crate) struct Connection(watch::Sender<Connected>);

/// The data of the last `connect`.
#[derive(Clone, Default)]
pub(super) struct Connected {
    pub(super) url: Option<String>,
    pub(super) last_message_id: Option<String>,
}

impl Connection {
    pub(crate) fn new(url: Option<String>) -> Self {
        let last_message_id = None;
        Self(watch::Sender::new(Connected {
            url,
            last_message_id,
        }))
    }

    /// Records the URL of Switchboard, and the last message that it has received.
    pub(crate) fn connect(&self, url: &str, last_message_id: Option<&str>) {
        self.0.send_replace(Connected {
            url: Some(url.to_owned()),
            last_message_id: last_message_id.map(str::to_owned),
        });
    }

    /// Waits for the URL of Switchboard.
    pub(crate) async fn url(&self) -> String {
        let mut connected = self.0.subscribe();
        let known = connected
            .wait_for(|connected| connected.url.is_some())
            .await;
        known.ok().and_then(|c| c.url.clone()).unwrap_or_default()
    }

    /// Ends the pause before the next attempt.
    pub(crate) fn retry_now(&self) {
        self.0.send_modify(|_| {});
    }

    pub(super) fn subscribe(&self) -> watch::Receiver<Connected> {
        self.0.subscribe()
    }
}
