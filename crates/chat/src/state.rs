//! The nouns as they stand: rows of the [`crate::workspace::Workspace`].

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::id::{ChannelId, ContactId, LiveChatId, MessageId, ReplyId, SessionId, UserId};
use crate::messenger::outbound::Dialect;
use crate::noun::{
    Capabilities, ChannelStatus, DeliveryState, Direction, Group, OpenedBy, SessionStatus, Verified,
};
use crate::role::Security;
use crate::seal::Private;
use crate::secret::Secret;
use crate::time::Timestamp;

/// The end of a stream: what its next event links to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The version of the last event.
    pub version: u64,
    /// Its position.
    pub position: u64,
}

/// A person of the company with a login.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct User {
    /// What people see.
    pub name: String,
    /// What the user may do.
    pub groups: BTreeSet<Group>,
    /// The argon2id hash of the password, sealed under the master key.
    pub password_hash: Private<Secret>,
    /// SHA-256 of the API tokens, sealed under the master key.
    pub tokens: Vec<Private<Secret>>,
    /// Whether the user may not sign in.
    pub disabled: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// The end of its stream.
    pub head: Head,
}

impl User {
    /// Whether the user is in a group.
    pub fn is(&self, group: Group) -> bool {
        self.groups.contains(&group)
    }

    /// Whether the user sees every live chat.
    pub fn sees_all(&self) -> bool {
        self.is(Group::Administrators) || self.is(Group::Supervisors)
    }

    /// Whether the user may work on sessions at all.
    pub fn works(&self) -> bool {
        self.sees_all() || self.is(Group::Operators)
    }
}

/// A desk that operators staff.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LiveChat {
    /// Its name.
    pub name: String,
    /// Who staffs it.
    pub members: BTreeSet<UserId>,
    /// Its canned replies.
    pub replies: BTreeMap<ReplyId, CannedReply>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Whether it is gone.
    pub deleted: bool,
    /// The position of the last event on its feed.
    pub feed_head: u64,
    /// The end of its stream.
    pub head: Head,
}

/// A text that operators use again and again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CannedReply {
    /// What an operator types to get it.
    pub shortcut: String,
    /// What it says.
    pub text: String,
}

/// One connected messenger account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Channel {
    /// The live chat that it belongs to.
    pub live_chat: LiveChatId,
    /// Its name.
    pub name: String,
    /// Where the messenger listens, normalised: this is the account.
    pub webhook: String,
    /// The codes, newest first; the second until its time.
    pub codes: Vec<ChannelCode>,
    /// Goes up with every change of codes or security.
    pub revision: u32,
    /// What proof is asked of the messenger.
    pub security: Security,
    /// Which members the messenger gets.
    pub dialect: Dialect,
    /// Set by hand; `None` leaves it to the messenger.
    pub operator_initiated: Option<bool>,
    /// What the messenger said that it can do.
    pub capabilities: Capabilities,
    /// How it was verified.
    pub verified: Option<Verified>,
    /// Its status.
    pub status: ChannelStatus,
    /// Since when it has this status.
    pub since: Timestamp,
    /// Why, in words.
    pub reason: Option<String>,
    /// Messages refused because it was not active, since it last was.
    pub refused: u64,
    /// When the last attempt failed, and how.
    pub last_error: Option<(Timestamp, String)>,
    /// The last `externalMessageId` accepted.
    pub last_external: Option<String>,
    /// Outbound messages that are not at their end.
    pub pending: u64,
    /// The position of the last attempt's event.
    pub last_attempt: u64,
    /// Edits that wait for their message.
    pub parked: u32,
    /// Who wrote to its people: those whom its messenger may ask about.
    pub operators: BTreeSet<UserId>,
    /// How its attempts go.
    pub breaker: Breaker,
    /// The number of its next notice.
    pub next_notice: u64,
    /// The end of its stream.
    pub head: Head,
}

impl Channel {
    /// Whether operators may start sessions on it.
    pub fn may_initiate(&self) -> bool {
        self.operator_initiated
            .unwrap_or(self.capabilities.operator_initiated)
    }

    /// Whether it holds its account, so that nobody else may connect it.
    pub fn holds_account(&self) -> bool {
        !matches!(self.status, ChannelStatus::Deleted | ChannelStatus::Failed)
    }
}

/// A confirmation code and how long it is good.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChannelCode {
    /// The code, sealed under the master key.
    pub code: Private<Secret>,
    /// Until when; `None` is for as long as nobody changes it.
    pub until: Option<Timestamp>,
}

/// How a channel's attempts go, and what is held back for it (messenger-protocol section 4).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Breaker {
    /// Since when every attempt failed.
    pub failing_since: Option<Timestamp>,
    /// How many have.
    pub failures: u32,
    /// Whether only one probe at a time is let through.
    pub open: bool,
    /// How many probes failed since it opened.
    pub probes: u32,
    /// Before this time nothing is tried: the next probe, or what `Retry-After` asked for.
    pub not_before: Option<Timestamp>,
}

impl Breaker {
    /// So many failures at least open it.
    pub const FAILURES_MIN: u32 = 10;
    /// So long at least they must have lasted.
    pub const FAILING_MIN: Duration = Duration::from_secs(60);
    /// The longest pause between probes.
    pub const PROBE_MAX: Duration = Duration::from_secs(60);
    /// After so long the channel is interrupted.
    pub const GIVE_UP: Duration = Duration::from_hours(24);

