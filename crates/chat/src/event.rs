//! The events of the log. Their kinds and schemas do not change when a Rust name does.
//!
//! A body is a `MessagePack` map with named fields. Adding an optional field (`#[serde(default)]`)
//! keeps the schema; any other change raises it, and the old struct moves to [`crate::history`].

#![expect(
    clippy::enum_variant_names,
    reason = "the enum of a family uses the names of its events"
)]

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
    ChannelCreated, ChannelStatusChanged, ChannelUpdated, CodeRotated, CodeUsed, EditParked,
    MessagesRefused, NoticesSettled, RequestAccepted, ScheduleShifted,
};
pub use contact::{ContactCreated, ContactForgotten, ContactUpdated};
pub use live_chat::{
    LiveChatCreated, LiveChatDeleted, LiveChatRenamed, MembersChanged, ReplyDeleted, ReplySaved,
};
pub use message::{
    Attempt, DeliveryChanged, MessageDeleted, MessageEdited, MessageRead, MessageReceived,
    MessageSent, NoteAdded,
};
pub use session::{
    ChatRenamed, SessionAssigned, SessionClosed, SessionOpened, SessionReopened, SessionTransferred,
};
pub use user::{TokenIssued, TokenRevoked, TokenUsed, UserCreated, UserDisabled, UserUpdated};

