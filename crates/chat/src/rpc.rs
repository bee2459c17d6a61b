//! Requests and responses between the roles over the bus, as `MessagePack` maps.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::{ChannelId, LiveChatId, MessageId, SessionId, UserId};
use crate::messenger::Inbound;
use crate::reason::Reason;
use crate::rejection::Rejection;
use crate::secret::Secret;
use crate::state::Message;
use crate::time::Timestamp;

/// Ingress requests the codes and security of a channel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccessRequest {
    /// The channel in the request's path.
    pub channel: ChannelId,
}

/// The codes and security of a channel. Ingress may cache them: the router rejects requests that were
/// verified against an older `revision`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Access {
    /// Goes up with every change of the channel's codes or security.
    pub revision: u32,
    /// The valid codes, newest first.
    pub codes: Vec<ConfirmationCode>,
    /// The proof that requests need.
    pub security: Security,
}

/// A confirmation code and when it expires.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConfirmationCode {
    /// The code.
    pub code: Secret,
    /// When it expires, if a rotation replaced it.
    pub until: Option<Timestamp>,
}

impl Access {
    /// The codes that are valid at this time, newest first.
    pub fn codes_at(&self, now: Timestamp) -> impl Iterator<Item = &Secret> + Clone {
        self.codes
            .iter()
            .filter(move |c| crate::rules::is_code_valid(c.until, now))
            .map(|c| &c.code)
    }
}

/// The proof that requests of a channel's messenger need (docs/messenger-protocol.md).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// A signature on every request.
    Signed,
    /// A signature, or the code as `token` in the body.
    Token,
    /// Nothing. An administrator must choose this explicitly; the code may be empty.
    Open,
}

/// Ingress forwards a verified request of a messenger. A bus request is a list of those that arrived
/// together, and the response is the list of their [`InboundReply`]s; each succeeds or fails alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InboundRequest {
    /// The channel in the request's path.
    pub channel: ChannelId,
    /// The [`Access::revision`] that the request was verified against.
    pub revision: u32,
    /// The messenger's request.
    pub inbound: Inbound,
    /// Whether a code proved it that a rotation replaced; `None` if it needed no proof.
    #[serde(default)]
    pub old_code: Option<bool>,
    /// Its `webhook-id`, if a signature proved it.
    #[serde(default)]
    pub webhook_id: Option<String>,
}

/// The router's response, sent after the events it depends on are durable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum InboundReply {
    /// Done, without a result.
    Done,
    /// Done when the same signed request arrived before.
    Repeated,
    /// The message is on stable storage.
    Accepted(Accepted),
    /// Who an operator is, for a `userInfo` request.
    User(UserCard),
    /// The request was rejected.
    Rejected(Rejection),
    /// The request was verified against outdated codes: verify again.
    Stale,
}

/// The result of an accepted inbound message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Accepted {
    /// The id of the message.
    pub message_id: MessageId,
    /// The session that it belongs to.
    pub session_id: SessionId,
    /// Its position in the log.
    pub position: u64,
    /// Whether it had been accepted before; this is then the first result.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub duplicate: bool,
    /// Whether it is a message of an operator that the messenger sent back; this is then that message.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub echo: bool,
}

impl Accepted {
    /// The result of a message that is known.
    pub const fn of(message: &Message) -> Self {
        Self {
            message_id: message.id,
            session_id: message.session,
            position: message.position,
            duplicate: false,
            echo: false,
        }
    }
}

/// What a messenger may know of an operator who wrote to its channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserCard {
    /// The user's id.
    pub id: UserId,
    /// The user's name.
    pub username: String,
}

/// Ingress requests the health of a channel.
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
    /// The channel's health.
    Health(Health),
    /// The request was rejected.
    Rejected(Rejection),
    /// Verify again.
    Stale,
}

/// The health of a channel, as shown to its messenger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Health {
    /// The channel's status.
    pub status: String,
    /// Outbound messages that are not yet accepted, failed or expired.
    pub pending_deliveries: u64,
    /// When the last attempt failed.
    pub last_error_at: Option<Timestamp>,
    /// How it failed.
    pub last_error: Option<String>,
    /// The last `externalMessageId` accepted.
    pub last_message_id: Option<String>,
    /// Members of the live chat whose console sent a request within the last two minutes.
    pub operators_online: u32,
}

/// The console role requests the user who signs in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum LoginRequest {
    /// By login; the console checks the password against the hash in the response.
    Password(UserId),
    /// By API token: its SHA-256, lower-case hex.
    Token(String),
}

