//! Why a request fails. `problem.rs` maps it to the response.

use chat::rejection::Rejection;
use chat::signature::Untrusted;

use crate::body;
use crate::upstream::Unavailable;

/// Why a request fails.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RequestError {
    #[error("no such path")]
    NoSuchPath,
    /// The path's last segment is not a canonical channel id.
    #[error("not a channel id")]
    NoSuchChannelId,
    #[error("no such channel")]
    NoSuchChannel,
    #[error("method not allowed")]
    Method,
    /// The body is not uncompressed JSON.
    #[error("unsupported media type: {0}")]
    MediaType(&'static str),
    #[error("the body was not read")]
    Body(#[from] body::Error),
    #[error("not verified")]
    Untrusted(#[from] Untrusted),
    #[error("over the channel's rate")]
    RateLimited {
        /// When to retry, in whole seconds, at least 1.
        retry_after_secs: u64,
    },
    /// A rejection, by this role or the router.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    #[error("the request to the router failed")]
    Unavailable(#[from] Unavailable),
    #[error("the channel's codes changed twice during the request")]
    Stale,
    #[error("the router took too long")]
    Deadline,
}
