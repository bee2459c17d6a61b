//! The digest of a request, which tells a repeated `commandId` from a reused one.
//!
//! It is stored in the log, so it must not help to guess a secret: passwords and confirmation codes
//! count as present or absent only.

use chat::command::Request;
use serde_json::Value;

use super::args::Args;

/// Members whose value is left out.
const SECRETS: [&str; 2] = ["password", "code"];

/// Returns the digest of a method and its members, independent of their order and spacing.
pub(super) fn of(method: &str, args: &Args) -> [u8; 16] {
    let mut text = format!("{method}\n");
    for (name, value) in sorted(args.members()) {
        if name == "commandId" || value.is_null() {
            continue;
        }
        write(&mut text, &Value::from(name));
        if !SECRETS.contains(&name) {
            write(&mut text, value);
        }
    }
    Request::digest_of(text.as_bytes())
}

/// Sorts by name: the order of the map depends on a feature of `serde_json`.
fn sorted(object: &serde_json::Map<String, Value>) -> Vec<(&str, &Value)> {
    let mut members: Vec<_> = object.iter().map(|(n, v)| (n.as_str(), v)).collect();
    members.sort_unstable_by_key(|(name, _)| *name);
    members
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "all other JSON values are written as they are"
)]
fn write(text: &mut String, value: &Value) {
    match value {
        Value::Array(list) => {
            text.push('[');
            for one in list {
                write(text, one);
            }
            text.push(']');
        }
        Value::Object(object) => {
            text.push('{');
            for (name, value) in sorted(object) {
                write(text, &Value::from(name));
                write(text, value);
            }
            text.push('}');
        }
        plain => text.push_str(&plain.to_string()),
    }
    text.push(',');
}
