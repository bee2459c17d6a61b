//! The session-router as an [`Upstream`]: questions over the bus.

use std::time::Duration;

use bus::Bus;
use chat::id::ChannelId;
use chat::rpc::{Access, AccessRequest, HealthReply, HealthRequest, InboundReply, InboundRequest};
use chat::subject::{Question, Subjects};

use crate::gather::Gather;
use crate::upstream::{Unavailable, Upstream};

/// One workspace's session-router, wherever it runs.
#[derive(Debug)]
pub struct Router {
    bus: Bus,
    timeout: Duration,
    access: String,
    inbound: Gather,
    health: String,
}

impl Router {
    /// The router of this workspace. A question gets so long for its answer; the bus must be bounded
    /// too, because it holds an answer's place until then. The future beside it is what passes on
    /// messages: it must run for as long as the router is used, and ends after it.
    pub fn new(
        bus: Bus,
        workspace: &Subjects,
        timeout: Duration,
    ) -> (Self, impl Future<Output = ()> + Send) {
        let subject = workspace.router(Question::Inbound);
        let (inbound, passing_on) = Gather::new(bus.clone(), subject, timeout);
        let router = Self {
            bus,
            timeout,
            access: workspace.router(Question::Access),
            inbound,
            health: workspace.router(Question::Health),
        };
        (router, passing_on)
    }
}

impl Upstream for Router {
    async fn access(&self, channel: ChannelId) -> Result<Option<Access>, Unavailable> {
        let question = AccessRequest { channel };
        let answer = self.bus.ask(self.access.clone(), &question, self.timeout);
        answer.await.map_err(Unavailable::because)
    }

    async fn inbound(&self, request: InboundRequest) -> Result<InboundReply, Unavailable> {
        self.inbound.ask(&request).await
    }

    async fn health(&self, request: HealthRequest) -> Result<HealthReply, Unavailable> {
        let answer = self.bus.ask(self.health.clone(), &request, self.timeout);
        answer.await.map_err(Unavailable::because)
    }
}
