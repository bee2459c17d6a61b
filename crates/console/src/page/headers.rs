//! The security headers of every response.

use hyper::HeaderMap;
use hyper::header::{CONTENT_SECURITY_POLICY, HeaderName, HeaderValue};
use hyper::header::{REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};

/// The policy of everything but the page: it runs, loads and embeds nothing and cannot be framed.
const CLOSED: &str =
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// The page needs none of these, so injected code must not have them either.
const PERMISSIONS: &str = "accelerometer=(), camera=(), display-capture=(), geolocation=(), \
     gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), usb=()";

/// Adds the security headers; without a policy everything is forbidden.
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

/// Returns the policy of the page: its own files and the WebSocket.
///
/// Images are the page's own or inline (`data:`, as avatars are in the protocol). A remote one would
/// reveal to its host when an operator looked, and from where.
///
/// Only the page's code submits the sign-in form. If that code fails to load, `form-action` keeps the
/// browser from putting the password into a URL.
pub(super) fn policy(websocket: &str) -> Option<HeaderValue> {
    HeaderValue::from_str(&format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
         font-src 'self'; media-src 'self'; manifest-src 'self'; connect-src 'self' {websocket}; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ))
    .ok()
}
