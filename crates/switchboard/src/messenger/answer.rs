//! The webhook side: what comes from Switchboard, whether it is believed, what is answered.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Mutex, PoisonError};

use chat::secret::Secret;
use chat::signature::{self, Headers};
use chat::time::Timestamp;
use hyper::http::request::Parts;
use serde_json::{Map, Value, json};

use super::Args;
use super::people::Person;
use super::tell::Event;

/// How many webhook ids are remembered: an attempt that was answered too late comes again.
const SEEN_MAX: usize = 10_000;

/// How this messenger answers.
pub(super) struct Answering {
    args: Args,
    code: Secret,
    people: Vec<Person>,
    /// Held for one lookup, by whichever connection has a request.
    seen: Mutex<Seen>,
}

/// One request, as it came.
#[derive(Default)]
pub(super) struct Incoming {
    pub(super) method: String,
    pub(super) signature: Option<Headers>,
    pub(super) body: Vec<u8>,
}

/// What is answered, and what follows from it.
#[derive(Default)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
    /// Where to send from now on.
    pub(super) connected: Option<String>,
    /// The last message that Switchboard has of us.
    pub(super) last_message_id: Option<String>,
    /// What to report on our own.
    pub(super) receipts: Vec<Value>,
    /// The request without its token; none when it was not believed.
    received: Option<Value>,
    id: Option<String>,
    again: bool,
    refused: &'static str,
}

impl Incoming {
    pub(super) fn new(head: &Parts, body: &[u8]) -> Self {
        let header = |name: &str| Some(head.headers.get(name)?.to_str().ok()?.to_owned());
        let signature = header("webhook-signature").map(|signature| Headers {
            id: header("webhook-id").unwrap_or_default(),
            timestamp: header("webhook-timestamp").unwrap_or_default(),
            signature,
        });
        Self {
            method: head.method.to_string(),
            signature,
            body: body.to_vec(),
        }
    }
}

impl Answer {
    fn refuse(status: u16, refused: &'static str) -> Self {
        Self {
            status,
            refused,
            ..Self::default()
        }
    }

    /// What to tell whoever watches.
    pub(super) fn event(&self) -> Event<'_> {
        match &self.received {
            Some(body) => Event::Received {
                body,
                id: self.id.as_deref(),
                again: self.again,
                status: self.status,
            },
            None => Event::Refused {
                words: self.refused,
                status: self.status,
            },
        }
    }
}

impl Answering {
    pub(super) fn new(args: Args, code: Secret, people: Vec<Person>) -> Self {
        Self {
            args,
            code,
            people,
            seen: Mutex::default(),
        }
    }

    /// Answers one request.
    pub(super) fn answer(&self, incoming: &Incoming, now: Timestamp) -> Answer {
        if incoming.method != "POST" {
            return Answer::refuse(405, "only POST is answered");
        }
        let Ok(Value::Object(mut body)) = serde_json::from_slice(&incoming.body) else {
            return Answer::refuse(400, "the body is no JSON object");
        };
        if let Err(words) = self.believe(incoming, &body, now) {
            return Answer::refuse(401, words);
        }
        body.remove("token");
        let id = incoming
            .signature
            .as_ref()
            .map(|headers| headers.id.clone());
        let again = id.as_ref().is_some_and(|id| self.has_seen(id));
        let mut answer = self.believed(&body, again);
        answer.received = Some(Value::Object(body));
        answer.id = id;
        answer.again = again;
        answer
    }