/// A user who may sign in with the right password or token.
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
    /// The position of the log up to which this includes every change.
    pub as_of: u64,
}

/// The response to a [`LoginRequest`]; `None` if the user does not exist or is disabled.
pub type LoginReply = Option<Login>;

/// A session router claims to be the only one of its workspace. All session routers of the workspace
/// get it, including the sender.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaseClaim {
    /// The sender.
    pub owner: LeaseOwner,
    /// What the sender is.
    pub standing: Standing,
    /// When it was sent, in microseconds by a clock that only the sender can read.
    pub sent_us: u64,
}

/// How strong a claim is, strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// It serves the workspace.
    Holder,
    /// It served the workspace, until it heard nothing of its claims for too long.
    Former,
    /// It starts.
    Starting,
}

/// A running session router.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaseOwner {
    /// When it started.
    pub since: Timestamp,
    /// A random number that identifies it.
    pub id: u64,
    /// Its machine.
    pub host: String,
    /// Its data directory.
    pub data: String,
    /// Its process id.
    pub pid: u32,
}

impl fmt::Display for LeaseOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            since,
            id: _,
            host,
            data,
            pid,
        } = self;
        write!(
            f,
            "process {pid} on {host} with the data directory {data}, since {since}"
        )
    }
}

/// Someone with access to the data directory sets a user's password.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResetPassword {
    /// The user.
    pub user: UserId,
    /// The argon2id hash of the new password.
    pub password_hash: Secret,
}

/// The console role reports whether the feed has subscribers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audience {
    /// Whether anybody but the roles is connected, or may be.
    pub anybody: bool,
    /// The connected users; `None` if they are not all known.
    #[serde(default)]
    pub users: Option<Vec<UserId>>,
}

/// The router requests one HTTP attempt at a webhook from egress. One message has a list of them, and
/// gets several replies, each with the [`AttemptReply`]s of those that have ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttemptRequest {
    /// The channel's webhook.
    pub url: String,
    /// `webhook-id`: the same for every attempt of one message or notice.
    pub id: String,
    /// The codes to sign with, newest first; none for an open channel with an empty code.
    pub codes: Vec<Secret>,
    /// The body of the request.
    #[serde(with = "serde_bytes")]
    pub body: Vec<u8>,
    /// The body with the old code as `token`, while a code is being rotated. It is sent if the messenger
    /// answers `body` with 401.
    #[serde(with = "serde_bytes", default)]
    pub old_body: Option<Vec<u8>>,
    /// The timeout of the whole attempt, in milliseconds.
    pub timeout_ms: u32,
    /// Whether it requests a profile. A response is then read up to [`PROFILE_BYTES_MAX`] and
    /// [reduced](crate::messenger::lenient::reduced) to the profile in it.
    #[serde(default)]
    pub is_profile: bool,
}

/// The result of one attempt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttemptReply {
    /// How long it took, in milliseconds.
    pub ms: u32,
    /// How it ended.
    pub outcome: Outcome,
    /// Whether the messenger accepted it with the code that a rotation replaced; `None` if it did not
    /// accept it, or if that cannot be known.
    #[serde(default)]
    pub old_code: Option<bool>,
}

/// The attempts of a message that have ended, by their number in it.
pub type AttemptReplies = Vec<(u32, AttemptReply)>;

/// How one attempt ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Outcome {
    /// The messenger answered.
    Answered {
        /// The HTTP status.
        status: u16,
        /// `Retry-After`, in seconds.
        retry_after: Option<u64>,
        /// The body of the response, truncated to [`ANSWER_BYTES_MAX`].
        #[serde(with = "serde_bytes")]
        answer: Vec<u8>,
    },
    /// There was no response.
    Failed(Reason),
}

impl Outcome {
    /// The HTTP status, if the messenger answered.
    pub const fn status(&self) -> Option<u16> {
        match self {
            Self::Answered { status, .. } => Some(*status),
            Self::Failed(_) => None,
        }
    }
}

/// The most bytes of a response that are read.
pub const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// The most bytes of a response with a profile that are read.
pub const PROFILE_BYTES_MAX: usize = 1024 * 1024;
/// The timeout of a connect, in milliseconds.
pub const CONNECT_TIMEOUT_MS: u32 = 3_000;
/// The timeout of a whole attempt, in milliseconds.
pub const ATTEMPT_TIMEOUT_MS: u32 = 10_000;
