//! Whom the gateway asks: the session-router, or a stranger's stand-in for it.

use std::future::Future;

use chat::id::ChannelId;
use chat::rpc::{Access, HealthReply, HealthRequest, InboundReply, InboundRequest};

/// What answers a gateway's questions. The session-router does, over the bus; a trait, because a
/// benchmark puts other things behind the same HTTP code.
///
/// The gateway bounds the time of all that one request asks ([`Config::router_timeout`]), by
/// dropping the future.
///
/// [`Config::router_timeout`]: crate::Config::router_timeout
pub trait Upstream: Send + Sync + 'static {
    /// How requests for a channel prove themselves; `None` when there is no such channel.
    fn access(
        &self,
        channel: ChannelId,
    ) -> impl Future<Output = Result<Option<Access>, Unavailable>> + Send;

    /// Passes on what a messenger said. The reply is a promise: it comes after everything that it
    /// rests on is durable.
    fn inbound(
        &self,
        request: InboundRequest,
    ) -> impl Future<Output = Result<InboundReply, Unavailable>> + Send;

    /// How a channel is.
    fn health(
        &self,
        request: HealthRequest,
    ) -> impl Future<Output = Result<HealthReply, Unavailable>> + Send;
}

/// There is no answer: nothing is promised, and the sender is told to send the same again.
#[derive(Debug, thiserror::Error)]
#[error("there is no answer")]
pub struct Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>);

impl Unavailable {
    /// Says why.
    pub fn because(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(cause.into())
    }
}