/// Declares the events by family: each kind's name in the log and its newest schema. `reason` after
/// the schema names the method that returns the cause of the change.
macro_rules! events {
    ($($family:ident as $family_event:ident {
        $($(#[$doc:meta])* $variant:ident = $kind:literal, $schema:literal $(, $reason:ident)?;)*
    })*) => {
        /// A change of the state.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Event {
            $($($(#[$doc])* $variant($variant),)*)*
            /// A kind that this version does not know. It stays in the log and has no effect.
            Unknown,
        }

        /// An event by the kind of stream that it occurs in.
        #[derive(Clone, Copy, Debug)]
        pub enum Family<'a> {
            $(
                #[doc = concat!("An event of a ", stringify!($family), " stream.")]
                $family($family_event<'a>),
            )*
            /// [`Event::Unknown`]
            Unknown,
        }

        $(
            #[doc = concat!("The events of ", stringify!($family), " streams.")]
            #[derive(Clone, Copy, Debug)]
            pub enum $family_event<'a> {
                $($(#[$doc])* $variant(&'a $variant),)*
            }
        )*

        impl Event {
            /// Every kind with its newest schema.
            pub const KINDS: &'static [(&'static str, u16)] = &[$($(($kind, $schema),)*)*];

            /// The kind, as the log and the feed name it.
            pub const fn kind(&self) -> &'static str {
                match self { $($(Self::$variant(_) => $kind,)*)* Self::Unknown => "unknown" }
            }

            /// The schema that is written today.
            pub const fn schema(&self) -> u16 {
                match self { $($(Self::$variant(_) => $schema,)*)* Self::Unknown => 0 }
            }

            /// The event in the enum of its family.
            pub const fn family(&self) -> Family<'_> {
                match self {
                    $($(Self::$variant(body) => Family::$family($family_event::$variant(body)),)*)*
                    Self::Unknown => Family::Unknown,
                }
            }

            /// The body's bytes.
            pub fn encode(&self) -> Vec<u8> {
                match self { $($(Self::$variant(body) => codec::encode(body),)*)* Self::Unknown => Vec::new() }
            }

            /// Decodes a body of the current or an older schema.
            pub fn decode(kind: &str, schema: u16, body: &[u8]) -> Result<Self, codec::Error> {
                match (kind, schema) {
                    $($(($kind, $schema) => codec::decode(body).map(Self::$variant),)*)*
                    _ => crate::history::decode_old(kind, schema, body),
                }
            }

            /// The body as JSON without sealed values, for people who read the log.
            pub fn to_json(&self) -> serde_json::Value {
                match self {
                    $($(Self::$variant(body) => serde_json::to_value(body).unwrap_or_default(),)*)*
                    Self::Unknown => serde_json::Value::Null,
                }
            }

            /// Why a channel's status, a session or a delivery changed.
            pub fn reason(&self) -> Option<Reason> {
                $($($(if let Self::$variant(body) = self { return body.$reason(); })?)*)*
                None
            }
        }

        $($(impl From<$variant> for Event {
            fn from(body: $variant) -> Self { Self::$variant(body) }
        })*)*
    };
}

events! {
    User as UserEvent {
        /// A user was created.
        UserCreated = "user-created", 1;
        /// A user's name, groups or password changed.
        UserUpdated = "user-updated", 1;
        /// A user was disabled or enabled.
        UserDisabled = "user-disabled", 1;
        /// An API token was issued.
        TokenIssued = "token-issued", 1;
        /// An API token was revoked.
        TokenRevoked = "token-revoked", 1;
        /// An API token was used. Not recorded again within
        /// [`TOKEN_USE_INTERVAL`](crate::rules::TOKEN_USE_INTERVAL).
        TokenUsed = "token-used", 1;
    }
    LiveChat as LiveChatEvent {
        /// A live chat was created.
        LiveChatCreated = "live-chat-created", 1;
        /// A live chat was renamed.
        LiveChatRenamed = "live-chat-renamed", 1;
        /// A live chat was deleted.
        LiveChatDeleted = "live-chat-deleted", 1;
        /// A live chat's members changed.
        MembersChanged = "members-changed", 1;
        /// A canned reply was created or changed.
        ReplySaved = "reply-saved", 2;
        /// A canned reply was deleted.
        ReplyDeleted = "reply-deleted", 1;
    }
    Channel as ChannelEvent {
        /// A channel was created and awaits its verification.
        ChannelCreated = "channel-created", 1;
        /// A channel's status or health changed.
        ChannelStatusChanged = "channel-status-changed", 1, reason;
        /// A channel's name, webhook or settings changed.
        ChannelUpdated = "channel-updated", 1;
        /// A channel's confirmation code was replaced.
        CodeRotated = "code-rotated", 1;
        /// A messenger turned out to have the code that a rotation replaced, or the new one after that.
        CodeUsed = "code-used", 1;
        /// Messages were refused because the channel is not active.
        MessagesRefused = "messages-refused", 1;
        /// Notices were delivered or dropped.
        NoticesSettled = "notices-settled", 1;
        /// The clock jumped: what is scheduled at the channel moves along, so that no wait changes.
        ScheduleShifted = "schedule-shifted", 1;
        /// An edit or deletion arrived before its message.
        EditParked = "edit-parked", 2;
        /// A signed request of the messenger was accepted that is not a message. The same request again has
        /// no effect.
        RequestAccepted = "request-accepted", 1;
    }
    Contact as ContactEvent {
        /// A person wrote for the first time, or an operator added them.
        ContactCreated = "contact-created", 2;
        /// A person's profile was requested from the messenger.
        ContactUpdated = "contact-updated", 1;
        /// A person's data was erased: their keys are destroyed.
        ContactForgotten = "contact-forgotten", 1;
    }
    Session as SessionEvent {
        /// A session was opened.
        SessionOpened = "session-opened", 2;
        /// The messenger gave a session's chat another name.
        ChatRenamed = "chat-renamed", 1;
        /// An operator took a session.
        SessionAssigned = "session-assigned", 1;
        /// A session was transferred to another operator or to the queue.
        SessionTransferred = "session-transferred", 1, reason;
        /// A session was closed.
        SessionClosed = "session-closed", 1, reason;
        /// A closed session was opened again.
        SessionReopened = "session-reopened", 1;
        /// A person sent a message.
        MessageReceived = "message-received", 2;
        /// An operator sent a message.
        MessageSent = "message-sent", 1;
        /// An author changed a message.
        MessageEdited = "message-edited", 1;
        /// An author deleted a message.
        MessageDeleted = "message-deleted", 1;
        /// An operator read up to a message.
        MessageRead = "message-read", 1;
        /// An operator left a note for colleagues.
        NoteAdded = "note-added", 1;
        /// A delivery changed its state or was attempted.
        DeliveryChanged = "delivery-changed", 1, reason;
    }
}
