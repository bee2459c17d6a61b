//! What the system reports: results of requests to messengers, and due times.

use crate::command::NewUser;
use crate::content::Profile;
use crate::event::CodeUsed;
use crate::id::{ChannelId, ContactId, MessageId, TokenId, UserId};
use crate::reason::Reason;
use crate::rpc::AttemptReply;
use crate::secret::Secret;
use crate::verification::{Proof, Purpose};

/// A report of the system.
#[derive(Clone, Debug)]
pub enum SystemCommand {
    /// `switchboard init` created an administrator. Ignored unless the workspace has no users.
    FirstAdministrator(NewUser),
    /// Someone with access to the data directory set the password of a user: its hash.
    ResetPassword(UserId, Secret),
    /// Someone signed in with an API token of a user.
    TokenUsed(UserId, TokenId),
    /// A verification ended.
    Verified(Verification),
    /// A messenger answered a profile request; `None` if it has no profile.
    Profile(ContactId, Option<Profile>),
    /// A user has sessions that the user may not work on.
    ReturnSessions(UserId),
    /// Keys of a contact are lost for good, so that nothing more can be kept under them.
    KeysLost(ContactId),
    /// An attempt at a message is about to start.
    Attempting(MessageId),
    /// An attempt at a message ended.
    Attempted(Attempted),
    /// A message's time to live passed.
    Expire(MessageId),
    /// The notices with these numbers were delivered or given up.
    NoticesSettled(ChannelId, Vec<u64>),
    /// A messenger answered a notice.
    NoticeAnswered(ChannelId),
    /// The broker started: deliveries that wait for a retry at a channel are tried.
    Resume(ChannelId),
    /// The clock jumped by this many milliseconds, or the broker was down for so long: what is scheduled
    /// at a channel moves along.
    ShiftSchedule(ChannelId, i64),
    /// This number of messages was rejected while the channel was not active.
    MessagesRefused(ChannelId, u64),
    /// A messenger rejected the notice with this number, which an administrator should know of.
    NoticeRefused(ChannelId, u64, Reason),
    /// A messenger used one of the codes of a channel.
    CodeUsed(ChannelId, CodeUsed),
}

/// The result of a verification.
#[derive(Clone, Debug)]
pub struct Verification {
    /// The channel.
    pub channel: ChannelId,
    /// The channel's [generation](crate::state::Channel::generation) when the request was sent.
    pub generation: u32,
    /// The purpose of the verification.
    pub purpose: Purpose,
    /// The proof, or the cause of the failure.
    pub result: Result<Proof, Reason>,
}

/// The result of an attempt at a message.
#[derive(Clone, Debug)]
pub struct Attempted {
    /// The message.
    pub message: MessageId,
    /// The channel's [generation](crate::state::Channel::generation) when the attempt started.
    pub generation: u32,
    /// The reply of egress.
    pub reply: AttemptReply,
}
