//! Parses a request body as JSON of bounded depth.

use serde_json::{Map, Value};

use super::DEPTH_MAX;
use crate::reason::Reason;
use crate::rejection::Rejection;

/// Parses a body as one JSON object, nested at most [`DEPTH_MAX`] deep.
pub fn parse(body: &[u8]) -> Result<Map<String, Value>, Rejection> {
    let text = std::str::from_utf8(body).map_err(|e| Reason::NotUtf8 {
        offset: e.valid_up_to(),
    })?;
    if depth(text) > DEPTH_MAX {
        return Err(Reason::TooDeep { limit: DEPTH_MAX }.into());
    }
    match serde_json::from_str(text) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => {
            let detail = "must be a JSON object".to_owned();
            Err(Reason::InvalidBody { detail }.into())
        }
        Err(e) => {
            let detail = e.to_string();
            Err(Reason::NotJson { detail }.into())
        }
    }
}

/// Returns the nesting depth of arrays and objects, ignoring brackets inside strings.
fn depth(text: &str) -> usize {
    let (mut deepest, mut open, mut in_string, mut escaped) = (0_usize, 0_usize, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => {
                open += 1;
                deepest = deepest.max(open);
            }
            b'}' | b']' if !in_string => open = open.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}
