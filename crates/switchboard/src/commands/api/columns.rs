//! The columns of tables and the format of their cells.

use std::time::Duration;

use chat::time::Timestamp;
use serde_json::{Map, Value};

/// A message that was accepted within this time of when it was written is shown with one time.
const WRITTEN_TOLERANCE: Duration = Duration::from_mins(1);

/// The columns of a list, by its name in the answer.
#[rustfmt::skip]
const COLUMNS: &[(&str, &[&str])] = &[
    ("liveChats", &["name", "members", "channels", "createdAt", "id"]),
    ("channels", &[
        "name", "liveChat", "status", "since",
        "reason", "pendingDeliveries", "oldCodeUsedAt", "webhook", "id",
    ]),
    ("users", &["id", "name", "groups", "disabled"]),
    ("tokens", &["name", "id", "createdAt", "lastUsedAt"]),
    ("sessions", &[
        "id", "status", "contact", "chatName", "operator",
        "unread", "waitingSince", "openedAt", "lastMessage",
    ]),
    ("messages", &[
        "acceptedAt", "createdAt", "direction", "author", "text", "files", "delivery", "id",
    ]),
    ("attempts", &[
        "at", "channel", "text", "n", "ms", "status", "state", "error", "answer", "message",
    ]),
    ("contacts", &[
        "username", "externalUserId", "phoneNumber", "channel", "firstSeenAt", "forgotten", "id",
    ]),
    ("replies", &["shortcut", "text", "id"]),
    ("events", &[
        "position", "time", "createdAt", "type", "event", "by", "author", "operator", "subject",
    ]),
    ("audit", &["position", "time", "by", "event", "stream"]),
];

/// The columns of a list: those above that any row has, or else all members of the first row.
pub(super) fn columns(list: &str, rows: &[Value]) -> Vec<String> {
    let chosen = COLUMNS.iter().find(|(name, _)| *name == list);
    let columns: Vec<String> = chosen
        .into_iter()
        .flat_map(|(_, columns)| columns.iter())
        .filter(|column| {
            let has = |row: &Value| row.get(**column).is_some_and(|value| !value.is_null());
            rows.iter().any(|row| has(row) && !is_repeated(row, column))
        })
        .map(|column| (*column).to_owned())
        .collect();
    if !columns.is_empty() {
        return columns;
    }
    let first = rows.first().and_then(Value::as_object);
    first
        .into_iter()
        .flat_map(|row| row.keys().cloned())
        .collect()
}

/// Members that are not printed, with the list that they accompany.
const HIDDEN: &[(&str, &str)] = &[
    ("sessions", "contacts"),
    ("sessions", "counts"),
    ("messages", "contacts"),
];

/// Whether a member of an answer is not printed.
pub(super) fn is_hidden(ok: &Map<String, Value>, name: &str) -> bool {
    HIDDEN
        .iter()
        .any(|(list, hidden)| *hidden == name && ok.contains_key(*list))
}

/// The members of an object, beginning with the columns of its list.
pub(super) fn ordered<'a>(
    name: &str,
    object: &'a Map<String, Value>,
) -> Vec<(&'a String, &'a Value)> {
    let list = format!("{name}s");
    let chosen = COLUMNS
        .iter()
        .find(|(known, _)| *known == list)
        .map_or(&[][..], |(_, c)| *c);
    let place = |member: &str| {
        chosen
            .iter()
            .position(|c| *c == member)
            .unwrap_or(chosen.len())
    };
    let mut members: Vec<_> = object.iter().collect();
    members.sort_by_key(|(member, _)| place(member));
    members
}

/// `pendingDeliveries` as `PENDING DELIVERIES`.
pub(super) fn heading(member: &str) -> String {
    let mut heading = String::new();
    for char in member.chars() {
        if char.is_ascii_uppercase() && !heading.ends_with(|c: char| c.is_ascii_uppercase()) {
            heading.push(' ');
        }
        heading.push(char);
    }
    heading.to_uppercase()
}

/// The text of a member of a row.
pub(super) fn member(row: &Value, name: &str) -> String {
    match name {
        _ if is_repeated(row, name) => String::new(),
        "text" if is_deleted(row) => "(deleted)".to_owned(),
        "text" if is_erased(row) => "(erased)".to_owned(),
        "lastMessage" if is_of_forgotten(row) => "(erased)".to_owned(),
        // An attempt at a message that consists of files, or whose text is gone.
        "text" if row.get("message").is_some() && !has_text(row) => "(no text)".to_owned(),
        _ => row
            .get(name)
            .map_or_else(String::new, |value| member_text(name, value)),
    }
}

/// The text of a member.
pub(super) fn member_text(name: &str, value: &Value) -> String {
    match name {
        "lastMessage" if is_deleted(value) => "(deleted)".to_owned(),
        "lastMessage" if !has_text(value) => "(file)".to_owned(),
        _ => cell(Some(value)),
    }
}

/// Whether this is the time at which a message was written, and about the one at which it was accepted.
fn is_repeated(row: &Value, name: &str) -> bool {
    let time = |name: &str| row.get(name)?.as_str()?.parse::<Timestamp>().ok();
    let (Some(written), Some(accepted)) = (time("createdAt"), time("acceptedAt")) else {
        return false;
    };
    let apart = written.since(accepted).max(accepted.since(written));
    name == "createdAt" && apart <= WRITTEN_TOLERANCE
}

fn is_deleted(message: &Value) -> bool {
    message.get("deleted").is_some()
}

/// Whether a message is of a person who was erased: it has neither a text nor files.
fn is_erased(message: &Value) -> bool {
    let files = message.get("files").and_then(Value::as_array);
    files.is_some_and(Vec::is_empty) && !has_text(message)
}

/// Whether a session has a last message and is of a person who was erased.
fn is_of_forgotten(session: &Value) -> bool {
    session.get("lastMessage").is_some() && session.get("externalChatId") == Some(&"".into())
}

fn has_text(message: &Value) -> bool {
    !cell(message.get("text")).is_empty()
}

/// The text of a cell.
pub(super) fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => crate::output::clean(text),
        Some(Value::Array(list)) => {
            let list: Vec<String> = list.iter().map(|one| cell(Some(one))).collect();
            list.join(", ")
        }
        Some(object @ Value::Object(_)) => short(object),
        Some(other) => other.to_string(),
    }
}

/// A short text for an object.
fn short(object: &Value) -> String {
    for member in ["text", "message", "state", "name", "username", "URL", "id"] {
        if let Some(Value::String(text)) = object.get(member) {
            return crate::output::clean(text);
        }
    }
    crate::output::clean(&object.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_erased_or_deleted_is_marked() {
        let message = |value: Value| member(&value, "text");
        assert_eq!(message(json!({ "files": [] })), "(erased)");
        assert_eq!(
            message(json!({ "files": [], "deleted": "now" })),
            "(deleted)"
        );
        assert_eq!(message(json!({ "files": [], "text": "hi" })), "hi");
        assert_eq!(message(json!({ "files": [{ "name": "a" }] })), "");
        assert_eq!(message(json!({ "message": "id" })), "(no text)");
        let session = |id: &str, last: Value| {
            member(
                &json!({ "externalChatId": id, "lastMessage": last }),
                "lastMessage",
            )
        };
        assert_eq!(session("", json!({ "id": "m" })), "(erased)");
        assert_eq!(session("c", json!({ "id": "m" })), "(file)");
        assert_eq!(session("c", json!({ "text": "hi" })), "hi");
    }
}
