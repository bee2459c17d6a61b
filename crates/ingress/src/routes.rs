//! What a request's path and method ask for.

use chat::id::ChannelId;
use chat::messenger::outbound::WEBHOOK_PATH;
use hyper::Method;

use crate::refusal::Refusal;

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// A messenger says something.
    Say(ChannelId),
    /// A messenger asks how its channel is.
    Health(ChannelId),
}

/// Finds what is asked for. A query string has no meaning and is not looked at.
pub(crate) fn route(method: &Method, path: &str) -> Result<Route, Refusal> {
    let channel = path
        .strip_prefix(WEBHOOK_PATH)
        .filter(|rest| !rest.contains('/'))
        .ok_or(Refusal::NoSuchPath)?;
    match *method {
        Method::POST => channel_id(channel).map(Route::Say),
        Method::GET => channel_id(channel).map(Route::Health),
        _ => Err(Refusal::Method),
    }
}

/// Only the canonical spelling: a channel has one URL, so nobody can hide behind another one.
fn channel_id(text: &str) -> Result<ChannelId, Refusal> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(Refusal::NoSuchChannelId);
    }
    text.parse().map_err(|_| Refusal::NoSuchChannelId)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0190f5fe-7a3b-7c44-9d55-0123456789ab";

    fn check(method: &Method, path: &str, expected: &str) {
        let found = match route(method, path) {
            Ok(Route::Say(id)) => format!("say {id}"),
            Ok(Route::Health(id)) => format!("health {id}"),
            Err(refusal) => refusal.to_string(),
        };
        assert_eq!(found, expected, "{method} {path}");
    }

    #[test]
    fn there_is_one_path_with_two_methods() {
        let path = format!("{WEBHOOK_PATH}{ID}");
        check(&Method::POST, &path, &format!("say {ID}"));
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
    fn a_channel_has_one_spelling() {
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
