//! What a browser is told about everything that is served here.

use hyper::HeaderMap;
use hyper::header::{CONTENT_SECURITY_POLICY, HeaderName, HeaderValue};
use hyper::header::{REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};

/// What is no page runs, loads and embeds nothing, and sits in nobody's frame.
const CLOSED: &str =
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// The page needs none of them, and what gets into it shall not have them.
const PERMISSIONS: &str = "accelerometer=(), camera=(), display-capture=(), geolocation=(), \
     gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), usb=()";

/// Puts on what every answer has; only a page may do more than nothing.
pub(super) fn protect(headers: &mut HeaderMap, policy: Option<HeaderValue>) {
    let policy = policy.unwrap_or(HeaderValue::from_static(CLOSED));
    headers.insert(CONTENT_SECURITY_POLICY, policy);
    for (name, value) in [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("permissions-policy"), PERMISSIONS),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

/// The policy of the page: its own files, and the WebSocket.
///
/// Images are the page's own or in the text itself (`data:`), as the protocol has avatars. One from
/// elsewhere would tell whoever named its address when an operator looked, and from where.
///
/// The sign-in form is never submitted by the browser, only by the page: `form-action` keeps a page
/// whose code did not load from putting a password into an address.
pub(super) fn policy(websocket: &str) -> Option<HeaderValue> {
    HeaderValue::from_str(&format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
         font-src 'self'; media-src 'self'; manifest-src 'self'; connect-src 'self' {websocket}; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ))
    .ok()
}
