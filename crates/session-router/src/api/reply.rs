//! The envelope of every reply (console-api section 2).

use chat::reason::Reason;
use chat::rejection::Rejection;
use serde_json::{Value, json};

/// The longest message in a header, in characters. The body has all of it.
const HEADER_CHARS_MAX: usize = 256;
/// The largest reply, in bytes: below the default payload limit of NATS, 1 MiB.
const BYTES_MAX: usize = 1_000_000;

/// Returns `{"ok": …}`, or a rejection if that is too large: the bus would drop it, and the caller
/// would time out.
pub(crate) fn ok(ok: &Value) -> Vec<u8> {
    // Not by `json!`, which would copy the whole answer first.
    let payload = format!("{{\"ok\":{ok}}}").into_bytes();
    if payload.len() <= BYTES_MAX {
        return payload;
    }
    error(&Reason::ResponseTooLarge { limit: BYTES_MAX }.into()).1
}

/// Returns the headers and the payload of a rejection.
pub(crate) fn error(rejection: &Rejection) -> (Vec<(&'static str, String)>, Vec<u8>) {
    let message = rejection.message();
    let header = message.chars().take(HEADER_CHARS_MAX);
    // A line break in a header would start another header.
    let header: String = header
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let headers = vec![
        (bus::ERROR_HEADER, header),
        (bus::ERROR_CODE_HEADER, rejection.code.status().to_string()),
    ];
    let body = json!({ "error": {
        "code": rejection.code,
        "message": message,
        "details": rejection.console_details(),
    }});
    (headers, body.to_string().into_bytes())
}
