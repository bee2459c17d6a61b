//! Why a request is not served. What the sender is told of it is decided in `problem.rs` alone.

use chat::rejection::Rejection;
use chat::signature::Untrusted;

use crate::body;
use crate::upstream::Unavailable;

/// Why a request is not served.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// No such path.
    #[error("no such path")]
    NoSuchPath,
    /// The path's last segment is not the one spelling of a channel's id.
    #[error("not a channel id")]
    NoSuchChannelId,
    /// The router knows no such channel.
    #[error("no such channel")]
    NoSuchChannel,
    /// The path takes other methods.
    #[error("method not allowed")]
    Method,
    /// The body is not something that we read.
    #[error("unsupported media type: {0}")]
    MediaType(&'static str),
    /// The body did not come in whole.
    #[error("the body was not read")]
    Body(#[source] body::Error),
    /// The sender did not prove itself.
    #[error("not verified")]
    Untrusted(#[source] Untrusted),
    /// The channel sends too much.
    #[error("over the channel's rate")]
    RateLimited {
        /// When to try again: whole seconds, at least 1.
        retry_after_secs: u64,
    },
    /// The rules said no, here or at the router.
    #[error("{0}")]
    Rejected(Rejection),
    /// The router did not answer.
    #[error("the router did not answer")]
    Unavailable(#[source] Unavailable),
    /// The channel's codes changed twice under one request.
    #[error("the channel's codes keep changing")]
    Stale,
    /// The router took too long.
    #[error("the router took too long")]
    Deadline,
}

impl From<Rejection> for Refusal {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

impl From<Unavailable> for Refusal {
    fn from(unavailable: Unavailable) -> Self {
        Self::Unavailable(unavailable)
    }
}

impl From<body::Error> for Refusal {
    fn from(error: body::Error) -> Self {
        Self::Body(error)
    }
}

impl From<Untrusted> for Refusal {
    fn from(untrusted: Untrusted) -> Self {
        Self::Untrusted(untrusted)
    }
}
