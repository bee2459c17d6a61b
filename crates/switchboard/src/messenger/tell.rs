//! What happens, told to a person or, line by line, to a program.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

use super::screen::Screen;
use crate::clock;
use crate::exit::Result;
use crate::output::{self, clean};

/// Something that happened.
pub(super) enum Event<'a> {
    /// The webhook can be reached.
    Listening { url: &'a str },
    /// The page can be reached.
    Page { url: &'a str },
    /// We shall say something. For the page alone, as what follows is.
    Queued { body: &'a Value },
    /// We are saying it for the first time.
    Sending { body: &'a Value },
    /// We asked how our channel is, and this was the answer.
    Health {
        status: Option<u16>,
        answer: &'a Value,
    },
    /// Switchboard said something, and was believed.
    Received {
        body: &'a Value,
        id: Option<&'a str>,
        again: bool,
        status: u16,
    },
    /// Somebody said something, and was not believed.
    Refused { words: &'a str, status: u16 },
    /// We said something, and this was the answer.
    Sent {
        body: &'a Value,
        attempt: u32,
        status: Option<u16>,
        answer: &'a Value,
        kept: bool,
    },
    /// Words for whoever types.
    Note { words: &'a str },
}

/// Tells of events.
#[derive(Clone)]
pub(super) struct Teller {
    json: bool,
    me: String,
    /// The last message of an operator, which `/read` and `/reply` mean. Held for one assignment.
    last: Arc<Mutex<Option<String>>>,
    /// What shows it on a page, where there is one.
    screen: Option<Screen>,
}

impl Teller {
    pub(super) fn new(json: bool, me: String, screen: Option<Screen>) -> Self {
        Self {
            json,
            me,
            last: Arc::default(),
            screen,
        }
    }

    /// The id of the message that an operator sent last.
    pub(super) fn last_message(&self) -> Option<String> {
        self.last
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(super) fn tell(&self, event: &Event<'_>) -> Result {
        if let Event::Received { body, .. } = event
            && body.get("type").and_then(Value::as_str) == Some("message")
            && let Some(id) = member(body, "messageId")
        {
            *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(id.to_owned());
        }
        if let Some(screen) = &self.screen {
            screen.show(event, clock::now());
        }
        let line = if self.json {
            as_json(event).map(|value| value.to_string())
        } else {
            self.words(event)
        };
        line.map_or(Ok(()), output::data)
    }

    fn words(&self, event: &Event<'_>) -> Option<String> {
        Some(match event {
            Event::Listening { url } => format!(
                "Listening. Connect a channel with webhook {url} and the same code, then type; /help \
                 lists the commands."
            ),
            Event::Page { url } => format!("The phone is at {url}"),
            Event::Received { again: true, .. }
            | Event::Queued { .. }
            | Event::Sending { .. }
            | Event::Health { .. } => return None,
            Event::Received { body, status, .. } => received(body, *status)?,
            Event::Refused { words, status } => format!("* refused with {status}: {words}"),
            Event::Note { words } => (*words).to_owned(),
            Event::Sent {
                body,
                attempt,
                status: Some(200..300),
                answer,
                ..
            } => {
                let kind = body.get("type").and_then(Value::as_str).unwrap_or("");
                match (kind, *attempt) {
                    ("userInfo", _) => format!("* {}", clean(&answer.to_string())),
                    ("message", 1) => return None,
                    ("message", _) => {
                        let text = member(body, "text").unwrap_or("(file)");
                        format!("* sent at last: {}: {}", self.me, clean(text))
                    }
                    ("disconnect", _) => "* disconnected".to_owned(),
                    _ => return None,
                }
            }
            Event::Sent {
                status,
                answer,
                kept,
                ..
            } => {
                let status = status.map_or("no answer".to_owned(), |status| status.to_string());
                let detail = answer.get("detail").and_then(Value::as_str);
                let detail = detail.map_or_else(|| answer.to_string(), str::to_owned);
                let then = if *kept {
                    "kept, will be sent again"
                } else {
                    "given up"
                };
                format!("* {status}: {} ({then})", clean(&detail))
            }
        })
    }
}

/// What Switchboard said, for a person.
fn received(body: &Value, status: u16) -> Option<String> {
    let kind = body.get("type").and_then(Value::as_str).unwrap_or("?");
    Some(match kind {
        "message" => {
            let operator = body.pointer("/data/operator/name").and_then(Value::as_str);
            let text = member(body, "text").unwrap_or("");
            let files = body.pointer("/data/files").and_then(Value::as_array);
            let mut line = format!("{}: {}", clean(operator.unwrap_or("Operator")), clean(text));
            for url in files
                .into_iter()
                .flatten()
                .filter_map(|f| f.get("URL")?.as_str())
            {
                line.extend([" [", &clean(url), "]"]);
            }
            if status >= 300 {
                line.extend(["  (answered ", &status.to_string(), ")"]);
            }
            line
        }
        "connect" if status == 200 => "* connected".to_owned(),
        "connect" => format!("* somebody wanted to connect; answered {status}"),
        "disconnect" => "* disconnected by Switchboard; what is typed now is kept".to_owned(),
        "markAsRead" => "* read".to_owned(),
        "typing" => "* an operator is writing".to_owned(),
        "session" => format!(
            "* session {}",
            clean(member(body, "state").unwrap_or("changed"))
        ),
        // The protocol's own business.
        "userInfo" | "messageOutcome" => return None,
        other => format!("* {}", clean(other)),
    })
}

fn member<'a>(body: &'a Value, name: &str) -> Option<&'a str> {
    body.get("data")?.get(name)?.as_str()
}

fn as_json(event: &Event<'_>) -> Option<Value> {
    Some(match event {
        Event::Listening { url } => json!({ "listening": url }),
        Event::Page { url } => json!({ "page": url }),
        Event::Queued { .. } | Event::Sending { .. } | Event::Health { .. } => return None,
        Event::Received {
            body,
            id,
            again,
            status,
        } => {
            json!({ "received": body, "id": id, "again": again, "status": status })
        }
        Event::Refused { words, status } => json!({ "refused": words, "status": status }),
        Event::Sent {
            body,
            attempt,
            status,
            answer,
            kept,
        } => json!({
            "sent": body, "attempt": attempt, "status": status, "answer": answer, "kept": kept,
        }),
        Event::Note { words } => json!({ "note": words }),
    })
}
