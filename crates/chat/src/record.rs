//! Records of the log: an event in an envelope with its position, stream, time and author.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::codec::{self, FromText};
use crate::event::Event;
use crate::id::{ChannelId, CommandId, ContactId, LiveChatId, MessageId, SessionId, UserId};
use crate::time::Timestamp;

/// The entity that an event belongs to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stream {
    /// `user-<login>`
    User(UserId),
    /// `livechat-<id>`
    LiveChat(LiveChatId),
    /// `channel-<id>`
    Channel(ChannelId),
    /// `contact-<id>`
    Contact(ContactId),
    /// `session-<id>`
    Session(SessionId),
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(f, "user-{id}"),
            Self::LiveChat(id) => write!(f, "livechat-{id}"),
            Self::Channel(id) => write!(f, "channel-{id}"),
            Self::Contact(id) => write!(f, "contact-{id}"),
            Self::Session(id) => write!(f, "session-{id}"),
        }
    }
}

/// A text is not the name of a stream.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is not the name of a stream: user-, livechat-, channel-, contact- or session-<id>")]
pub struct BadStream(String);

impl FromStr for Stream {
    type Err = BadStream;

    fn from_str(text: &str) -> Result<Self, BadStream> {
        let bad = || BadStream(text.chars().take(64).collect());
        let (noun, id) = text.split_once('-').ok_or_else(bad)?;
        match noun {
            "user" => id.parse().map(Self::User),
            "livechat" => id.parse().map(Self::LiveChat),
            "channel" => id.parse().map(Self::Channel),
            "contact" => id.parse().map(Self::Contact),
            "session" => id.parse().map(Self::Session),
            _ => return Err(bad()),
        }
        .map_err(|_| bad())
    }
}

impl Serialize for Stream {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Stream {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(FromText::new("a stream"))
    }
}

/// Who caused an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Actor {
    /// A user of the console API.
    User(UserId),
    /// The channel's messenger.
    Messenger,
    /// Switchboard itself.
    System,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => id.fmt(f),
            Self::Messenger => f.write_str("messenger"),
            Self::System => f.write_str("system"),
        }
    }
}

/// The command that caused an event. It lets a retry return the first result without a second effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// The caller's id of it.
    pub command: CommandId,
    /// A digest of the request: the same id with another request is a conflict.
    pub digest: [u8; 16],
    /// The result of the first request.
    pub answer: Answer,
}

/// The entity in the result of a command. A retry returns its current state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// Nothing.
    Done,
    /// The user of the stream.
    User,
    /// A token, which is returned only once.
    Token,
    /// A live chat.
    LiveChat(LiveChatId),
    /// A channel.
    Channel(ChannelId),
    /// A canned reply of a live chat.
    Reply(LiveChatId, crate::id::ReplyId),
    /// A session.
    Session(SessionId),
    /// A message and its position.
    Message(MessageId, u64),
    /// A contact.
    Contact(ContactId),
    /// A number of deliveries.
    Count(u64),
}

/// One record of the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// 1, 2, 3, … without a gap.
    pub position: u64,
    /// The stream that it belongs to.
    pub stream: Stream,
    /// 1, 2, 3, … within the stream.
    pub version: u64,
    /// When it was decided.
    pub time: Timestamp,
    /// Who caused it.
    pub by: Actor,
    /// The command that caused it, on the last event of a command with an id.
    pub caused_by: Option<Cause>,
    /// The live chat whose feed contains it.
    pub live_chat: Option<LiveChatId>,
    /// The position of the previous event of that feed; 0 for the first.
    pub previous: u64,
    /// The event.
    pub event: Event,
}

/// The stored form, without the position, which is the key in the log.
#[derive(Serialize, Deserialize)]
struct Stored<'a> {
    stream: Stream,
    version: u64,
    time: Timestamp,
    by: Actor,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    caused_by: Option<Cause>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    live_chat: Option<LiveChatId>,
    #[serde(default, skip_serializing_if = "is_zero")]
    previous: u64,
    kind: &'a str,
    schema: u16,
    #[serde(with = "serde_bytes", borrow)]
    body: Cow<'a, [u8]>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
const fn is_zero(n: &u64) -> bool {
    *n == 0
}

impl Record {
    /// Encodes the record for the log. Private fields must be sealed.
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(&Stored {
            stream: self.stream.clone(),
            version: self.version,
            time: self.time,
            by: self.by.clone(),
            caused_by: self.caused_by.clone(),
            live_chat: self.live_chat,
            previous: self.previous,
            kind: self.event.kind(),
            schema: self.event.schema(),
            body: self.event.encode().into(),
        })
    }

    /// Decodes the record at a position of the log.
    pub fn decode(position: u64, bytes: &[u8]) -> Result<Self, codec::Error> {
        let stored: Stored<'_> = codec::decode(bytes)?;
        let event = Event::decode(stored.kind, stored.schema, &stored.body)?;
        Ok(Self {
            position,
            stream: stored.stream,
            version: stored.version,
            time: stored.time,
            by: stored.by,
            caused_by: stored.caused_by,
            live_chat: stored.live_chat,
            previous: stored.previous,
            event,
        })
    }

    /// The record as JSON without sealed values, for people who read the log.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::json!({
            "position": self.position,
            "stream": self.stream,
            "version": self.version,
            "time": self.time,
            "by": self.by.to_string(),
            "command": self.caused_by.as_ref().map(|c| c.command),
            "liveChat": self.live_chat,
            "previous": self.previous,
            "kind": self.event.kind(),
            "schema": self.event.schema(),
            "body": self.event.to_json(),
        })
    }
}
