//! The digest of a request: what tells that a `commandId` came again from that it was reused.
//!
//! It stays in the log for good, so it must say nothing of a secret that could be guessed: of a
//! password and a confirmation code it knows only that one was given.

use chat::command::Request;
use serde_json::Value;

use super::args::Args;

/// Members of which only the presence counts.
const SECRETS: [&str; 2] = ["password", "code"];

/// The digest of a method and its members, however they were ordered and spaced.
pub(super) fn of(method: &str, args: &Args) -> [u8; 16] {
    let mut text = format!("{method}\n");
    for (name, value) in sorted(args.all()) {
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

/// Members in one order, whatever order the map keeps.
fn sorted(object: &serde_json::Map<String, Value>) -> Vec<(&str, &Value)> {
    let mut members: Vec<_> = object.iter().map(|(n, v)| (n.as_str(), v)).collect();
    members.sort_unstable_by_key(|(name, _)| *name);
    members
}

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
