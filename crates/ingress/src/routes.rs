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

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0190f5fe-7a3b-7c44-9d55-0123456789ab";

    fn check(method: &Method, path: &str, expected: &str) {
        let found = match route(method, path) {
            Ok(Route::Inbound(id)) => format!("inbound {id}"),
            Ok(Route::Health(id)) => format!("health {id}"),
            Err(error) => error.to_string(),
        };
        assert_eq!(found, expected, "{method} {path}");
    }

    #[test]
    fn there_is_one_path_with_two_methods() {
        let path = format!("{WEBHOOK_PATH}{ID}");
        check(&Method::POST, &path, &format!("inbound {ID}"));
        check(&Method::GET, &path, &format!("health {ID}"));
        for method in [
            Method::PUT,
            Method::HEAD,
            Method::OPTIONS,
            Method::DELETE,
            Method::PATCH,
        ] {
            check(&method, &path, "method not allowed");
        }
        for other in [
            "/",
            "",
            "/healthz",
            "*",
            "/api/messengers/external/mine/webhook/x",
        ] {
            check(&Method::POST, other, "no such path");
        }
        check(&Method::POST, &format!("{path}/"), "no such path");
        check(&Method::POST, &format!("/{path}"), "no such path");
    }

    #[test]
    fn only_the_canonical_channel_id_is_accepted() {
        for other in [
            ID.to_uppercase(),
            ID.replace('-', ""),
            format!("{{{ID}}}"),
            format!("{ID}%20"),
            String::new(),
            "default".to_owned(),
            format!("%30{}", ID.get(1..).unwrap()),
        ] {
            check(
                &Method::POST,
                &format!("{WEBHOOK_PATH}{other}"),
                "not a channel id",
            );
        }
    }
}
