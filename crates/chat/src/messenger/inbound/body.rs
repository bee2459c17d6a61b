//! Parses a request body as JSON of bounded depth.

use serde_json::{Map, Value};

use super::repair::rewrite;
use super::{DEPTH_MAX, Finding, Inbound, WARNINGS_MAX};
use crate::reason::Reason;
use crate::rejection::Rejection;

/// The character that stands for a lone surrogate, as an escape.
const REPLACEMENT: &str = "\\ufffd";
/// A noncharacter. Parsed with it instead of the replacement, the values with lone surrogates differ.
const MARK: &str = "\\ufdd0";
/// The longest pointer in a warning, in bytes: longer than those of all members that have a meaning.
const POINTER_BYTES_MAX: usize = 64;

/// The body of a messenger's request.
#[derive(Debug)]
pub struct Body {
    /// The JSON object, repaired where necessary.
    pub object: Map<String, Value>,
    warnings: Vec<Finding>,
}

impl Body {
    /// Parses a body as one JSON object, nested at most [`DEPTH_MAX`] deep. Tolerates a byte order mark,
    /// numbers that are too large, and lone surrogates, which become U+FFFD with a warning.
    pub fn parse(body: &[u8]) -> Result<Self, Rejection> {
        let text = utf8(body)?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut warnings = Vec::new();
        // Most bodies need no repair. Integers over 64 bits are read as fractions.
        if let Ok(object) = object(text)
            && !object.values().any(has_fraction)
        {
            return Ok(Self { object, warnings });
        }
        let (repaired, had_surrogates) = rewrite(text, REPLACEMENT);
        let object = object(&repaired)?;
        if had_surrogates {
            let marked = self::object(&rewrite(text, MARK).0)?;
            for (name, value) in &object {
                find_replaced(name, value, marked.get(name), "", &mut warnings);
            }
        }
        Ok(Self { object, warnings })
    }

    /// Validates the body against the protocol. Returns the request, and at most [`WARNINGS_MAX`]
    /// members that were repaired or left out.
    pub fn read(mut self) -> Result<(Inbound, Vec<Finding>), Rejection> {
        let (inbound, warnings) = Inbound::read(&self.object)?;
        self.warnings.extend(warnings);
        self.warnings.truncate(WARNINGS_MAX);
        Ok((inbound, self.warnings))
    }
}

/// Parses a body as one JSON object, nested at most [`DEPTH_MAX`] deep. Repairs nothing.
pub fn parse(body: &[u8]) -> Result<Map<String, Value>, Rejection> {
    object(utf8(body)?)
}

fn utf8(body: &[u8]) -> Result<&str, Rejection> {
    std::str::from_utf8(body).map_err(|e| {
        let offset = e.valid_up_to();
        Reason::NotUtf8 { offset }.into()
    })
}

fn object(text: &str) -> Result<Map<String, Value>, Rejection> {
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

/// Whether a value contains a number that is no integer of 64 bits.
fn has_fraction(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.is_f64(),
        Value::Array(elements) => elements.iter().any(has_fraction),
        Value::Object(members) => members.values().any(has_fraction),
        Value::Null | Value::Bool(_) | Value::String(_) => false,
    }
}

/// Finds the strings, in a member and its name, that differ in the marked body.
fn find_replaced(
    name: &str,
    value: &Value,
    marked: Option<&Value>,
    parent: &str,
    found: &mut Vec<Finding>,
) {
    let name = name.replace('~', "~0").replace('/', "~1");
    let pointer = format!("{parent}/{name}");
    match (value, marked) {
        _ if found.len() >= WARNINGS_MAX || pointer.len() > POINTER_BYTES_MAX => {}
        (Value::Object(members), Some(Value::Object(marked))) => {
            for (name, value) in members {
                find_replaced(name, value, marked.get(name), &pointer, found);
            }
        }
        (Value::Array(elements), Some(Value::Array(marked))) => {
            for (i, (value, marked)) in elements.iter().zip(marked).enumerate() {
                find_replaced(&i.to_string(), value, Some(marked), &pointer, found);
            }
        }
        (value, Some(marked)) if value == marked => {}
        _ => found.push(Finding {
            pointer,
            detail: "has a lone surrogate; replaced by U+FFFD".to_owned(),
        }),
    }
}
