//! The session router as an [`Upstream`], over the bus.

use std::time::Duration;

use bus::Bus;
use chat::id::ChannelId;
use chat::rpc::{Access, AccessRequest, HealthReply, HealthRequest, InboundReply, InboundRequest};
use chat::subject::{Question, Subjects};

use crate::batcher::Batcher;
use crate::upstream::{Unavailable, Upstream};

/// A client of one workspace's session router.
#[derive(Debug)]
pub struct Router {
    bus: Bus,
    timeout: Duration,
    access: String,
    inbound: Batcher,
    health: String,
}

impl Router {
    /// Returns a client whose requests have `timeout`, and the future that sends its batches of
    /// messages. The future must run concurrently; it ends after the client is dropped.
    pub fn new(
        bus: Bus,
        workspace: &Subjects,
        timeout: Duration,
    ) -> (Self, impl Future<Output = ()> + Send) {
        let subject = workspace.router(Question::Inbound);
        let (inbound, batching) = Batcher::new(bus.clone(), subject, timeout);
        let router = Self {
            bus,
            timeout,
            access: workspace.router(Question::Access),
            inbound,
            health: workspace.router(Question::Health),
        };
        (router, batching)
    }
}

impl Upstream for Router {
    async fn access(&self, channel: ChannelId) -> Result<Option<Access>, Unavailable> {
        let request = AccessRequest { channel };
        let reply = self.bus.ask(self.access.clone(), &request, self.timeout);
        reply.await.map_err(Unavailable::because)
    }

    async fn inbound(&self, request: InboundRequest) -> Result<InboundReply, Unavailable> {
        self.inbound.send(&request).await
    }

    async fn health(&self, request: HealthRequest) -> Result<HealthReply, Unavailable> {
        let reply = self.bus.ask(self.health.clone(), &request, self.timeout);
        reply.await.map_err(Unavailable::because)
    }
}
