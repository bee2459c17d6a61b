//! The session-router as an [`Upstream`]: questions over the bus.

use std::time::Duration;

use bus::Bus;
use chat::id::ChannelId;
use chat::role::{Access, AccessRequest, HealthReply, HealthRequest, InboundReply, InboundRequest};
use chat::subject::{Question, Workspace};

use crate::upstream::{Unavailable, Upstream};

/// One workspace's session-router, wherever it runs.
#[derive(Debug)]
pub struct Router {
    bus: Bus,
    timeout: Duration,
    access: String,
    inbound: String,
    health: String,
}

impl Router {
    /// The router of this workspace. A question gets so long for its answer; the bus must be bounded
    /// too, because it holds an answer's place until then.
    pub fn new(bus: Bus, workspace: &Workspace, timeout: Duration) -> Self {
        Self {
            bus,
            timeout,
            access: workspace.router(Question::Access),
            inbound: workspace.router(Question::Inbound),
            health: workspace.router(Question::Health),
        }
    }
}

impl Upstream for Router {
    async fn access(&self, channel: ChannelId) -> Result<Option<Access>, Unavailable> {
        let question = AccessRequest { channel };
        let answer = self.bus.ask(self.access.clone(), &question, self.timeout);
        answer.await.map_err(Unavailable::because)
    }

    async fn inbound(&self, request: InboundRequest) -> Result<InboundReply, Unavailable> {
        let answer = self.bus.ask(self.inbound.clone(), &request, self.timeout);
        answer.await.map_err(Unavailable::because)
    }

    async fn health(&self, request: HealthRequest) -> Result<HealthReply, Unavailable> {
        let answer = self.bus.ask(self.health.clone(), &request, self.timeout);
        answer.await.map_err(Unavailable::because)
    }
}
