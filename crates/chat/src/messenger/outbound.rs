//! Builds the bodies of requests to messengers (docs/messenger-protocol.md).
//!
//! A channel with the dialect `brix` gets only the members that BRIX defines; others get all.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::content::{Content, File};
use crate::id::{ChannelId, MessageId, SessionId, UserId};
use crate::secret::Secret;
use crate::time::Timestamp;

/// The set of members in requests to a messenger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// All members.
    #[default]
    Native,
    /// Only the members that BRIX sends.
    Brix,
}

/// The recipient of a request: the values that every body contains.
#[derive(Clone, Copy, Debug)]
pub struct Addressee<'a> {
    /// The channel.
    pub channel: ChannelId,
    /// The confirmation code that is sent as `token`; `None` for a signed channel, whose code is never
    /// sent.
    pub token: Option<&'a Secret>,
    /// The channel's dialect.
    pub dialect: Dialect,
}

/// An operator's message.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// Its id.
    pub id: MessageId,
    /// The session it belongs to.
    pub session: SessionId,
    /// The messenger's id of the conversation.
    pub external_chat_id: &'a str,
    /// The text and files.
    pub content: &'a Content,
    /// When it was written.
    pub created_at: Timestamp,
    /// The author's id and name.
    pub operator: (&'a UserId, &'a str),
    /// The message that it replies to, by the id that the messenger knows.
    pub reply_to: Option<&'a str>,
    /// How often a user sent it again; 0 for the first time.
    pub retry: u32,
}

impl Message<'_> {
    /// The `webhook-id` of all attempts until the next retry by a user. A retry has its own, because a
    /// messenger that deduplicates would drop what it saw before.
    pub fn webhook_id(&self) -> String {
        match self.retry {
            0 => self.id.to_string(),
            retry => format!("{}.{}", self.id, u64::from(retry) + 1),
        }
    }
}

impl Addressee<'_> {
    /// `connect`: requests verification. Its members are the same in every dialect.
    pub fn connect(
        &self,
        public_url: &str,
        challenge: &str,
        last_message_id: Option<&str>,
    ) -> Vec<u8> {
        let mut data =
            json!({ "webhook": webhook(public_url, self.channel), "challenge": challenge });
        if let (Some(id), Some(data)) = (last_message_id, data.as_object_mut()) {
            data.insert("lastMessageId".to_owned(), id.into());
        }
        self.body("connect", true, Some(data))
    }

    /// `message`: an operator's message.
    pub fn message(&self, message: &Message<'_>) -> Vec<u8> {
        let files: Vec<Value> = message.content.files.iter().map(file).collect();
        let mut data = json!({
            "targetChatId": message.external_chat_id,
            "text": message.content.text.as_deref().unwrap_or(""),
            "files": files,
        });
        self.add(&mut data, "messageId", message.id.to_string());
        self.add(&mut data, "sessionId", message.session.to_string());
        self.add(&mut data, "createdAt", message.created_at.to_string());
        let (id, name) = message.operator;
        self.add(&mut data, "operator", json!({ "id": id, "name": name }));
        if let Some(id) = message.reply_to {
            self.add(&mut data, "replyTo", id);
        }
        if message.retry > 0 {
            self.add(&mut data, "retry", message.retry);
        }
        self.body("message", true, Some(data))
    }

    /// `messageOutcome`: an inbound message is stored.
    pub fn message_outcome(&self, external_message_id: &str) -> Vec<u8> {
        let data = Outcome {
            message_id: external_message_id,
            success: true,
        };
        self.body("messageOutcome", false, Some(data))
    }

    /// `userInfo`: requests a person's profile.
    pub fn user_info(&self, external_user_id: &str) -> Vec<u8> {
        self.body(
            "userInfo",
            self.is_native(),
            Some(json!({ "userId": external_user_id })),
        )
    }

    /// `markAsRead`: an operator has read up to this message.
    pub fn mark_as_read(&self, external_message_id: &str) -> Vec<u8> {
        self.body(
            "markAsRead",
            self.is_native(),
            Some(json!({ "messageId": external_message_id })),
        )
    }

    /// `disconnect`: an administrator ended the connection.
    pub fn disconnect(&self) -> Vec<u8> {
        self.body("disconnect", true, None::<Value>)
    }

    /// `typing`: an operator is typing.
    pub fn typing(&self, external_chat_id: &str) -> Vec<u8> {
        self.body(
            "typing",
            true,
            Some(json!({ "targetChatId": external_chat_id })),
        )
    }

    /// `session`: a session was opened, assigned or closed.
    pub fn session(&self, external_chat_id: &str, session: SessionId, state: &str) -> Vec<u8> {
        let data =
            json!({ "targetChatId": external_chat_id, "sessionId": session, "state": state });
        self.body("session", true, Some(data))
    }

    fn is_native(&self) -> bool {
        self.dialect == Dialect::Native
    }

    /// Adds a member that BRIX does not define, unless the dialect is `brix`.
    fn add(&self, data: &mut Value, name: &str, value: impl Into<Value>) {
        if self.is_native()
            && let Some(data) = data.as_object_mut()
        {
            data.insert(name.to_owned(), value.into());
        }
    }

    fn body(&self, kind: &str, with_channel: bool, data: Option<impl Serialize>) -> Vec<u8> {
        let body = Body {
            channel_id: with_channel.then_some(self.channel),
            data,
            token: self.token.map(Secret::expose),
            kind,
        };
        #[expect(
            clippy::expect_used,
            reason = "the members are texts, numbers and values of JSON"
        )]
        serde_json::to_vec(&body).expect("a body can be encoded")
    }
}

/// The body of a request. It is written without a [`Value`] between, because every inbound message has
/// one. The members are in the order of their names, as in a [`Value`].
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a, D> {
    #[serde(skip_serializing_if = "Option::is_none")]
    channel_id: Option<ChannelId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<D>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
    #[serde(rename = "type")]
    kind: &'a str,
}

/// The `data` of a `messageOutcome`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Outcome<'a> {
    message_id: &'a str,
    success: bool,
}

/// The path before a channel's id. The segment `other` is fixed, for compatibility with BRIX.
pub const WEBHOOK_PATH: &str = "/api/messengers/external/other/webhook/";

/// The URL that a messenger sends its requests to.
pub fn webhook(public_url: &str, channel: ChannelId) -> String {
    format!(
        "{}{WEBHOOK_PATH}{channel}",
        public_url.trim_end_matches('/')
    )
}

fn file(file: &File) -> Value {
    // BRIX has `size` on every file; zero means unknown.
    json!({ "name": file.name, "size": file.size.unwrap_or(0), "URL": file.url })
}
