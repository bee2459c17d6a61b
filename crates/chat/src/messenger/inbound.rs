//! What a messenger says to us, from bytes to a checked value.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::content::{Content, FILES_MAX, File, NAME_CHARS_MAX, TEXT_CHARS_MAX, URL_BYTES_MAX};
use crate::digest::{self, Digest};
use crate::id::MessageId;
use crate::reason::Reason;
use crate::rejection::Rejection;
use crate::time::Timestamp;

/// The deepest nesting of a body (messenger-protocol section 3).
pub const DEPTH_MAX: usize = 32;
/// The largest body, in bytes (messenger-protocol section 3).
pub const BODY_BYTES_MAX: usize = 256 * 1024;
/// The longest foreign id, in bytes; they are opaque and compared as bytes.
pub const EXTERNAL_ID_BYTES_MAX: usize = 255;

/// One request of a messenger, checked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Inbound {
    /// Somebody wrote.
    Message(InboundMessage),
    /// The messenger ends the connection.
    Disconnect,
    /// The messenger asks who an operator is.
    UserInfo {
        /// A Switchboard user's id, not yet known to exist.
        user: String,
    },
    /// What became of an outbound message at the messenger.
    Status {
        /// The message.
        message: MessageId,
        /// What became of it.
        status: ReceiptStatus,
        /// Why, for `failed`.
        reason: Option<String>,
    },
    /// The author changed a message.
    Edited {
        /// Its `externalMessageId`.
        external_message_id: String,
        /// What it says now.
        text: String,
    },
    /// The author took a message back.
    Deleted {
        /// Its `externalMessageId`.
        external_message_id: String,
    },
    /// Somebody is writing.
    Typing {
        /// In which chat.
        external_chat_id: String,
        /// Who.
        external_user_id: String,
    },
}

/// A message of a messenger's user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InboundMessage {
    /// The messenger's id of the message, unique within the channel.
    pub external_message_id: String,
    /// The messenger's conversation.
    pub external_chat_id: String,
    /// The messenger's user.
    pub external_user_id: String,
    /// What the conversation is called.
    pub external_chat_name: Option<String>,
    /// What was written.
    pub content: Content,
    /// When, by the messenger's clock.
    pub created_at: Option<Timestamp>,
    /// The message that this one answers: its `externalMessageId` or our `messageId`.
    pub reply_to: Option<String>,
}

impl InboundMessage {
    /// A digest of what makes two sendings of one id the same message: chat, author, words, files
    /// and what it answers. Not the time or the chat's name, which an adapter may stamp anew.
    pub fn digest(&self) -> Digest {
        let mut hash = Sha256::new();
        let mut part = |bytes: Option<&str>| {
            let bytes = bytes.map_or(&[][..], str::as_bytes);
            hash.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(bytes);
        };
        part(Some(&self.external_chat_id));
        part(Some(&self.external_user_id));
        part(self.content.text.as_deref());
        part(self.reply_to.as_deref());
        for file in &self.content.files {
            part(Some(&file.name));
            part(Some(&file.url));
        }
        digest::cut(hash.finalize())
    }
}

/// What a messenger reports of an outbound message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReceiptStatus {
    /// It reached the person's device.
    Delivered,
    /// The person saw it.
    Read,
    /// The messenger could not deliver it.
    Failed,
}

/// Reads a body as one JSON object, at most [`DEPTH_MAX`] deep.
pub fn parse(body: &[u8]) -> Result<Map<String, Value>, Rejection> {
    let text = std::str::from_utf8(body).map_err(|e| Reason::NotUtf8 {
        offset: e.valid_up_to(),
    })?;
    if depth(text) > DEPTH_MAX {
        return Err(Reason::TooDeep { limit: DEPTH_MAX }.into());
    }
    match serde_json::from_str(text) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => {
            let detail = "must be a JSON object".to_owned();
            Err(Reason::InvalidBody { detail }.into())
        }
        Err(e) => {
            let detail = e.to_string();
            Err(Reason::NotJson { detail }.into())
        }
    }
}

