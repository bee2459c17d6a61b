//! Connected messenger accounts, and what they are told.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::id::{ContactId, LiveChatId, SessionId, UserId};
use crate::messenger::outbound::Dialect;
use crate::model::{Capabilities, ChannelStatus, Verified};
use crate::reason::Reason;
use crate::rpc::Security;
use crate::seal::Private;
use crate::secret::Secret;
use crate::state::Head;
use crate::time::Timestamp;

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
    /// Goes up with whatever makes the channel another one for its messenger: another status, a new
    /// proof, another webhook, a new code. An answer to what was asked before says nothing of it.
    pub generation: u32,
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
    /// Why.
    pub reason: Option<Reason>,
    /// Messages refused because it was not active, since it last was.
    pub refused: u64,
    /// When the last attempt failed, and how.
    pub last_error: Option<(Timestamp, Reason)>,
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

    /// Whether its messenger is told how sessions go: it can show it, and its dialect has words for
    /// it, which the plain one has not.
    pub fn hears_of_sessions(&self) -> bool {
        self.capabilities.sessions && self.dialect == Dialect::Native
    }

    /// Whether its messenger is told that an operator is writing; as above.
    pub fn hears_of_typing(&self) -> bool {
        self.capabilities.typing && self.dialect == Dialect::Native
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
    /// Whether it is none at all: it proves nothing.
    pub empty: bool,
    /// Since when it is good.
    pub since: Timestamp,
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
    pub const FAILING_MIN: Duration = Duration::from_mins(1);
    /// The longest pause between probes.
    pub const PROBE_MAX: Duration = Duration::from_mins(1);
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