    /// The pause before the next probe: 1, 2, 4, … seconds up to [`PROBE_MAX`](Self::PROBE_MAX).
    pub fn pause(&self) -> Duration {
        Duration::from_secs(1_u64 << self.probes.min(6)).min(Self::PROBE_MAX)
    }
}

/// Something besides operators' messages that a messenger is told. Best effort, repeated by the
/// delivery schedule, in the order of their numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    /// What.
    pub kind: NoticeKind,
    /// Since when.
    pub at: Timestamp,
}

/// What a messenger is told or asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum NoticeKind {
    /// `userInfo`
    Profile(ContactId),
    /// `messageOutcome` for an `externalMessageId`, once its author's profile was asked for.
    Outcome(String, ContactId),
    /// `markAsRead` for an `externalMessageId`.
    Read(String),
    /// `session`: chat, session, `opened`, `assigned` or `closed`.
    Session(String, SessionId, String),
    /// `disconnect`
    Disconnect,
}

/// One person of a messenger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Contact {
    /// The channel that knows the person.
    pub channel: ChannelId,
    /// The messenger's id of the person.
    pub external_user_id: Box<str>,
    /// The numbers of the keys that the person's words are sealed under; the first is the one in use.
    pub keys: Vec<u32>,
    /// The position of the last profile; 0 for none.
    pub profile_at: u64,
    /// When the profile was last asked for.
    pub asked_at: Option<Timestamp>,
    /// Whether the answer is still out.
    pub asking: bool,
    /// When the person first wrote.
    pub first_seen_at: Timestamp,
    /// When the person was forgotten.
    pub forgotten: Option<Timestamp>,
    /// The person's sessions, oldest first.
    pub sessions: Vec<SessionId>,
    /// The end of its stream.
    pub head: Head,
}

/// The messenger's conversation, within a channel.
pub type ChatKey = (ChannelId, Box<str>);

/// What is known of a conversation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Chat {
    /// Its open session: at most one, ever.
    pub open: Option<SessionId>,
    /// Its last session, open or not.
    pub last: Option<SessionId>,
    /// Its outbound messages that are not at their end, in the order they were sent.
    pub lane: VecDeque<MessageId>,
}

/// One stretch of work on a chat.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// The live chat that staffs it.
    pub live_chat: LiveChatId,
    /// The chat's channel.
    pub channel: ChannelId,
    /// The person that it was opened for.
    pub contact: ContactId,
    /// The messenger's conversation.
    pub external_chat_id: Box<str>,
    /// Where it stands.
    pub status: SessionStatus,
    /// Who has it, or had it last.
    pub operator: Option<UserId>,
    /// Who opened it.
    pub opened_by: OpenedBy,
    /// When.
    pub opened_at: Timestamp,
    /// The position of the event that opened it.
    pub opened_position: u64,
    /// When it ended.
    pub closed_at: Option<Timestamp>,
    /// Since when the person waits for an answer.
    pub waiting_since: Option<Timestamp>,
    /// When the last message came or went.
    pub last_at: Timestamp,
    /// Inbound messages that no operator has read.
    pub unread: u32,
    /// How many messages it has.
    pub messages: u32,
    /// The session before it on the same chat.
    pub previous: Option<SessionId>,
    /// The end of its stream.
    pub head: Head,
}

impl Session {
    /// The chat that it belongs to.
    pub fn chat(&self) -> ChatKey {
        (self.channel, self.external_chat_id.clone())
    }

    /// Whether work on it goes on.
    pub const fn is_open(&self) -> bool {
        !matches!(self.status, SessionStatus::Closed)
    }

    /// What its view is ordered by: waiting time, last message, or its end.
    pub fn sort_at(&self) -> Timestamp {
        match self.status {
            SessionStatus::Queued => self.waiting_since.unwrap_or(self.opened_at),
            SessionStatus::Assigned => self.last_at,
            SessionStatus::Closed => self.closed_at.unwrap_or(self.last_at),
        }
    }
}

/// One message: where its words are, and how it stands. The words themselves stay in the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// Where it was written.
    pub position: u64,
    /// From whom to whom.
    pub direction: Direction,
    /// The messenger's id of it.
    pub external: Option<Box<str>>,
    /// The digest of what was sent under that id.
    pub digest: [u8; 16],
    /// Who wrote it, when it is not the session's contact or an operator.
    pub author: Option<ContactId>,
    /// The position of its last edit; 0 for none.
    pub edited: u64,
    /// When it was taken back.
    pub deleted: Option<Timestamp>,
    /// Where its delivery stands.
    pub state: Option<DeliveryState>,
    /// The position of the last change of its delivery; 0 for none.
    pub delivery_at: u64,
    /// When it reached the person.
    pub delivered_at: Option<Timestamp>,
    /// How often it was tried.
    pub attempts: u32,
}

/// The delivery of an outbound message, while attempts are still to come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    /// The message's session.
    pub session: SessionId,
    /// Attempts since it was last put in the queue; the schedule counts these.
    pub tries: u32,
    /// When the first of them was made.
    pub first_at: Option<Timestamp>,
    /// When the next is due.
    pub due: Timestamp,
    /// When it is given up.
    pub expires_at: Timestamp,
}

/// An edit or deletion that waits for its message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Parked {
    /// The position of the newest edit, and the number of its key.
    pub edit: Option<(u64, u32)>,
    /// Whether the message was taken back.
    pub deleted: bool,
}