/// How deep arrays and objects stand in each other; brackets inside strings do not count.
fn depth(text: &str) -> usize {
    let (mut deepest, mut open, mut in_string, mut escaped) = (0_usize, 0_usize, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => {
                open += 1;
                deepest = deepest.max(open);
            }
            b'}' | b']' if !in_string => open = open.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// Whether a text has more characters: counted only where its bytes do not tell already.
fn is_longer(text: &str, chars_max: usize) -> bool {
    text.len() > chars_max && text.chars().count() > chars_max
}

impl Inbound {
    /// Checks an object against the protocol. Every fault that is found is named by its pointer.
    pub fn read(object: &Map<String, Value>) -> Result<Self, Rejection> {
        let mut members = Members {
            data: object.get("data"),
            errors: Vec::new(),
            too_large: None,
        };
        let inbound = match object.get("type") {
            Some(Value::String(kind)) => match kind.as_str() {
                "message" => Some(Self::Message(members.message())),
                "disconnect" => Some(Self::Disconnect),
                "userInfo" => Some(Self::UserInfo {
                    user: members.id("userId"),
                }),
                "messageStatus" => Some(members.status()),
                "messageEdited" => Some(Self::Edited {
                    external_message_id: members.id("externalMessageId"),
                    text: members.edited_text(),
                }),
                "messageDeleted" => Some(Self::Deleted {
                    external_message_id: members.id("externalMessageId"),
                }),
                "typing" => Some(Self::Typing {
                    external_chat_id: members.id("externalChatId"),
                    external_user_id: members.id("externalUserId"),
                }),
                _ => None,
            },
            _ => None,
        };
        let Some(inbound) = inbound else {
            return Err(Reason::InvalidMember {
                pointer: "/type".to_owned(),
                detail:
                    "must be one of message, disconnect, userInfo, messageStatus, messageEdited, \
                 messageDeleted, typing"
                        .to_owned(),
            }
            .into());
        };
        members.finish().map(|()| inbound)
    }
}

/// Reads members of `data`, noting each fault and going on, so that one answer names them all.
struct Members<'a> {
    data: Option<&'a Value>,
    errors: Vec<Value>,
    too_large: Option<Reason>,
}

impl Members<'_> {
    fn fault(&mut self, name: &str, detail: &str) {
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
                self.fault(name, "must be a string");
                None
            }
            None => None,
        }
    }

    /// An optional text, of which more than a message holds is too large.
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

    /// An optional name or a few words.
    fn name(&mut self, name: &str) -> Option<String> {
        let text = self.string(name)?;
        if is_longer(&text, NAME_CHARS_MAX) {
            self.fault(name, "must have at most 255 characters");
        }
        Some(text)
    }

    /// A required foreign id.
    fn id(&mut self, name: &str) -> String {
        match self.member(name) {
            Some(Value::String(text)) if (1..=EXTERNAL_ID_BYTES_MAX).contains(&text.len()) => {
                text.clone()
            }
            Some(Value::String(_)) => {
                self.fault(name, "must have 1 to 255 bytes");
                String::new()
            }
            Some(_) => {
                self.fault(name, "must be a string");
                String::new()
            }
            None => {
                self.fault(name, "is required");
                String::new()
            }
        }
    }

    fn message(&mut self) -> InboundMessage {
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
            self.fault("text", "a text or at least one file is required");
        }
        message
    }

    fn created_at(&mut self) -> Option<Timestamp> {
        let time = self.string("createdAt")?.parse();
        if time.is_err() {
            self.fault(
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
                self.fault("files", "must be an array");
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
            self.fault(
                &format!("files/{i}/name"),
                "must be a string of 1 to 255 characters",
            );
        }
        if url.is_none() {
            self.fault(
                &format!("files/{i}/URL"),
                "must be a string of 1 to 2048 bytes",
            );
        }
        let size = file.get("size").and_then(Value::as_u64);
        Some(File {
            name: name?.to_owned(),
            size,
            url: url?.to_owned(),
        })
    }

    fn status(&mut self) -> Inbound {
        let message = self.id("messageId").parse().unwrap_or_else(|_| {
            if self.errors.is_empty() {
                self.fault(
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
                self.fault("status", "must be one of delivered, read, failed");
                ReceiptStatus::Failed
            }
        };
        Inbound::Status {
            message,
            status,
            reason: self.name("reason"),
        }
    }

    fn edited_text(&mut self) -> String {
        self.text().unwrap_or_else(|| {
            self.fault("text", "is required");
            String::new()
        })
    }

    fn finish(mut self) -> Result<(), Rejection> {
        let is_none_at_all = |data: &Value| !data.is_object() && !data.is_null();
        if !self.errors.is_empty() && self.data.is_some_and(is_none_at_all) {
            // Its members are not missing: it is itself of the wrong kind.
            self.errors.clear();
            self.fault("", "must be an object");
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

#[cfg(test)]
mod tests;
