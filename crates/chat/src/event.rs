//! Everything that can have happened. Kinds and schemas outlive the Rust names.
//!
//! A body is a `MessagePack` map with named fields. Adding an optional field (`#[serde(default)]`) is
//! free; anything else raises the schema, and the old shape moves to [`crate::history`].

use serde::{Deserialize, Serialize};

use crate::chance::Chance;
use crate::codec;
use crate::content::{Content, Profile};
use crate::id::{ChannelId, ContactId, LiveChatId, MessageId, ReplyId, SessionId, UserId};
use crate::messenger::outbound::Dialect;
use crate::noun::{Capabilities, ChannelStatus, DeliveryState, Group, OpenedBy, Verified};
use crate::role::Security;
use crate::seal::{Private, SealKey};
use crate::secret::Secret;
use crate::time::Timestamp;

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

/// See [`Event::UserCreated`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UserCreated {
    /// What people see.
    pub name: String,
    /// What the user may do.
    pub groups: Vec<Group>,
    /// The argon2id hash of the password, sealed under the master key.
    pub password_hash: Private<Secret>,
}

/// See [`Event::UserUpdated`]; what is `None` stays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UserUpdated {
    /// The new name.
    pub name: Option<String>,
    /// The new groups.
    pub groups: Option<Vec<Group>>,
    /// The new password's hash, sealed under the master key.
    pub password_hash: Option<Private<Secret>>,
}

/// See [`Event::UserDisabled`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UserDisabled {
    /// Whether the user is disabled now; `false` undoes it.
    pub disabled: bool,
}

/// See [`Event::TokenIssued`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TokenIssued {
    /// SHA-256 of the token, sealed under the master key.
    pub hash: Private<Secret>,
}

/// See [`Event::LiveChatCreated`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LiveChatCreated {
    /// Its name.
    pub name: String,
    /// Who staffs it.
    pub members: Vec<UserId>,
}

/// See [`Event::LiveChatRenamed`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LiveChatRenamed {
    /// Its new name.
    pub name: String,
}

/// See [`Event::LiveChatDeleted`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LiveChatDeleted {}

/// See [`Event::MembersChanged`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MembersChanged {
    /// The whole new list.
    pub members: Vec<UserId>,
}

/// See [`Event::ReplySaved`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReplySaved {
    /// Which one.
    pub reply: ReplyId,
    /// What an operator types to get it.
    pub shortcut: String,
    /// What it says.
    pub text: String,
}

/// See [`Event::ReplyDeleted`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReplyDeleted {
    /// Which one.
    pub reply: ReplyId,
}

/// See [`Event::ChannelCreated`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChannelCreated {
    /// The live chat that it belongs to.
    pub live_chat: LiveChatId,
    /// Its name.
    pub name: String,
    /// Where the messenger listens, normalised: this is the account.
    pub webhook: String,
    /// The confirmation code, sealed under the master key.
    pub code: Private<Secret>,
    /// What proof is asked of the messenger.
    pub security: Security,
    /// Which members the messenger gets.
    pub dialect: Dialect,
    /// Set by hand for a messenger that cannot say it; `None` leaves it to the messenger.
    pub operator_initiated: Option<bool>,
}

/// See [`Event::ChannelStatusChanged`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChannelStatusChanged {
    /// What it is now.
    pub status: ChannelStatus,
    /// Why, in words.
    pub reason: Option<String>,
    /// How it was verified, when it just was.
    pub verified: Option<Verified>,
    /// What the messenger can do, when it just said so.
    pub capabilities: Option<Capabilities>,
    /// Whether deliveries are held back to one probe at a time.
    #[serde(default)]
    pub breaker_open: bool,
}

/// See [`Event::ChannelUpdated`]; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ChannelUpdated {
    /// The new name.
    pub name: Option<String>,
    /// The new webhook, verified before this was written.
    pub webhook: Option<String>,
    /// What proof is asked from now on.
    pub security: Option<Security>,
    /// Which members the messenger gets from now on.
    pub dialect: Option<Dialect>,
    /// Whether operators may start sessions, set by hand.
    pub operator_initiated: Option<bool>,
}

/// See [`Event::CodeRotated`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CodeRotated {
    /// The new code, sealed under the master key.
    pub code: Private<Secret>,
    /// Until when the one before stays good.
    pub old_until: Timestamp,
}

/// See [`Event::MessagesRefused`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MessagesRefused {
    /// How many since the last such event.
    pub count: u64,
}

/// See [`Event::NoticesSettled`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NoticesSettled {
    /// Which, by the numbers that the channel gave them.
    pub notices: Vec<u64>,
}

/// See [`Event::EditParked`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EditParked {
    /// The message that it waits for.
    pub external_message_id: String,
    /// The number of the key that `text` is sealed under: its author is not known yet.
    pub key: u32,
    /// What the message says now; `None` takes it back.
    pub text: Option<Private<Content>>,
}

/// See [`Event::ContactCreated`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ContactCreated {
    /// The channel that knows the person.
    pub channel: ChannelId,
    /// The messenger's id of the person.
    pub external_user_id: String,
    /// The number of the key that the person's words are sealed under.
    pub key: u32,
}

/// See [`Event::ContactUpdated`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ContactUpdated {
    /// What the messenger said of the person; `None` when it said nothing.
    pub profile: Option<Private<Profile>>,
}

/// See [`Event::ContactForgotten`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ContactForgotten {}

/// See [`Event::SessionOpened`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SessionOpened {
    /// The channel of the chat.
    pub channel: ChannelId,
    /// The person that it was opened for.
    pub contact: ContactId,
    /// The messenger's conversation.
    pub external_chat_id: String,
    /// What the conversation is called, sealed under the contact's key.
    pub chat_name: Option<Private<String>>,
    /// Who opened it; by an operator, it is that operator's from the start.
    pub opened_by: OpenedBy,
    /// The operator who opened it.
    pub operator: Option<UserId>,
    /// The session before it on the same chat.
    pub previous: Option<SessionId>,
}

