//! Reports events: as text or JSON lines on stdout, and to the page.

use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use crate::event::{Event, kind, member};
use crate::screen::Screen;

/// What to do about a 401, in either direction.
const WRONG_CODE: &str = "; start the messenger with the channel's code, and check the clock";

/// Reports events.
#[derive(Clone)]
pub(crate) struct Reporter {
    json: bool,
    name: String,
    /// The operator's last message, to which `/read` and `/reply` refer. Locked for one assignment.
    last: Arc<Mutex<Option<String>>>,
    /// The page, if there is one.
    screen: Option<Screen>,
}

impl Reporter {
    pub(crate) fn new(json: bool, name: String, screen: Option<Screen>) -> Self {
        Self {
            json,
            name,
            last: Arc::default(),
            screen,
        }
    }

    /// The id of the operator's last message.
    pub(crate) fn last_message(&self) -> Option<String> {
        self.last
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn report(&self, event: &Event<'_>) -> std::io::Result<()> {
        if let Event::Received { body, .. } = event
            && kind(body) == "message"
            && let Some(id) = member(body, "messageId")
        {
            *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(id.to_owned());
        }
        if let Some(screen) = &self.screen {
            screen.show(event);
        }
        let line = if self.json {
            event.json().map(|value| value.to_string())
        } else {
            self.line(event)
        };
        let Some(line) = line else {
            return Ok(());
        };
        let mut stdout = std::io::stdout().lock();
        writeln!(stdout, "{line}")?;
        stdout.flush()
    }

    fn line(&self, event: &Event<'_>) -> Option<String> {
        Some(match event {
            Event::Listening { url } => format!(
                "Listening. Connect a channel with webhook {url} and the same code, then type; /help \
                 lists the commands. If it is already connected, reconnect it (switchboard channel \
                 reconnect), or start with --public URL."
            ),
            Event::Page { url } => format!("The phone is at {url}"),
            Event::Received { again: true, .. }
            | Event::Queued { .. }
            | Event::Sending { .. }
            | Event::Status { .. } => return None,
            Event::Received { body, status, .. } => received(body, *status)?,
            Event::Refused { reason, status } => {
                let advice = if *status == 401 { WRONG_CODE } else { "" };
                format!("* answered {status}: {reason}{advice}")
            }
            Event::Note { text } => (*text).to_owned(),
            Event::Sent {
                body,
                attempt,
                status: Some(200..300),
                answer,
                ..
            } => self.accepted(body, *attempt, answer)?,
            Event::Sent {
                status,
                answer,
                kept,
                ..
            } => {
                let shown = status.map_or("no answer".to_owned(), |status| status.to_string());
                let detail = answer.get("detail").unwrap_or(answer);
                let detail = detail.as_str().map_or(detail.to_string(), str::to_owned);
                format!("* {shown}: {} ({})", clean(&detail), next(*status, *kept))
            }
        })
    }

    /// The line for a request that Switchboard accepted.
    fn accepted(&self, body: &Value, attempt: u32, answer: &Value) -> Option<String> {
        match kind(body) {
            "userInfo" => Some(format!("* {}", clean(&answer.to_string()))),
            "message" if attempt > 1 => {
                let text = member(body, "text").unwrap_or("(file)");
                Some(format!("* sent: {}: {}", self.name, clean(text)))
            }
            "disconnect" => Some("* disconnected".to_owned()),
            _ => None,
        }
    }
}

/// What happens next to a request that was not accepted.
fn next(status: Option<u16>, kept: bool) -> String {
    match status {
        _ if !kept => "dropped".to_owned(),
        Some(401) => format!("will retry{WRONG_CODE}"),
        Some(409) => "kept until the channel is reconnected".to_owned(),
        _ => "will retry".to_owned(),
    }
}

/// The line for a request of Switchboard.
fn received(body: &Value, status: u16) -> Option<String> {
    Some(match kind(body) {
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
        "connect" => format!("* refused to connect with {status}"),
        "disconnect" => {
            "* disconnected by Switchboard; messages are kept until it reconnects".to_owned()
        }
        "markAsRead" => "* read".to_owned(),
        "typing" => "* an operator is typing".to_owned(),
        "session" => format!(
            "* session {}",
            clean(member(body, "state").unwrap_or("changed"))
        ),
        // Of no interest to the person.
        "userInfo" | "messageOutcome" => return None,
        other => format!("* {}", clean(other)),
    })
}

/// Replaces control characters, which could change the terminal.
fn clean(text: &str) -> String {
    text.replace(['\n', '\t'], " ")
        .replace(|c: char| c.is_control(), "\u{fffd}")
}