    /// A signature that is there must verify; without one the token must be the code.
    fn believe(
        &self,
        incoming: &Incoming,
        body: &Map<String, Value>,
        now: Timestamp,
    ) -> Result<(), &'static str> {
        match &incoming.signature {
            Some(headers) => signature::verify([&self.code], headers, now, &incoming.body)
                .map_err(|_| "the signature is wrong or too old"),
            None if self.args.signed => Err("it is not signed"),
            None => {
                let token = body.get("token").and_then(Value::as_str).unwrap_or("");
                if signature::token_matches([&self.code], token) {
                    Ok(())
                } else {
                    Err("the token is wrong or missing")
                }
            }
        }
    }

    fn believed(&self, body: &Map<String, Value>, again: bool) -> Answer {
        let data = body.get("data").unwrap_or(&Value::Null);
        let text = |name: &str| data.get(name).and_then(Value::as_str);
        match body.get("type").and_then(Value::as_str) {
            Some("connect") if self.args.refuse => Answer {
                status: 401,
                ..Answer::default()
            },
            Some("connect") => {
                self.connect(text("webhook"), text("challenge"), text("lastMessageId"))
            }
            Some("userInfo") => Answer {
                status: 200,
                body: self.profile(text("userId").unwrap_or("")),
                ..Answer::default()
            },
            Some("message") => self.message(text("messageId"), again),
            // Whatever else it is: a broker may learn to say more.
            _ => empty(),
        }
    }

    fn connect(&self, url: Option<&str>, challenge: Option<&str>, last: Option<&str>) -> Answer {
        let Some(url) = url.filter(|url| url.starts_with("http")) else {
            return Answer {
                status: 422,
                ..Answer::default()
            };
        };
        let proof = challenge.and_then(|c| signature::answer(&self.code, c).ok());
        let body = json!({
            "challenge": proof,
            "capabilities": {
                "operatorInitiated": true, "files": true, "typing": true, "receipts": true,
                "edits": true, "sessions": true, "maxTextLength": chat::content::TEXT_CHARS_MAX,
            },
        });
        Answer {
            status: 200,
            body: body.to_string().into_bytes(),
            connected: Some(url.to_owned()),
            last_message_id: last.map(str::to_owned),
            ..Answer::default()
        }
    }

    fn message(&self, id: Option<&str>, again: bool) -> Answer {
        if let Some(status) = self.args.fail {
            return Answer {
                status,
                body: br#"{"error":"as --fail says"}"#.to_vec(),
                ..Answer::default()
            };
        }
        // A phone that shows it has it; that it was read is for whoever looks at it to say.
        let statuses: &[&str] = match (self.args.auto_receipts, self.args.page.is_some()) {
            (true, _) => &["delivered", "read"],
            (false, true) => &["delivered"],
            (false, false) => &[],
        };
        let id = id.filter(|_| !again);
        let receipt = |(id, status): (&str, &&str)| {
            let data = json!({ "messageId": id, "status": status });
            json!({ "type": "messageStatus", "data": data })
        };
        let pairs = id
            .into_iter()
            .flat_map(|id| statuses.iter().map(move |s| (id, s)));
        Answer {
            receipts: pairs.map(receipt).collect(),
            ..empty()
        }
    }

    fn profile(&self, user: &str) -> Vec<u8> {
        let known = self.people.iter().find(|person| person.user == user);
        let members = match known {
            Some(person) => person.profile(),
            None => Person::unknown(user, user, "").profile(),
        };
        let written = members
            .into_iter()
            .map(|(key, value)| format!("  {}: {value}", Value::from(key)));
        let between = if self.args.broken_user_info {
            "\n"
        } else {
            ",\n"
        };
        let members: Vec<String> = written.collect();
        format!("{{\n{}\n}}", members.join(between)).into_bytes()
    }

    fn has_seen(&self, id: &str) -> bool {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.note(id)
    }
}

fn empty() -> Answer {
    Answer {
        status: 200,
        body: b"{}".to_vec(),
        ..Answer::default()
    }
}

/// The newest webhook ids.
#[derive(Default)]
struct Seen {
    ids: BTreeSet<String>,
    order: VecDeque<String>,
}

impl Seen {
    /// Remembers an id; whether it was known.
    fn note(&mut self, id: &str) -> bool {
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
