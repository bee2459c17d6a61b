//! Why a request fails. `problem.rs` maps it to the response.

use chat::rejection::Rejection;
use chat::signature::Untrusted;

use crate::body;
use crate::upstream::Unavailable;

/// Why a request fails.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RequestError {
    /// No such path.
    #[error("no such path")]
    NoSuchPath,
    /// The path's last segment is not a canonical channel id.
    #[error("not a channel id")]
    NoSuchChannelId,
    /// The router knows no such channel.
    #[error("no such channel")]
    NoSuchChannel,
    /// The path does not support the method.
    #[error("method not allowed")]
    Method,
    /// The body is not uncompressed JSON.
    #[error("unsupported media type: {0}")]
    MediaType(&'static str),
    /// The body was not read completely.
    #[error("the body was not read")]
    Body(#[source] body::Error),
    /// The proof is missing or wrong.
    #[error("not verified")]
    Untrusted(#[source] Untrusted),
    /// The channel exceeds its rate.
    #[error("over the channel's rate")]
    RateLimited {
        /// When to retry, in whole seconds, at least 1.
        retry_after_secs: u64,
    },
    /// A rejection, by this role or the router.
    #[error("{0}")]
    Rejected(Rejection),
    /// The request to the router failed.
    #[error("the request to the router failed")]
    Unavailable(#[source] Unavailable),
    /// The channel's codes changed twice during the request.
    #[error("the channel's codes changed twice during the request")]
    Stale,
    /// The router's timeout elapsed.
    #[error("the router took too long")]
    Deadline,
}

impl From<Rejection> for RequestError {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

impl From<Unavailable> for RequestError {
    fn from(unavailable: Unavailable) -> Self {
        Self::Unavailable(unavailable)
    }
}

impl From<body::Error> for RequestError {
    fn from(error: body::Error) -> Self {
        Self::Body(error)
    }
}

impl From<Untrusted> for RequestError {
    fn from(untrusted: Untrusted) -> Self {
        Self::Untrusted(untrusted)
    }
}
