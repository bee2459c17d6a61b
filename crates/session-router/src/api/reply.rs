//! The envelope of every reply (console-api section 2).

use chat::rejection::{Code, Rejection};
use serde_json::{Value, json};

/// The longest message in a header, in characters. The body has all of it.
const HEADER_CHARS_MAX: usize = 256;
/// The largest reply, in bytes: below the default payload limit of NATS, 1 MiB.
const BYTES_MAX: usize = 1_000_000;

/// Returns `{"ok": …}`, or a rejection if that is too large: the bus would drop it, and the caller
/// would time out.
pub(crate) fn ok(ok: &Value) -> Vec<u8> {
    let payload = json!({ "ok": ok }).to_string().into_bytes();
    if payload.len() <= BYTES_MAX {
        return payload;
    }
    let message = "the answer is over 1 MB; ask for less with limit";
    error(&Rejection::new(Code::TooLarge, message)).1
}

/// Returns the headers and the payload of a rejection.
pub(crate) fn error(rejection: &Rejection) -> (Vec<(&'static str, String)>, Vec<u8>) {
    let message = rejection.message.chars().take(HEADER_CHARS_MAX);
    // A line break in a header would start another header.
    let message: String = message
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let headers = vec![
        (bus::ERROR_HEADER, message),
        (bus::ERROR_CODE_HEADER, rejection.code.status().to_string()),
    ];
    let body = json!({ "error": {
        "code": rejection.code,
        "message": rejection.message,
        "details": rejection.details,
    }});
    (headers, body.to_string().into_bytes())
}
