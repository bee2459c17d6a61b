//! The interface to the session router.

use std::future::Future;

use chat::id::ChannelId;
use chat::rpc::{Access, HealthReply, HealthRequest, InboundReply, InboundRequest};

/// The backend of a gateway: the session router over the bus. A trait, because benchmarks put other
/// backends behind the same HTTP code.
///
/// The gateway applies [`Config::router_timeout`] to all calls of one request, by dropping the future.
///
/// [`Config::router_timeout`]: crate::Config::router_timeout
pub trait Upstream: Send + Sync + 'static {
    /// Returns the access of a channel; `None` if it does not exist.
    fn access(
        &self,
        channel: ChannelId,
    ) -> impl Future<Output = Result<Option<Access>, Unavailable>> + Send;

    /// Forwards an event of a messenger. The reply comes after its effects are durable.
    fn inbound(
        &self,
        request: InboundRequest,
    ) -> impl Future<Output = Result<InboundReply, Unavailable>> + Send;

    /// Returns the health of a channel.
    fn health(
        &self,
        request: HealthRequest,
    ) -> impl Future<Output = Result<HealthReply, Unavailable>> + Send;
}

/// The upstream did not reply. It may have acted; the sender is asked to retry.
#[derive(Debug, thiserror::Error)]
#[error("no reply")]
pub struct Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>);

impl Unavailable {
    /// Wraps the cause.
    pub fn because(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(cause.into())
    }
}
