//! Reads and validates the members of a request's `data`.

use serde_json::Value;

use super::{EXTERNAL_ID_BYTES_MAX, Inbound, InboundMessage, ReceiptStatus};
use crate::content::{Content, FILES_MAX, File, NAME_CHARS_MAX, TEXT_CHARS_MAX, URL_BYTES_MAX};
use crate::id::MessageId;
use crate::reason::Reason;
use crate::rejection::Rejection;
use crate::time::Timestamp;

/// Reads members of `data` and collects every error, so that one response lists all of them.
pub(super) struct Members<'a> {
    data: Option<&'a Value>,
    errors: Vec<Value>,
    too_large: Option<Reason>,
}

impl<'a> Members<'a> {
    pub(super) const fn new(data: Option<&'a Value>) -> Self {
        Self {
            data,
            errors: Vec::new(),
            too_large: None,
        }
    }

    fn error(&mut self, name: &str, detail: &str) {
        let pointer = if name.is_empty() {
            "/data".to_owned()
        } else {
            format!("/data/{name}")
        };
        self.errors
            .push(serde_json::json!({ "pointer": pointer, "detail": detail }));
    }

    fn member(&self, name: &str) -> Option<&Value> {
        self.data
            .and_then(|data| data.get(name))
            .filter(|value| !value.is_null())
    }

    /// An optional string.
    fn string(&mut self, name: &str) -> Option<String> {
        match self.member(name) {
            Some(Value::String(text)) => Some(text.clone()),
            Some(_) => {
                self.error(name, "must be a string");
                None
            }
            None => None,
        }
    }

    /// The optional `text`; a text over the limit is reported as too large, not as invalid.
    fn text(&mut self) -> Option<String> {
        let text = self.string("text")?;
        if is_longer(&text, TEXT_CHARS_MAX) {
            self.too_large = Some(Reason::TextTooLong {
                pointer: "/data/text".to_owned(),
                limit: TEXT_CHARS_MAX,
            });
        }
        Some(text)
    }

    /// An optional string of at most [`NAME_CHARS_MAX`] characters.
    fn name(&mut self, name: &str) -> Option<String> {
        let text = self.string(name)?;
        if is_longer(&text, NAME_CHARS_MAX) {
            self.error(name, "must have at most 255 characters");
        }
        Some(text)
    }

    /// A required id of the messenger.
    pub(super) fn id(&mut self, name: &str) -> String {
        let error = match self.member(name) {
            Some(Value::String(text)) if (1..=EXTERNAL_ID_BYTES_MAX).contains(&text.len()) => {
                return text.clone();
            }
            Some(Value::String(_)) => "must have 1 to 255 bytes",
            Some(_) => "must be a string",
            None => "is required",
        };
        self.error(name, error);
        String::new()
    }

    pub(super) fn message(&mut self) -> InboundMessage {
        let message = InboundMessage {
            external_message_id: self.id("externalMessageId"),
            external_chat_id: self.id("externalChatId"),
            external_user_id: self.id("externalUserId"),
            external_chat_name: self.name("externalChatName"),
            content: Content {
                text: self.text(),
                files: self.files(),
            },
            created_at: self.created_at(),
            reply_to: self.member("replyTo").is_some().then(|| self.id("replyTo")),
        };
        if message.content.is_empty() && self.errors.is_empty() {
            self.error("text", "a text or at least one file is required");
        }
        message
    }

    fn created_at(&mut self) -> Option<Timestamp> {
        let time = self.string("createdAt")?.parse();
        if time.is_err() {
            self.error(
                "createdAt",
                "must be an RFC 3339 time such as 2026-11-22T10:00:00Z",
            );
        }
        time.ok()
    }

    fn files(&mut self) -> Vec<File> {
        let files = match self.member("files") {
            None => return Vec::new(),
            Some(Value::Array(files)) => files.clone(),
            Some(_) => {
                self.error("files", "must be an array");
                return Vec::new();
            }
        };
        if files.len() > FILES_MAX {
            self.too_large = Some(Reason::TooManyFiles {
                pointer: "/data/files".to_owned(),
                limit: FILES_MAX,
            });
        }
        files
            .iter()
            .take(FILES_MAX)
            .enumerate()
            .filter_map(|(i, file)| self.file(i, file))
            .collect()
    }

    fn file(&mut self, i: usize, file: &Value) -> Option<File> {
        let text = |name: &str| file.get(name).and_then(Value::as_str);
        let name = text("name").filter(|n| (1..=NAME_CHARS_MAX).contains(&n.chars().count()));
        let url = text("URL").filter(|u| (1..=URL_BYTES_MAX).contains(&u.len()));
        if name.is_none() {
            let pointer = format!("files/{i}/name");
            self.error(&pointer, "must be a string of 1 to 255 characters");
        }
        if url.is_none() {
            let pointer = format!("files/{i}/URL");
            self.error(&pointer, "must be a string of 1 to 2048 bytes");
        }
        let size = file.get("size").and_then(Value::as_u64);
        Some(File {
            name: name?.to_owned(),
            size,
            url: url?.to_owned(),
        })
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
        let status = match self.string("status").as_deref() {
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
            reason: self.name("reason"),
        }
    }

    pub(super) fn edited_text(&mut self) -> String {
        self.text().unwrap_or_else(|| {
            self.error("text", "is required");
            String::new()
        })
    }

    /// Returns the rejection for the errors found, if any.
    pub(super) fn finish(mut self) -> Result<(), Rejection> {
        let is_wrong_type = |data: &Value| !data.is_object() && !data.is_null();
        if !self.errors.is_empty() && self.data.is_some_and(is_wrong_type) {
            // The members are missing only because `data` itself has the wrong type.
            self.errors.clear();
            self.error("", "must be an object");
        }
        if let Some(reason) = self.too_large {
            return Err(reason.into());
        }
        let Some(first) = self.errors.first() else {
            return Ok(());
        };
        let text = |name: &str| first.get(name).and_then(Value::as_str).unwrap_or_default();
        let reason = Reason::InvalidMember {
            pointer: text("pointer").to_owned(),
            detail: text("detail").to_owned(),
        };
        Err(Rejection::from(reason).with("errors", self.errors))
    }
}

/// Whether a text has more characters than `chars_max`. A text with no more bytes than that is not
/// counted.
fn is_longer(text: &str, chars_max: usize) -> bool {
    text.len() > chars_max && text.chars().count() > chars_max
}
