//! What the roles say to each other over the bus, as `MessagePack` maps. Nobody outside reads it.

use serde::{Deserialize, Serialize};

use crate::id::{ChannelId, LiveChatId, MessageId, SessionId, UserId};
use crate::messenger::Inbound;
use crate::reason::Reason;
use crate::rejection::Rejection;
use crate::secret::Secret;
use crate::time::Timestamp;

/// Ingress asks how requests for a channel prove themselves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccessRequest {
    /// The channel in the request's path.
    pub channel: ChannelId,
}

/// How requests for a channel prove themselves. Ingress may keep it: the router refuses what was
/// checked against an older `revision`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Access {
    /// Goes up with every change of the channel's codes or security.
    pub revision: u32,
    /// The codes that are good, newest first.
    pub codes: Vec<ConfirmationCode>,
    /// What proof is asked for.
    pub security: Security,
}

/// A confirmation code and how long it is good.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConfirmationCode {
    /// The code.
    pub code: Secret,
    /// Until when, for the one that a rotation replaced.
    pub until: Option<Timestamp>,
}

impl Access {
    /// The codes that are good at this time, newest first.
    pub fn codes_at(&self, now: Timestamp) -> impl Iterator<Item = &Secret> + Clone {
        self.codes
            .iter()
            .filter(move |c| c.until.is_none_or(|until| now < until))
            .map(|c| &c.code)
    }
}

/// What proof a channel asks of its messenger (messenger-protocol section 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// A signature on every request.
    Signed,
    /// A signature, or the code as `token` in the body.
    Token,
    /// Nothing: chosen in words by an administrator; the code may be empty.
    Open,
}

/// Ingress passes on what a messenger said, once it is verified. A question is a list of them, all that
/// came at the same time, and its answer the list of their [`InboundReply`]s: each is served by itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InboundRequest {
    /// The channel in the request's path.
    pub channel: ChannelId,
    /// The [`Access::revision`] that the request was verified against.
    pub revision: u32,
    /// What was said.
    pub inbound: Inbound,
}

/// The router's answer, sent after everything that it rests on is durable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum InboundReply {
    /// Done; nothing to tell.
    Done,
    /// The message is on stable storage.
    Accepted(Accepted),
    /// Who an operator is, for a `userInfo` request.
    User(UserCard),
    /// The rules said no.
    Rejected(Rejection),
    /// The request was verified against codes that are no longer the channel's: verify again.
    Stale,
}

/// Where an inbound message ended up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Accepted {
    /// Our id of the message.
    pub message_id: MessageId,
    /// The session that it belongs to.
    pub session_id: SessionId,
    /// Its position in the log.
    pub position: u64,
    /// Whether it had been accepted before; then this is the first result again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub duplicate: bool,
}

/// What a messenger may know of an operator who wrote to its channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserCard {
    /// The user's id.
    pub id: UserId,
    /// The user's name.
    pub username: String,
}

/// Ingress asks how a channel is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HealthRequest {
    /// The channel.
    pub channel: ChannelId,
    /// The [`Access::revision`] that the request was verified against.
    pub revision: u32,
}

/// The router's answer to a [`HealthRequest`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum HealthReply {
    /// How it is.
    Health(Health),
    /// The rules said no.
    Rejected(Rejection),
    /// Verify again.
    Stale,
}

/// How a channel is, as its own messenger may know (messenger-protocol section 6).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Health {
    /// The channel's status.
    pub status: String,
    /// Outbound messages that are not yet at their end.
    pub pending_deliveries: u64,
    /// When the last attempt failed.
    pub last_error_at: Option<Timestamp>,
    /// How it failed.
    pub last_error: Option<String>,
    /// The last `externalMessageId` accepted.
    pub last_message_id: Option<String>,
    /// Members of the live chat whose console spoke to us within the last two minutes.
    pub operators_online: u32,
}

/// The console role asks about somebody who wants to sign in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum LoginRequest {
    /// By login; the password is checked against the hash in the answer.
    Password(UserId),
    /// By API token: its SHA-256, lower-case hex.
    Token(String),
}

/// A user who may sign in, if the proof holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Login {
    /// The user's id.
    pub user: UserId,
    /// The argon2id hash of the password (PHC string).
    pub password_hash: Secret,
    /// The live chats whose feed the user may read; `None` is all of them.
    pub feeds: Option<Vec<LiveChatId>>,
    /// Whether the user may read the audit trail.
    pub audit: bool,
    /// The position of the log that this is as of: no change up to it is missing.
    pub as_of: u64,
}

/// The answer to a [`LoginRequest`]; `None` when there is no such user, or it is disabled.
pub type LoginReply = Option<Login>;

/// The console role says who could listen to the feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audience {
    /// Whether anybody but the roles is connected, or may be.
    pub anybody: bool,
}

/// The router asks egress for one HTTP attempt at a webhook.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttemptRequest {
    /// The channel's webhook.
    pub url: String,
    /// `webhook-id`: the same on every attempt at the same thing.
    pub id: String,
    /// What to sign with, newest first; none for an open channel with an empty code.
    pub codes: Vec<Secret>,
    /// The body, as it goes.
    #[serde(with = "serde_bytes")]
    pub body: Vec<u8>,
    /// The bound of the whole attempt, in milliseconds.
    pub timeout_ms: u32,
}

/// What became of one attempt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttemptReply {
    /// How long it took, in milliseconds.
    pub ms: u32,
    /// How it ended.
    pub outcome: Outcome,
}

/// How one attempt ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Outcome {
    /// The messenger answered.
    Answered {
        /// The HTTP status.
        status: u16,
        /// `Retry-After`, in seconds.
        retry_after: Option<u64>,
        /// The answer, cut at [`ANSWER_BYTES_MAX`].
        #[serde(with = "serde_bytes")]
        answer: Vec<u8>,
    },
    /// It did not.
    Failed(Reason),
}

/// How much of an answer is read (messenger-protocol section 4).
pub const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// The bound of connecting (messenger-protocol section 4).
pub const CONNECT_TIMEOUT_MS: u32 = 3_000;
/// The bound of a whole attempt (messenger-protocol section 4).
pub const ATTEMPT_TIMEOUT_MS: u32 = 10_000;
