//! Which members of which objects a person wants to see, and how.

use serde_json::Value;

/// The columns of a list, by the name that it has in the answer.
const COLUMNS: &[(&str, &[&str])] = &[
    (
        "liveChats",
        &["name", "id", "members", "channels", "createdAt"],
    ),
    (
        "channels",
        &[
            "name",
            "id",
            "liveChat",
            "status",
            "since",
            "reason",
            "pendingDeliveries",
            "webhook",
        ],
    ),
    ("users", &["id", "name", "groups", "disabled"]),
    (
        "sessions",
        &[
            "id",
            "status",
            "chatName",
            "operator",
            "unread",
            "waitingSince",
            "openedAt",
            "lastMessage",
        ],
    ),
    (
        "messages",
        &[
            "createdAt",
            "direction",
            "author",
            "text",
            "files",
            "delivery",
            "id",
        ],
    ),
    (
        "deliveries",
        &[
            "message",
            "channel",
            "state",
            "attempts",
            "nextAttemptAt",
            "status",
            "reason",
        ],
    ),
    (
        "attempts",
        &["at", "message", "n", "ms", "status", "error", "answer"],
    ),
    (
        "contacts",
        &[
            "id",
            "username",
            "externalUserId",
            "phoneNumber",
            "channel",
            "firstSeenAt",
        ],
    ),
    ("replies", &["shortcut", "text", "id"]),
    ("events", &["position", "time", "type", "by", "subject"]),
    (
        "audit",
        &[
            "position", "time", "by", "kind", "stream", "type", "subject",
        ],
    ),
];

/// The columns of a list: the chosen ones that any row has, or all of the first row's.
pub(super) fn columns(list: &str, rows: &[Value]) -> Vec<String> {
    let chosen = COLUMNS.iter().find(|(name, _)| *name == list);
    let columns: Vec<String> = chosen
        .into_iter()
        .flat_map(|(_, columns)| columns.iter())
        .filter(|column| {
            rows.iter()
                .any(|row| row.get(**column).is_some_and(|v| !v.is_null()))
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

/// A value in one cell.
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

/// What an object is known by.
fn short(object: &Value) -> String {
    for member in ["text", "state", "name", "username", "URL", "id"] {
        if let Some(Value::String(text)) = object.get(member) {
            return crate::output::clean(text);
        }
    }
    crate::output::clean(&object.to_string())
}
