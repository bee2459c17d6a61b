//! Parses and validates the requests of messengers.

mod body;
mod files;
mod members;
mod repair;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::content::Content;
use crate::digest::{self, Digest};
use crate::id::MessageId;
use crate::reason::Reason;
use crate::rejection::Rejection;
use crate::time::Timestamp;

pub use body::{Body, parse};
use members::Members;

/// The deepest nesting of arrays and objects in a body (docs/messenger-protocol.md).
pub const DEPTH_MAX: usize = 32;
/// The largest body, in bytes (docs/messenger-protocol.md).
pub const BODY_BYTES_MAX: usize = 256 * 1024;
/// The longest id of a messenger, in bytes. Such ids are opaque and compared as bytes.
pub const EXTERNAL_ID_BYTES_MAX: usize = 255;
/// The most warnings of a response: more than the members of a message with 20 files have.
pub const WARNINGS_MAX: usize = 100;

/// The types of requests.
const TYPES: &str =
    "message, disconnect, userInfo, messageStatus, messageEdited, messageDeleted, typing";

/// What is wrong with a member of a body, and what was done about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The member, as a JSON pointer (RFC 6901).
    pub pointer: String,
    /// A phrase for people.
    pub detail: String,
}

/// A valid request of a messenger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Inbound {
    /// `message`: a person wrote.
    Message(InboundMessage),
    /// `disconnect`: the messenger ends the connection.
    Disconnect,
    /// `userInfo`: the messenger requests an operator's name.
    UserInfo {
        /// The operator's id; it may not exist.
        user: String,
    },
    /// `messageStatus`: the messenger reports the status of an outbound message.
    Status {
        /// The message.
        message: MessageId,
        /// Its status.
        status: ReceiptStatus,
        /// The cause, for `failed`.
        reason: Option<String>,
    },
    /// `messageEdited`: the author changed a message.
    Edited {
        /// Its `externalMessageId`.
        external_message_id: String,
        /// The new text.
        text: String,
    },
    /// `messageDeleted`: the author deleted a message.
    Deleted {
        /// Its `externalMessageId`.
        external_message_id: String,
    },
    /// `typing`: a person is typing.
    Typing {
        /// The chat.
        external_chat_id: String,
        /// The person.
        external_user_id: String,
    },
}

/// A message from a person at a messenger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InboundMessage {
    /// The messenger's id of the message, unique within the channel.
    pub external_message_id: String,
    /// The messenger's id of the conversation.
    pub external_chat_id: String,
    /// The messenger's id of the author.
    pub external_user_id: String,
    /// The conversation's name.
    pub external_chat_name: Option<String>,
    /// The text and files.
    pub content: Content,
    /// When it was written, by the messenger's clock.
    pub created_at: Option<Timestamp>,
    /// The message that this one replies to: its `externalMessageId` or our `messageId`.
    pub reply_to: Option<String>,
}

impl InboundMessage {
    /// Returns a digest of the members that must not differ between two requests with the same
    /// message id: chat, author, content and the message replied to. The time, the chat's name and the
    /// queries of URLs are excluded because an adapter may set them again when it retries: a query often
    /// is a signature that expires.
    pub fn digest(&self) -> Digest {
        self.digest_with(|url| without_query(url).into())
    }

    /// The digest of versions that included the queries of URLs. `None` if no URL has one.
    pub fn former_digest(&self) -> Option<Digest> {
        let mut files = self.content.files.iter();
        files
            .any(|file| file.url.contains('?'))
            .then(|| self.digest_with(|url| url.into()))
    }

    fn digest_with(&self, identity: impl Fn(&str) -> Cow<'_, str>) -> Digest {
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
            part(Some(&*identity(&file.url)));
        }
        digest::truncate(hash.finalize())
    }
}

/// A URL without its query.
fn without_query(url: &str) -> String {
    let at = url.find('#').unwrap_or(url.len());
    let (url, fragment) = url.split_at(at);
    let path = url.split('?').next().unwrap_or_default();
    format!("{path}{fragment}")
}

/// The status of an outbound message, as a messenger reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReceiptStatus {
    /// It reached the person's device.
    Delivered,
    /// The person read it.
    Read,
    /// The messenger could not deliver it.
    Failed,
}

impl Inbound {
    /// Validates an object against the protocol. Returns the request, and the optional members that were
    /// repaired or left out. The rejection lists every invalid member by its JSON pointer.
    pub fn read(object: &Map<String, Value>) -> Result<(Self, Vec<Finding>), Rejection> {
        let mut members = Members::new(object.get("data"));
        let inbound = match object.get("type").and_then(Value::as_str) {
            Some("message") => Self::Message(members.message()),
            Some("disconnect") => Self::Disconnect,
            Some("userInfo") => Self::UserInfo {
                user: members.id("userId"),
            },
            Some("messageStatus") => members.status(),
            Some("messageEdited") => Self::Edited {
                external_message_id: members.id("externalMessageId"),
                text: members.edited_text(),
            },
            Some("messageDeleted") => Self::Deleted {
                external_message_id: members.id("externalMessageId"),
            },
            Some("typing") => Self::Typing {
                external_chat_id: members.id("externalChatId"),
                external_user_id: members.id("externalUserId"),
            },
            _ => {
                let pointer = "/type".to_owned();
                let detail = format!("must be one of {TYPES}");
                return Err(Reason::InvalidMember { pointer, detail }.into());
            }
        };
        members.finish().map(|warnings| (inbound, warnings))
    }
}
