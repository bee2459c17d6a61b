//! Routes a request by its path and method.

use chat::id::ChannelId;
use chat::messenger::outbound::WEBHOOK_PATH;
use hyper::Method;

use crate::request_error::RequestError;

/// The operation that a request selects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// An event of a messenger.
    Inbound(ChannelId),
    /// A query of the channel's health.
    Health(ChannelId),
}

/// Routes a request. The query string is ignored.
pub(crate) fn route(method: &Method, path: &str) -> Result<Route, RequestError> {
    let channel = path
        .strip_prefix(WEBHOOK_PATH)
        .filter(|rest| !rest.contains('/'))
        .ok_or(RequestError::NoSuchPath)?;
    match *method {
        Method::POST => channel_id(channel).map(Route::Inbound),
        Method::GET => channel_id(channel).map(Route::Health),
        _ => Err(RequestError::Method),
    }
}

/// Parses a canonical id only, so that a channel has exactly one URL.
fn channel_id(text: &str) -> Result<ChannelId, RequestError> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(RequestError::NoSuchChannelId);
    }
    text.parse().map_err(|_| RequestError::NoSuchChannelId)
}