/// See [`Event::SessionAssigned`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SessionAssigned {
    /// To whom.
    pub operator: UserId,
}

/// See [`Event::SessionTransferred`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SessionTransferred {
    /// To whom; `None` is the queue.
    pub operator: Option<UserId>,
    /// What colleagues should know, sealed under the contact's key.
    pub note: Option<Private<String>>,
}

/// See [`Event::SessionClosed`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SessionClosed {
    /// Why, when it was not an operator.
    pub reason: Option<String>,
}

/// See [`Event::MessageReceived`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MessageReceived {
    /// Our id of it.
    pub message: MessageId,
    /// Who wrote it.
    pub contact: ContactId,
    /// The messenger's id of it.
    pub external_message_id: String,
    /// What was written, sealed under the author's key.
    pub content: Private<Content>,
    /// When, by the messenger's clock, or by ours when it does not say.
    pub created_at: Timestamp,
    /// The message that it answers.
    pub reply_to: Option<MessageId>,
    /// [`crate::messenger::InboundMessage::digest`].
    pub digest: [u8; 16],
}

/// See [`Event::MessageSent`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MessageSent {
    /// Its id.
    pub message: MessageId,
    /// Who wrote it.
    pub operator: UserId,
    /// What was written, sealed under the contact's key.
    pub content: Private<Content>,
    /// The message that it answers.
    pub reply_to: Option<MessageId>,
    /// When its delivery is given up.
    pub expires_at: Timestamp,
}

/// See [`Event::MessageEdited`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MessageEdited {
    /// Which message.
    pub message: MessageId,
    /// What it says now, sealed under the author's key; `None` when it is at `parked`.
    pub content: Option<Private<Content>>,
    /// The position of the [`EditParked`] that this one takes up, and the number of its key.
    #[serde(default)]
    pub parked: Option<(u64, u32)>,
}

/// See [`Event::MessageDeleted`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MessageDeleted {
    /// Which message.
    pub message: MessageId,
}

/// See [`Event::MessageRead`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MessageRead {
    /// The last message that was read.
    pub message: MessageId,
}

/// See [`Event::NoteAdded`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NoteAdded {
    /// Its id.
    pub message: MessageId,
    /// Who wrote it.
    pub operator: UserId,
    /// What was written, sealed under the contact's key.
    pub content: Private<Content>,
}

/// See [`Event::DeliveryChanged`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeliveryChanged {
    /// Which message.
    pub message: MessageId,
    /// Where its delivery stands now.
    pub state: DeliveryState,
    /// How often it has been tried, this time included.
    pub attempts: u32,
    /// When it is tried next; `None` while one is under way or no more will come.
    pub next_attempt_at: Option<Timestamp>,
    /// When it is given up.
    pub expires_at: Timestamp,
    /// Why it stands so, in words.
    pub reason: Option<String>,
    /// The HTTP status of the last answer.
    pub status: Option<u16>,
    /// The attempt that brought this about.
    pub attempt: Option<Attempt>,
    /// Whether it was put back by hand: attempts count on, the schedule begins anew.
    #[serde(default)]
    pub requeued: bool,
    /// Until when the messenger asked to be left alone.
    #[serde(default)]
    pub pause_until: Option<Timestamp>,
}

/// One attempt at a messenger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attempt {
    /// How long it took, in milliseconds.
    pub ms: u32,
    /// Why there was no answer.
    pub error: Option<String>,
    /// The start of the answer, sealed under the contact's key: it may repeat the person's words.
    pub answer: Option<Private<String>>,
    /// The position of the channel's attempt before this one: attempts are a list through the log.
    pub previous: u64,
}

impl Event {
    /// Seals whatever is private: `key` is the key of the person whose words they are, `master` the
    /// data directory's.
    pub fn seal(
        &mut self,
        key: Option<&SealKey>,
        master: &SealKey,
        context: &[u8],
        chance: &mut Chance,
    ) {
        /// Seals one field when there is a key for it.
        macro_rules! seal {
            ($key:expr, $field:expr) => {
                if let Some(key) = $key {
                    $field.seal(key, context, chance);
                }
            };
        }
        match self {
            Self::UserCreated(e) => seal!(Some(master), e.password_hash),
            Self::UserUpdated(UserUpdated {
                password_hash: Some(hash),
                ..
            }) => seal!(Some(master), hash),
            Self::TokenIssued(e) => seal!(Some(master), e.hash),
            Self::ChannelCreated(e) => seal!(Some(master), e.code),
            Self::CodeRotated(e) => seal!(Some(master), e.code),
            Self::EditParked(EditParked {
                text: Some(text), ..
            }) => seal!(key, text),
            Self::ContactUpdated(ContactUpdated {
                profile: Some(profile),
            }) => seal!(key, profile),
            Self::SessionOpened(SessionOpened {
                chat_name: Some(name),
                ..
            }) => seal!(key, name),
            Self::SessionTransferred(SessionTransferred {
                note: Some(note), ..
            }) => seal!(key, note),
            Self::MessageReceived(e) => seal!(key, e.content),
            Self::MessageSent(e) => seal!(key, e.content),
            Self::MessageEdited(MessageEdited {
                content: Some(content),
                ..
            }) => seal!(key, content),
            Self::NoteAdded(e) => seal!(key, e.content),
            Self::DeliveryChanged(DeliveryChanged {
                attempt:
                    Some(Attempt {
                        answer: Some(answer),
                        ..
                    }),
                ..
            }) => seal!(key, answer),
            _ => {}
        }
    }
}
