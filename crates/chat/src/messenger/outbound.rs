//! What we say to a messenger: the bodies of messenger-protocol section 4.
//!
//! A channel whose dialect is `brix` gets exactly the plain members; others get the additions too.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::content::{Content, File};
use crate::id::{ChannelId, MessageId, SessionId, UserId};
use crate::secret::Secret;
use crate::time::Timestamp;

/// Which members a messenger gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// All of them.
    #[default]
    Native,
    /// The plain ones alone, as BRIX sends them.
    Brix,
}

/// Who a body goes to: what stands in every one of them.
#[derive(Clone, Copy, Debug)]
pub struct Addressee<'a> {
    /// The channel.
    pub channel: ChannelId,
    /// Its newest code, sent as `token`.
    pub token: &'a Secret,
    /// Which members it gets.
    pub dialect: Dialect,
}

/// An operator's message.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// Our id of it.
    pub id: MessageId,
    /// The session it belongs to.
    pub session: SessionId,
    /// The messenger's conversation.
    pub external_chat_id: &'a str,
    /// What was written.
    pub content: &'a Content,
    /// When.
    pub created_at: Timestamp,
    /// Who wrote it.
    pub operator: (&'a UserId, &'a str),
    /// What it answers, by the id that the messenger knows.
    pub reply_to: Option<&'a str>,
}

impl Addressee<'_> {
    /// `connect`: verify yourself. Sections 1 and 5 know no dialect: its members are always there.
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

    /// `message`: an operator wrote.
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
        self.body("message", true, Some(data))
    }

    /// `messageOutcome`: an inbound message is stored.
    pub fn message_outcome(&self, external_message_id: &str) -> Vec<u8> {
        let data = json!({ "success": true, "messageId": external_message_id });
        self.body("messageOutcome", false, Some(data))
    }

    /// `userInfo`: who is this person?
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
        self.body("disconnect", true, None)
    }

    /// `typing`: an operator is writing.
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

    /// Puts an addition into `data`, unless the dialect is the plain one.
    fn add(&self, data: &mut Value, name: &str, value: impl Into<Value>) {
        if self.is_native()
            && let Some(data) = data.as_object_mut()
        {
            data.insert(name.to_owned(), value.into());
        }
    }

    fn body(&self, kind: &str, with_channel: bool, data: Option<Value>) -> Vec<u8> {
        let mut body = Map::new();
        body.insert("type".to_owned(), kind.into());
        body.insert("token".to_owned(), self.token.expose().into());
        if with_channel {
            body.insert("channelId".to_owned(), self.channel.to_string().into());
        }
        if let Some(data) = data {
            body.insert("data".to_owned(), data);
        }
        Value::Object(body).to_string().into_bytes()
    }
}

/// The path in front of a channel's id (messenger-protocol section 3). The segment `other` is fixed.
pub const WEBHOOK_PATH: &str = "/api/messengers/external/other/webhook/";

/// Where a messenger sends what it has to say.
pub fn webhook(public_url: &str, channel: ChannelId) -> String {
    format!(
        "{}{WEBHOOK_PATH}{channel}",
        public_url.trim_end_matches('/')
    )
}

fn file(file: &File) -> Value {
    // The plain protocol has `size` on every file, so an unknown one is said as zero.
    json!({ "name": file.name, "size": file.size.unwrap_or(0), "URL": file.url })
}
