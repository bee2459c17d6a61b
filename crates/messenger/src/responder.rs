//! Decides how the messenger answers a request of Switchboard.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use hyper::Method;
use hyper::http::request::Parts;
use serde_json::{Map, Value, json};

use crate::code::Code;
use crate::composer::TEXT_CHARS_MAX;
use crate::event::Event;
use crate::options::Options;
use crate::people::Person;

/// The most webhook ids that are remembered to recognise repeated attempts.
const SEEN_MAX: usize = 10_000;

/// Answers requests as the options say.
pub(crate) struct Responder {
    options: Options,
    code: Arc<Code>,
    people: Vec<Person>,
    has_page: bool,
    /// Locked for one lookup.
    seen: Mutex<Seen>,
}

/// The response to a request, and its side effects.
#[derive(Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    /// The URL of Switchboard that a `connect` gave.
    pub(crate) connected: Option<String>,
    /// The last message that Switchboard has received from this messenger.
    pub(crate) last_message_id: Option<String>,
    /// Receipts to queue after the response.
    pub(crate) receipts: Vec<Value>,
    /// The request without its token; `None` if it was refused.
    received: Option<Value>,
    id: Option<String>,
    again: bool,
    refused: &'static str,
}

impl Answer {
    fn status(status: u16) -> Self {
        Self {
            status,
            ..Self::default()
        }
    }

    fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self {
            body: body.into(),
            ..Self::status(200)
        }
    }

    fn refuse(status: u16, refused: &'static str) -> Self {
        Self {
            refused,
            ..Self::status(status)
        }
    }

    /// The event to report.
    pub(crate) fn event(&self) -> Event<'_> {
        match &self.received {
            Some(body) => Event::Received {
                body,
                id: self.id.as_deref(),
                again: self.again,
                status: self.status,
            },
            None => Event::Refused {
                reason: self.refused,
                status: self.status,
            },
        }
    }
}

impl Responder {
    pub(crate) fn new(
        options: Options,
        code: Arc<Code>,
        people: Vec<Person>,
        has_page: bool,
    ) -> Self {
        Self {
            options,
            code,
            people,
            has_page,
            seen: Mutex::default(),
        }
    }

    /// The delay before each response, in milliseconds.
    pub(crate) fn delay_ms(&self) -> u64 {
        self.options.slow
    }

    /// Answers one request.
    pub(crate) fn answer(&self, head: &Parts, body: &[u8]) -> Answer {
        if head.method != Method::POST {
            return Answer::refuse(405, "the method is not POST");
        }
        let Ok(Value::Object(mut request)) = serde_json::from_slice(body) else {
            return Answer::refuse(400, "the body is not a JSON object");
        };
        if let Err(reason) = self.verify(head, body, &request) {
            return Answer::refuse(401, reason);
        }
        request.remove("token");
        let id = head.headers.get("webhook-id").filter(|_| is_signed(head));
        let id = id.and_then(|id| id.to_str().ok());
        let again = id.is_some_and(|id| self.has_seen(id));
        let mut answer = self.verified(&request, again);
        answer.received = Some(Value::Object(request));
        answer.id = id.map(str::to_owned);
        answer.again = again;
        answer
    }

    /// Checks the signature of a signed request, and the token of any other.
    fn verify(
        &self,
        head: &Parts,
        body: &[u8],
        request: &Map<String, Value>,
    ) -> Result<(), &'static str> {
        let token = request.get("token").and_then(Value::as_str).unwrap_or("");
        if is_signed(head) {
            let verified = self.code.verifies(&head.headers, body);
            verified
                .then_some(())
                .ok_or("the signature is wrong or too old")
        } else if self.options.signed {
            Err("the request is not signed")
        } else if self.code.matches(token) {
            Ok(())
        } else {
            Err("the token is wrong or missing")
        }
    }

    fn verified(&self, request: &Map<String, Value>, again: bool) -> Answer {
        let data = request.get("data").unwrap_or(&Value::Null);
        let text = |name: &str| data.get(name).and_then(Value::as_str);
        match request.get("type").and_then(Value::as_str) {
            Some("connect") if self.options.refuse => Answer::status(401),
            Some("connect") => {
                self.connect(text("webhook"), text("challenge"), text("lastMessageId"))
            }
            Some("userInfo") => Answer::ok(self.profile(text("userId").unwrap_or(""))),
            Some("message") => self.message(text("messageId"), again),
            // Types of a later protocol version are accepted and ignored.
            _ => Answer::ok("{}"),
        }
    }

    fn connect(&self, url: Option<&str>, challenge: Option<&str>, last: Option<&str>) -> Answer {
        let Some(url) = url.filter(|url| url.starts_with("http")) else {
            return Answer::status(422);
        };
        let body = json!({
            "challenge": challenge.map(|challenge| self.code.answer(challenge)),
            "capabilities": {
                "operatorInitiated": true, "files": true, "typing": true, "receipts": true,
                "edits": true, "sessions": true, "maxTextLength": TEXT_CHARS_MAX,
            },
        });
        Answer {
            connected: Some(url.to_owned()),
            last_message_id: last.map(str::to_owned),
            ..Answer::ok(body.to_string())
        }
    }

    fn message(&self, id: Option<&str>, again: bool) -> Answer {
        if let Some(status) = self.options.fail {
            return Answer {
                status,
                ..Answer::ok(r#"{"error":"status chosen by --fail"}"#)
            };
        }
        // With a page, the message is delivered once the phone shows it; the page reports `read`.
        let statuses: &[&str] = match (self.options.auto_receipts, self.has_page) {
            (true, _) => &["delivered", "read"],
            (false, true) => &["delivered"],
            (false, false) => &[],
        };
        let id = id.filter(|_| !again);
        let receipt = |status: &&str| {
            let data = json!({ "messageId": id?, "status": status });
            Some(json!({ "type": "messageStatus", "data": data }))
        };
        Answer {
            receipts: statuses.iter().filter_map(receipt).collect(),
            ..Answer::ok("{}")
        }
    }

    fn profile(&self, user: &str) -> String {
        let known = self.people.iter().find(|person| person.user == user);
        let members = known.map_or_else(
            || Person::unknown(user, user, "").profile(),
            Person::profile,
        );
        let members: Vec<String> = members
            .into_iter()
            .map(|(key, value)| format!("  {}: {value}", Value::from(key)))
            .collect();
        let separator = if self.options.broken_user_info {
            "\n"
        } else {
            ",\n"
        };
        format!("{{\n{}\n}}", members.join(separator))
    }

    fn has_seen(&self, id: &str) -> bool {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.insert(id)
    }
}

fn is_signed(head: &Parts) -> bool {
    head.headers.contains_key("webhook-signature")
}

/// The newest webhook ids.
#[derive(Default)]
struct Seen {
    ids: BTreeSet<String>,
    order: VecDeque<String>,
}

impl Seen {
    /// Remembers an id and returns whether it was known.
    fn insert(&mut self, id: &str) -> bool {
        if !self.ids.insert(id.to_owned()) {
            return true;
        }
        self.order.push_back(id.to_owned());
        if self.order.len() > SEEN_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
        }
        false
    }
}
