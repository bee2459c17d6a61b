//! Events that are reported to the terminal and the page.

use serde_json::{Value, json};

/// Something that happened.
pub(crate) enum Event<'a> {
    /// The webhook accepts connections.
    Listening { url: &'a str },
    /// The page accepts connections.
    Page { url: &'a str },
    /// A request was queued. Only the page shows this event and the next two.
    Queued { body: &'a Value },
    /// A request is being sent for the first time.
    Sending { body: &'a Value },
    /// Switchboard was asked for the channel's status.
    Status {
        status: Option<u16>,
        answer: &'a Value,
    },
    /// A request of Switchboard was accepted.
    Received {
        body: &'a Value,
        id: Option<&'a str>,
        again: bool,
        status: u16,
    },
    /// A request was refused.
    Refused { reason: &'a str, status: u16 },
    /// A request was sent, and answered unless `status` is `None`.
    Sent {
        body: &'a Value,
        attempt: u32,
        status: Option<u16>,
        answer: &'a Value,
        kept: bool,
    },
    /// A text for the person at the terminal.
    Note { text: &'a str },
}

impl Event<'_> {
    /// The event as `--json` prints it; `None` for events that only the page shows.
    pub(crate) fn json(&self) -> Option<Value> {
        Some(match self {
            Self::Listening { url } => json!({ "listening": url }),
            Self::Page { url } => json!({ "page": url }),
            Self::Queued { .. } | Self::Sending { .. } | Self::Status { .. } => return None,
            Self::Received {
                body,
                id,
                again,
                status,
            } => {
                json!({ "received": body, "id": id, "again": again, "status": status })
            }
            Self::Refused { reason, status } => json!({ "refused": reason, "status": status }),
            Self::Sent {
                body,
                attempt,
                status,
                answer,
                kept,
            } => json!({
                "sent": body, "attempt": attempt, "status": status, "answer": answer, "kept": kept,
            }),
            Self::Note { text } => json!({ "note": text }),
        })
    }
}

/// The `type` of a request, or an empty text.
pub(crate) fn kind(body: &Value) -> &str {
    text(body, "type")
}

/// A text member, or an empty text.
pub(crate) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or("")
}

/// A text member of a request's `data`.
pub(crate) fn member<'a>(body: &'a Value, name: &str) -> Option<&'a str> {
    body.get("data")?.get(name)?.as_str()
}
