//! The state of the connection, and when a consumer has to catch up.

use async_nats::{Event, ServerError};
use tokio::sync::watch;

/// Counter: messages dropped because a subscription was full, at least. The client counts several that
/// it drops in a row as one.
const DROPPED: &str = "switchboard_nats_messages_dropped_total";

/// The state of the connection. The counters only grow, so a consumer that missed several changes
/// still detects them: keep the last state and compare with [`has_gap_since`](Self::has_gap_since).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// Whether NATS is connected. May lag behind [`Bus::is_connected`](crate::Bus::is_connected).
    pub connected: bool,
    /// The number of connections made, including the first.
    pub connections: u64,
    /// The minimum number of messages dropped because a subscription was full.
    pub dropped: u64,
    /// Whether the bus was closed; it will not reconnect.
    pub closed: bool,
    /// Whether NATS rejected the credentials of the last connection. The client may report a connection
    /// before NATS has decided on them.
    pub denied: bool,
}

impl Link {
    /// The state after connecting, before the client has reported the connection.
    pub(crate) const STARTED: Self = Self {
        connected: true,
        connections: 0,
        dropped: 0,
        closed: false,
        denied: false,
    };

    /// Returns whether messages may have been lost since `earlier`, so that a consumer must catch up.
    pub fn has_gap_since(&self, earlier: &Self) -> bool {
        // The client reports the first connection late; that is not a gap.
        self.connections.max(1) != earlier.connections.max(1) || self.dropped != earlier.dropped
    }
}

/// Updates the state from an event of `async-nats`, and logs what an administrator should know.
pub(crate) fn observe(link: &watch::Sender<Link>, event: &Event) {
    match event {
        Event::Connected => tracing::info!("connected to NATS"),
        Event::Disconnected => tracing::warn!("disconnected from NATS; reconnecting"),
        Event::LameDuckMode => tracing::warn!("the NATS server is about to stop"),
        Event::ServerError(error) => tracing::warn!(%error, "NATS reported an error"),
        Event::ClientError(error) => tracing::debug!(%error, "cannot reconnect to NATS yet"),
        Event::Draining | Event::Closed | Event::SlowConsumer(_) => {}
    }
    link.send_if_modified(|link| {
        let before = *link;
        match event {
            Event::Connected => {
                link.connected = true;
                link.denied = false;
                link.connections = link.connections.saturating_add(1);
            }
            Event::Disconnected => link.connected = false,
            Event::SlowConsumer(_) => {
                metrics::counter!(DROPPED).increment(1);
                if link.dropped == 0 {
                    tracing::warn!("subscription full, messages dropped; consumers catch up");
                }
                link.dropped = link.dropped.saturating_add(1);
            }
            Event::Closed => {
                link.connected = false;
                link.closed = true;
            }
            Event::ServerError(ServerError::AuthorizationViolation) => link.denied = true,
            Event::ServerError(_)
            | Event::Draining
            | Event::LameDuckMode
            | Event::ClientError(_) => {}
        }
        // `connect` has already returned the first connection, so it wakes no watcher.
        let first = before == Link::STARTED && link.connections == 1;
        *link != before && !first
    });
}
