//! What administrators ask: users, live chats and channels.

use std::time::Duration;

use crate::id::{ChannelId, LiveChatId, ReplyId, UserId};
use crate::messenger::outbound::Dialect;
use crate::model::Group;
use crate::rpc::Security;
use crate::secret::Secret;

/// See [`crate::command::Command::LiveChat`].
#[derive(Clone, Debug)]
#[expect(
    missing_docs,
    reason = "the members are those of console-api section 2"
)]
pub enum LiveChatCommand {
    /// `live-chats.create`
    Create { name: String, members: Vec<UserId> },
    /// `live-chats.rename`
    Rename { live_chat: LiveChatId, name: String },
    /// `live-chats.delete`
    Delete { live_chat: LiveChatId, force: bool },
    /// `live-chats.members`
    Members {
        live_chat: LiveChatId,
        users: Vec<UserId>,
    },
    /// `replies.create`
    CreateReply {
        live_chat: LiveChatId,
        shortcut: String,
        text: String,
    },
    /// `replies.update`
    UpdateReply {
        live_chat: LiveChatId,
        reply: ReplyId,
        shortcut: Option<String>,
        text: Option<String>,
    },
    /// `replies.delete`
    DeleteReply {
        live_chat: LiveChatId,
        reply: ReplyId,
    },
}

/// A user to be made. The password was hashed outside: that takes too long for a decision.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// The login.
    pub login: UserId,
    /// What people see.
    pub name: String,
    /// What the user may do.
    pub groups: Vec<Group>,
    /// The argon2id hash of the password.
    pub password_hash: Secret,
}

/// See [`crate::command::Command::User`].
#[derive(Clone, Debug)]
#[expect(
    missing_docs,
    reason = "the members are those of console-api section 2"
)]
pub enum UserCommand {
    /// `users.create`
    Create(NewUser),
    /// `users.update`
    Update {
        user: UserId,
        name: Option<String>,
        groups: Option<Vec<Group>>,
        password_hash: Option<Secret>,
    },
    /// `users.disable`
    Disable { user: UserId, disabled: bool },
    /// `users.token`
    Token { user: UserId, hash: Secret },
}

impl UserCommand {
    /// The user that it is about.
    pub const fn user(&self) -> &UserId {
        match self {
            Self::Create(NewUser { login: user, .. })
            | Self::Update { user, .. }
            | Self::Disable { user, .. }
            | Self::Token { user, .. } => user,
        }
    }
}

/// See [`crate::command::Command::Channel`].
#[derive(Clone, Debug)]
#[expect(
    missing_docs,
    reason = "the members are those of console-api section 2"
)]
pub enum ChannelCommand {
    /// `channels.connect`
    Connect(Connect),
    /// `channels.disconnect`
    Disconnect(ChannelId),
    /// `channels.reconnect`
    Reconnect(ChannelId),
    /// `channels.test`
    Test(ChannelId),
    /// `channels.rename`
    Rename { channel: ChannelId, name: String },
    /// `channels.delete`
    Delete(ChannelId),
    /// `channels.update`
    Update(Update),
    /// `channels.rotate`
    Rotate {
        channel: ChannelId,
        code: Secret,
        overlap: Duration,
    },
}

/// A channel to be made.
#[derive(Clone, Debug)]
pub struct Connect {
    /// The live chat that it will belong to.
    pub live_chat: LiveChatId,
    /// Its name.
    pub name: String,
    /// The messenger's webhook, as it was typed.
    pub webhook: String,
    /// The confirmation code; may be empty only when `security` is open.
    pub code: Secret,
    /// What proof is asked; `None` follows from the code.
    pub security: Option<Security>,
    /// Which members the messenger gets.
    pub dialect: Option<Dialect>,
    /// Whether operators may start sessions; `None` leaves it to the messenger.
    pub operator_initiated: Option<bool>,
}

/// A channel's settings to be changed; what is `None` stays.
#[derive(Clone, Debug)]
pub struct Update {
    /// Which.
    pub channel: ChannelId,
    /// A new webhook: verified before it is used.
    pub webhook: Option<String>,
    /// What proof is asked.
    pub security: Option<Security>,
    /// Which members the messenger gets.
    pub dialect: Option<Dialect>,
    /// Whether operators may start sessions, set by hand.
    pub operator_initiated: Option<bool>,
}
