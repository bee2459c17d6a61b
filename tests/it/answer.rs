//! How a messenger answers.

use serde_json::{Value, json};
use tokio::sync::watch;

use crate::messenger::Received;
use crate::proof;

/// An answer to a webhook.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) gate: Option<watch::Receiver<bool>>,
}

impl Answer {
    /// A status and no body.
    pub(crate) const fn status(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
            gate: None,
        }
    }

    /// 200 with a JSON object.
    pub(crate) fn json(body: &Value) -> Self {
        Self::status(200).text(&body.to_string())
    }

    /// With this body.
    pub(crate) fn text(mut self, body: &str) -> Self {
        self.body = body.as_bytes().to_vec();
        self
    }

    /// With this header.
    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// Not before the gate opens.
    pub(crate) fn behind(mut self, gate: &Gate) -> Self {
        self.gate = Some(gate.0.subscribe());
        self
    }
}

/// What answers wait for.
#[derive(Debug)]
pub(crate) struct Gate(watch::Sender<bool>);

impl Gate {
    /// A closed one.
    pub(crate) fn closed() -> Self {
        Self(watch::Sender::new(false))
    }

    /// Lets everything through, now and later.
    pub(crate) fn open(&self) {
        self.0.send_replace(true);
    }
}

/// What a messenger is, as far as `connect` tells.
#[derive(Clone, Debug)]
pub(crate) struct Manners {
    /// Whether the challenge is answered.
    pub(crate) proves: bool,
    /// What it can do, if it says so.
    pub(crate) capabilities: Option<Value>,
}

impl Manners {
    /// One that does everything right.
    pub(crate) fn good() -> Self {
        let all = json!({
            "operatorInitiated": true, "files": true, "typing": true, "receipts": true,
            "edits": true, "maxTextLength": 10_000,
        });
        Self {
            proves: true,
            capabilities: Some(all),
        }
    }

    /// One that answers 200 and nothing more, as the adapters of old do.
    pub(crate) const fn plain() -> Self {
        Self {
            proves: false,
            capabilities: None,
        }
    }

    /// The usual answer.
    pub(crate) fn answer(&self, code: &str, request: &Received) -> Answer {
        match request.kind() {
            "connect" => {
                let mut body = json!({});
                if self.proves {
                    let challenge = request.body["data"]["challenge"].as_str().unwrap();
                    body["challenge"] = proof::answer(code, challenge).into();
                }
                if let Some(capabilities) = &self.capabilities {
                    body["capabilities"] = capabilities.clone();
                }
                Answer::json(&body)
            }
            "userInfo" => {
                let id = request.body["data"]["userId"].as_str().unwrap();
                Answer::json(&json!({ "id": id, "username": format!("{id} by name") }))
            }
            _ => Answer::status(200),
        }
    }
}
