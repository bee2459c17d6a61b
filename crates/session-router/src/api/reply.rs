//! The envelope of every answer (console-api section 2).

use chat::rejection::{Code, Rejection};
use serde_json::{Value, json};

/// The longest words in a header, in characters; the body has them all.
const WORDS_CHARS_MAX: usize = 256;
/// NATS's own bound of a payload is 1 MiB by default; an answer stays under it.
const BYTES_MAX: usize = 1_000_000;

/// `{"ok": …}`. What would not pass is refused in words: the bus would drop it, and the caller would
/// wait for nothing.
pub(crate) fn ok(ok: &Value) -> Vec<u8> {
    let payload = json!({ "ok": ok }).to_string().into_bytes();
    if payload.len() <= BYTES_MAX {
        return payload;
    }
    let words = "the answer is over 1 MB; ask for less with limit";
    error(&Rejection::new(Code::TooLarge, words)).1
}

/// The headers and the payload of a refusal.
pub(crate) fn error(rejection: &Rejection) -> (Vec<(&'static str, String)>, Vec<u8>) {
    let words = rejection.message.chars().take(WORDS_CHARS_MAX);
    // A line break in a header would forge another one.
    let words: String = words
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let headers = vec![
        (bus::ERROR_HEADER, words),
        (bus::ERROR_CODE_HEADER, rejection.code.status().to_string()),
    ];
    let body = json!({ "error": {
        "code": rejection.code,
        "message": rejection.message,
        "details": rejection.details,
    }});
    (headers, body.to_string().into_bytes())
}
