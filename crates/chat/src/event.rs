//! Everything that can have happened. Kinds and schemas outlive the Rust names.
//!
//! A body is a `MessagePack` map with named fields. Adding an optional field (`#[serde(default)]`) is
//! free; anything else raises the schema, and the old shape moves to [`crate::history`].

mod channel;
mod contact;
#[cfg(test)]
mod golden;
mod live_chat;
mod message;
mod seal;
mod session;
mod user;

use crate::codec;
use crate::reason::Reason;

pub use channel::{
    ChannelCreated, ChannelStatusChanged, ChannelUpdated, CodeRotated, EditParked, MessagesRefused,
    NoticesSettled,
};
pub use contact::{ContactCreated, ContactForgotten, ContactUpdated};
pub use live_chat::{
    LiveChatCreated, LiveChatDeleted, LiveChatRenamed, MembersChanged, ReplyDeleted, ReplySaved,
};
pub use message::{
    Attempt, DeliveryChanged, MessageDeleted, MessageEdited, MessageRead, MessageReceived,
    MessageSent, NoteAdded,
};
pub use session::{SessionAssigned, SessionClosed, SessionOpened, SessionTransferred};
pub use user::{TokenIssued, UserCreated, UserDisabled, UserUpdated};

/// Declares the kinds: their names in the log, their newest schema, and the body of each.
macro_rules! events {
    ($($(#[$doc:meta])* $variant:ident = $kind:literal, $schema:literal;)*) => {
        /// One thing that happened.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Event {
            $($(#[$doc])* $variant($variant),)*
            /// A kind that this version does not know: kept, and skipped.
            Unknown,
        }

        impl Event {
            /// Every kind with its newest schema.
            pub const KINDS: &'static [(&'static str, u16)] = &[$(($kind, $schema),)*];

            /// The kind, as it is written in the log and the feed.
            pub const fn kind(&self) -> &'static str {
                match self { $(Self::$variant(_) => $kind,)* Self::Unknown => "unknown" }
            }

            /// The schema that is written today.
            pub const fn schema(&self) -> u16 {
                match self { $(Self::$variant(_) => $schema,)* Self::Unknown => 0 }
            }

            /// The body's bytes.
            pub fn encode(&self) -> Vec<u8> {
                match self { $(Self::$variant(body) => codec::encode(body),)* Self::Unknown => Vec::new() }
            }

            /// Reads a body that was written today or by an older version.
            pub fn decode(kind: &str, schema: u16, body: &[u8]) -> Result<Self, codec::Error> {
                match (kind, schema) {
                    $(($kind, $schema) => codec::decode(body).map(Self::$variant),)*
                    _ => crate::history::lift(kind, schema, body),
                }
            }

            /// The body as JSON, what is sealed or secret left out: for people who read the log.
            pub fn to_json(&self) -> serde_json::Value {
                match self {
                    $(Self::$variant(body) => serde_json::to_value(body).unwrap_or_default(),)*
                    Self::Unknown => serde_json::Value::Null,
                }
            }
        }

        $(impl From<$variant> for Event {
            fn from(body: $variant) -> Self { Self::$variant(body) }
        })*
    };
}

impl Event {
    /// Why a channel's status, a session or a delivery changed.
    pub fn reason(&self) -> Option<Reason> {
        match self {
            Self::ChannelStatusChanged(e) => e.reason(),
            Self::SessionClosed(e) => e.reason(),
            Self::DeliveryChanged(e) => e.reason(),
            _ => None,
        }
    }
}

events! {
    /// A user was made.
    UserCreated = "user-created", 1;
    /// A user's name, groups or password changed.
    UserUpdated = "user-updated", 1;
    /// A user may no longer sign in.
    UserDisabled = "user-disabled", 1;
    /// An API token was issued.
    TokenIssued = "token-issued", 1;
    /// A live chat was made.
    LiveChatCreated = "live-chat-created", 1;
    /// A live chat got another name.
    LiveChatRenamed = "live-chat-renamed", 1;
    /// A live chat was deleted.
    LiveChatDeleted = "live-chat-deleted", 1;
    /// A live chat's members are these now.
    MembersChanged = "members-changed", 1;
    /// A canned reply was made or changed.
    ReplySaved = "reply-saved", 1;
    /// A canned reply was deleted.
    ReplyDeleted = "reply-deleted", 1;
    /// A channel was made, not yet verified.
    ChannelCreated = "channel-created", 1;
    /// A channel's status or health changed.
    ChannelStatusChanged = "channel-status-changed", 1;
    /// A channel's name, webhook or settings changed.
    ChannelUpdated = "channel-updated", 1;
    /// A channel got a new confirmation code.
    CodeRotated = "code-rotated", 1;
    /// Messages were refused because the channel is not active.
    MessagesRefused = "messages-refused", 1;
    /// Notices reached their end at the messenger.
    NoticesSettled = "notices-settled", 1;
    /// An edit or deletion arrived before its message, and waits for it.
    EditParked = "edit-parked", 1;
    /// A person wrote for the first time, or an operator named one.
    ContactCreated = "contact-created", 1;
    /// A person's profile was asked for.
    ContactUpdated = "contact-updated", 1;
    /// A person was forgotten: their keys are destroyed.
    ContactForgotten = "contact-forgotten", 1;
    /// A stretch of work on a chat began.
    SessionOpened = "session-opened", 1;
    /// An operator took a session.
    SessionAssigned = "session-assigned", 1;
    /// A session went to another operator or back to the queue.
    SessionTransferred = "session-transferred", 1;
    /// A session ended.
    SessionClosed = "session-closed", 1;
    /// A messenger's user wrote.
    MessageReceived = "message-received", 1;
    /// An operator wrote.
    MessageSent = "message-sent", 1;
    /// An author changed a message.
    MessageEdited = "message-edited", 1;
    /// An author took a message back.
    MessageDeleted = "message-deleted", 1;
    /// An operator read up to a message.
    MessageRead = "message-read", 1;
    /// An operator left a note for colleagues.
    NoteAdded = "note-added", 1;
    /// A delivery moved on, or was tried.
    DeliveryChanged = "delivery-changed", 1;
}
