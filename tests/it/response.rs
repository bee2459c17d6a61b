//! What a test messenger responds to a webhook.

use serde_json::{Value, json};
use tokio::sync::watch;

use crate::messenger::Received;
use crate::signing;

/// A response to a webhook.
#[derive(Clone, Debug)]
pub(crate) struct WebhookResponse {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) gate: Option<watch::Receiver<bool>>,
}

impl WebhookResponse {
    /// A status without a body.
    pub(crate) const fn status(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
            gate: None,
        }
    }

    /// 200 with a JSON body.
    pub(crate) fn json(body: &Value) -> Self {
        Self::status(200).text(&body.to_string())
    }

    /// Sets the body.
    pub(crate) fn text(mut self, body: &str) -> Self {
        self.body = body.as_bytes().to_vec();
        self
    }

    /// Adds a header.
    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// Delays the response until the gate opens.
    pub(crate) fn behind(mut self, gate: &Gate) -> Self {
        self.gate = Some(gate.0.subscribe());
        self
    }
}

/// Holds back responses until it is opened.
#[derive(Debug)]
pub(crate) struct Gate(watch::Sender<bool>);

impl Gate {
    /// A closed gate.
    pub(crate) fn closed() -> Self {
        Self(watch::Sender::new(false))
    }

    /// Releases all responses, now and later.
    pub(crate) fn open(&self) {
        self.0.send_replace(true);
    }
}

/// What a messenger supports, as it says in its response to `connect`.
#[derive(Clone, Debug)]
pub(crate) struct Behaviour {
    /// Whether it answers the challenge.
    pub(crate) answers_challenge: bool,
    /// The capabilities that it reports, if any.
    pub(crate) capabilities: Option<Value>,
}

impl Behaviour {
    /// A messenger with all capabilities that answers the challenge.
    pub(crate) fn complete() -> Self {
        let all = json!({
            "operatorInitiated": true, "files": true, "typing": true, "receipts": true,
            "edits": true, "maxTextLength": 10_000,
        });
        Self {
            answers_challenge: true,
            capabilities: Some(all),
        }
    }

    /// A messenger that responds 200 and nothing else, as older adapters do.
    pub(crate) const fn basic() -> Self {
        Self {
            answers_challenge: false,
            capabilities: None,
        }
    }

    /// The response to a request unless a test sets another one.
    pub(crate) fn respond(&self, code: &str, request: &Received) -> WebhookResponse {
        match request.kind() {
            "connect" => {
                let mut body = json!({});
                if self.answers_challenge {
                    let challenge = request.body["data"]["challenge"].as_str().unwrap();
                    body["challenge"] = signing::challenge_response(code, challenge).into();
                }
                if let Some(capabilities) = &self.capabilities {
                    body["capabilities"] = capabilities.clone();
                }
                WebhookResponse::json(&body)
            }
            "userInfo" => {
                let id = request.body["data"]["userId"].as_str().unwrap();
                WebhookResponse::json(&json!({ "id": id, "username": format!("{id} by name") }))
            }
            _ => WebhookResponse::status(200),
        }
    }
}
