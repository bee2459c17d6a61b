//! How the connection is, and when a consumer has to catch up.

use async_nats::Event;
use tokio::sync::watch;

/// The connection as of now. The counters only grow, so a consumer that slept through several
/// changes still sees that there were some: remember the last one and compare with
/// [`has_gap_since`](Self::has_gap_since).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// Whether NATS is connected. [`Bus::is_connected`](crate::Bus::is_connected) is never behind.
    pub connected: bool,
    /// How many times it was connected, the first included.
    pub connections: u64,
    /// How many messages at least were dropped because a subscription of ours was full.
    pub dropped: u64,
    /// Whether it was closed for good.
    pub closed: bool,
}

impl Link {
    /// The state after a successful start, of which NATS is still to tell.
    pub(crate) const STARTED: Self = Self {
        connected: true,
        connections: 0,
        dropped: 0,
        closed: false,
    };

    /// Whether messages may have been lost between `earlier` and now, so that a consumer must catch
    /// up by asking.
    pub fn has_gap_since(&self, earlier: &Self) -> bool {
        // The first connection is told of late, and is not a gap.
        self.connections.max(1) != earlier.connections.max(1) || self.dropped != earlier.dropped
    }
}

/// Takes in what `async-nats` tells, and logs what an administrator should know.
pub(crate) fn observe(link: &watch::Sender<Link>, event: &Event) {
    match event {
        Event::Connected => tracing::info!("connected to NATS"),
        Event::Disconnected => tracing::warn!("disconnected from NATS; reconnecting"),
        Event::LameDuckMode => tracing::warn!("this NATS server is about to stop"),
        Event::ServerError(error) => tracing::warn!(%error, "NATS complains"),
        Event::ClientError(error) => tracing::debug!(%error, "cannot reconnect to NATS yet"),
        Event::Draining | Event::Closed | Event::SlowConsumer(_) => {}
    }
    link.send_if_modified(|link| {
        let before = *link;
        match event {
            Event::Connected => {
                link.connected = true;
                link.connections = link.connections.saturating_add(1);
            }
            Event::Disconnected => link.connected = false,
            Event::SlowConsumer(_) => {
                if link.dropped == 0 {
                    tracing::warn!("a subscription is full: messages are dropped, and caught up");
                }
                link.dropped = link.dropped.saturating_add(1);
            }
            Event::Closed => {
                link.connected = false;
                link.closed = true;
            }
            Event::Draining
            | Event::LameDuckMode
            | Event::ServerError(_)
            | Event::ClientError(_) => {}
        }
        // Nobody needs waking for the first connection, which `connect` returned already.
        let first = before == Link::STARTED && link.connections == 1;
        *link != before && !first
    });
}
