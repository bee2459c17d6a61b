//! Reads and validates the members of a request's `data`. Required members are strict; optional ones are
//! repaired, cut or left out, with a warning.

use serde_json::{Number, Value, json};

use super::{EXTERNAL_ID_BYTES_MAX, Finding, Inbound, InboundMessage, ReceiptStatus};
use crate::content::{Content, NAME_CHARS_MAX, TEXT_CHARS_MAX};
use crate::id::MessageId;
use crate::reason::Reason;
use crate::rejection::Rejection;
use crate::time::Timestamp;

/// Reads members of `data` and collects every error and warning, so that one response lists all of them.
pub(super) struct Members<'a> {
    data: Option<&'a Value>,
    errors: Vec<Finding>,
    warnings: Vec<Finding>,
    pub(super) too_large: Option<Reason>,
}

impl<'a> Members<'a> {
    pub(super) const fn new(data: Option<&'a Value>) -> Self {
        Self {
            data,
            errors: Vec::new(),
            warnings: Vec::new(),
            too_large: None,
        }
    }

    fn error(&mut self, name: &str, detail: &str) {
        self.errors.push(finding(name, detail));
    }

    pub(super) fn warning(&mut self, name: &str, detail: &str) {
        self.warnings.push(finding(name, detail));
    }

    pub(super) fn member(&self, name: &str) -> Option<&'a Value> {
        present(self.data.and_then(|data| data.get(name)))
    }

    /// An optional string. A number is taken as its text.
    pub(super) fn string(&mut self, name: &str, value: Option<&Value>) -> Option<String> {
        match value {
            Some(Value::String(text)) => Some(text.clone()),
            Some(Value::Number(number)) => {
                self.warning(name, "must be a string; the number was taken as text");
                Some(number.to_string())
            }
            Some(_) => {
                self.warning(name, "must be a string; left out");
                None
            }
            None => None,
        }
    }

    /// An optional string of at most [`NAME_CHARS_MAX`] characters.
    pub(super) fn name(&mut self, name: &str, value: Option<&Value>) -> Option<String> {
        let text = self.string(name, value)?;
        if !is_longer(&text, NAME_CHARS_MAX) {
            return Some(text);
        }
        self.warning(name, "must have at most 255 characters; cut");
        Some(text.chars().take(NAME_CHARS_MAX).collect())
    }

    /// A required id of the messenger.
    pub(super) fn id(&mut self, name: &str) -> String {
        let id = self.member(name).map_or(Err("is required"), id_of);
        id.unwrap_or_else(|detail| {
            self.error(name, detail);
            String::new()
        })
    }

    pub(super) fn message(&mut self) -> InboundMessage {
        let text = self.string("text", self.member("text"));
        self.check_length(text.as_deref());
        let message = InboundMessage {
            external_message_id: self.id("externalMessageId"),
            external_chat_id: self.id("externalChatId"),
            external_user_id: self.id("externalUserId"),
            external_chat_name: self.name("externalChatName", self.member("externalChatName")),
            content: Content {
                text,
                files: self.files(),
            },
            created_at: self.created_at(),
            reply_to: self.reply_to(),
        };
        if message.content.is_empty() {
            self.content_is_required();
        }
        message
    }

    /// Reports a text over the limit as too large, not as invalid.
    fn check_length(&mut self, text: Option<&str>) {
        if text.is_some_and(|text| is_longer(text, TEXT_CHARS_MAX)) {
            self.too_large = Some(Reason::TextTooLong {
                pointer: "/data/text".to_owned(),
                limit: TEXT_CHARS_MAX,
            });
        }
    }

    /// Reports a message without content. If its content was left out, the errors say why.
    fn content_is_required(&mut self) {
        let is_content = |finding: &Finding| {
            let pointer = finding.pointer.as_str();
            pointer == "/data/text" || pointer.starts_with("/data/files")
        };
        self.errors
            .extend(self.warnings.extract_if(.., |one| is_content(one)));
        if self.errors.is_empty() {
            self.error("text", "a text or at least one file is required");
        }
    }

    fn created_at(&mut self) -> Option<Timestamp> {
        let value = self.member("createdAt")?;
        let time = value.as_str().and_then(|text| text.parse().ok());
        if time.is_none() {
            self.warning(
                "createdAt",
                "must be an RFC 3339 time such as 2026-11-22T10:00:00Z; left out",
            );
        }
        time
    }

    fn reply_to(&mut self) -> Option<String> {
        let id = id_of(self.member("replyTo")?);
        id.map_err(|detail| self.warning("replyTo", &format!("{detail}; left out")))
            .ok()
    }

    pub(super) fn status(&mut self) -> Inbound {
        let message = self.id("messageId").parse().unwrap_or_else(|_| {
            if self.errors.is_empty() {
                self.error(
                    "messageId",
                    "must be the messageId of a message that we sent",
                );
            }
            MessageId::from_bytes([0; 16])
        });
        let status = match self.member("status").and_then(Value::as_str) {
            Some("delivered") => ReceiptStatus::Delivered,
            Some("read") => ReceiptStatus::Read,
            Some("failed") => ReceiptStatus::Failed,
            _ => {
                self.error("status", "must be one of delivered, read, failed");
                ReceiptStatus::Failed
            }
        };
        Inbound::Status {
            message,
            status,
            reason: self.name("reason", self.member("reason")),
        }
    }

    pub(super) fn edited_text(&mut self) -> String {
        let text = self.member("text").map(Value::as_str);
        self.check_length(text.flatten());
        match text {
            Some(Some(text)) => return text.to_owned(),
            Some(None) => self.error("text", "must be a string"),
            None => self.error("text", "is required"),
        }
        String::new()
    }

    /// Returns the warnings, or the rejection for the errors found.
    pub(super) fn finish(mut self) -> Result<Vec<Finding>, Rejection> {
        let is_wrong_type = |data: &Value| !data.is_object() && !data.is_null();
        if !self.errors.is_empty() && self.data.is_some_and(is_wrong_type) {
            // The members are missing only because `data` itself has the wrong type.
            self.errors.clear();
            self.error("", "must be an object");
        }
        if let Some(reason) = self.too_large {
            return Err(reason.into());
        }
        let Some(Finding { pointer, detail }) = self.errors.first().cloned() else {
            return Ok(self.warnings);
        };
        let rejection = Rejection::from(Reason::InvalidMember { pointer, detail });
        Err(rejection.with("errors", json!(self.errors)))
    }
}

/// A member that is not null.
pub(super) fn present(value: Option<&Value>) -> Option<&Value> {
    value.filter(|value| !value.is_null())
}

fn finding(name: &str, detail: &str) -> Finding {
    let slash = if name.is_empty() { "" } else { "/" };
    Finding {
        pointer: format!("/data{slash}{name}"),
        detail: detail.to_owned(),
    }
}

/// An id of the messenger. An integer is taken as its decimal text.
fn id_of(value: &Value) -> Result<String, &'static str> {
    let integer = value.as_number().filter(|number| !number.is_f64());
    let text = value.as_str().map(str::to_owned);
    let id = text
        .or_else(|| integer.map(Number::to_string))
        .ok_or("must be a string or an integer")?;
    if (1..=EXTERNAL_ID_BYTES_MAX).contains(&id.len()) {
        Ok(id)
    } else {
        Err("must have 1 to 255 bytes")
    }
}

/// Whether a text has more characters than `chars_max`. A text with no more bytes than that is not
/// counted.
fn is_longer(text: &str, chars_max: usize) -> bool {
    text.len() > chars_max && text.chars().count() > chars_max
}
