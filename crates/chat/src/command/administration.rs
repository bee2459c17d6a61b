//! Commands of administrators on users, live chats and channels.

use std::time::Duration;

use crate::id::{ChannelId, LiveChatId, ReplyId, TokenId, UserId};
use crate::messenger::outbound::Dialect;
use crate::model::Group;
use crate::rpc::Security;
use crate::secret::Secret;

/// See [`crate::command::Command::LiveChat`].
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "docs/console-api describes the parameters")]
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

/// A user to create. The password is hashed beforehand because hashing is too slow for a decision.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// The login.
    pub login: UserId,
    /// The display name.
    pub name: String,
    /// The groups, which give the rights.
    pub groups: Vec<Group>,
    /// The argon2id hash of the password.
    pub password_hash: Secret,
}

/// An API token to issue. It is drawn beforehand because only its hash is stored.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// The user who may sign in with it.
    pub user: UserId,
    /// Its id.
    pub id: TokenId,
    /// Its name; [`TOKEN_NAME`](crate::rules::TOKEN_NAME) by default.
    pub name: Option<String>,
    /// Its [hash](crate::password::token::hash).
    pub hash: Secret,
}

/// See [`crate::command::Command::User`].
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "docs/console-api describes the parameters")]
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
    Token(NewToken),
    /// `users.token-revoke`; all tokens without a `token`
    RevokeTokens {
        user: UserId,
        token: Option<TokenId>,
    },
}

impl UserCommand {
    /// Returns the user that the command changes.
    pub const fn user(&self) -> &UserId {
        match self {
            Self::Create(NewUser { login: user, .. })
            | Self::Update { user, .. }
            | Self::Disable { user, .. }
            | Self::Token(NewToken { user, .. })
            | Self::RevokeTokens { user, .. } => user,
        }
    }
}

/// See [`crate::command::Command::Channel`].
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "docs/console-api describes the parameters")]
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

/// A channel to create.
#[derive(Clone, Debug)]
pub struct Connect {
    /// The owning live chat.
    pub live_chat: LiveChatId,
    /// Its name.
    pub name: String,
    /// The messenger's webhook URL, not yet normalized.
    pub webhook: String,
    /// The confirmation code; may be empty only when `security` is open.
    pub code: Secret,
    /// The required proof; `None` derives it from the code.
    pub security: Option<Security>,
    /// The dialect of outbound requests.
    pub dialect: Option<Dialect>,
    /// Whether operators may start sessions; `None` uses the messenger's capability.
    pub operator_initiated: Option<bool>,
}

/// New settings of a channel. `None` keeps the current one.
#[derive(Clone, Debug)]
pub struct Update {
    /// The channel.
    pub channel: ChannelId,
    /// A new webhook, verified before use.
    pub webhook: Option<String>,
    /// The required proof.
    pub security: Option<Security>,
    /// The dialect of outbound requests.
    pub dialect: Option<Dialect>,
    /// Whether operators may start sessions.
    pub operator_initiated: Option<bool>,
}
