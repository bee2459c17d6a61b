//! Channels and their notices.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::event::CodeUsed;
use crate::id::{ContactId, LiveChatId, MessageId, SessionId, UserId};
use crate::messenger::outbound::Dialect;
use crate::model::{Capabilities, ChannelStatus, Verified};
use crate::reason::Reason;
use crate::rpc::Security;
use crate::seal::{Indexed, Private};
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
    /// The messenger's webhook URL, normalised. It identifies the account.
    pub webhook: String,
    /// The codes, newest first.
    pub codes: Vec<ChannelCode>,
    /// Where the messenger still uses the code that the last rotation replaced.
    pub old_code: OldCode,
    /// Increments with every change of codes or security.
    pub revision: u32,
    /// Increments with every change of status, verification, webhook or code. The result of a request
    /// from an earlier generation is ignored.
    pub generation: u32,
    /// The proof that requests of the messenger need.
    pub security: Security,
    /// The dialect of requests to the messenger.
    pub dialect: Dialect,
    /// Whether operators may open sessions; `None` uses the messenger's capabilities.
    pub operator_initiated: Option<bool>,
    /// The messenger's capabilities.
    pub capabilities: Capabilities,
    /// How it was verified.
    pub verified: Option<Verified>,
    /// Its status.
    pub status: ChannelStatus,
    /// Since when it has this status.
    pub since: Timestamp,
    /// Why.
    pub reason: Option<Reason>,
    /// Messages refused since it was last active.
    pub refused: u64,
    /// When the last attempt failed or the last notice was rejected, and how.
    pub last_error: Option<(Timestamp, Reason)>,
    /// The last `externalMessageId` accepted, sealed under the key of this author.
    pub last_external: Option<(Indexed, ContactId)>,
    /// Outbound messages whose delivery is pending.
    pub pending: u64,
    /// The position of the last attempt's event.
    pub last_attempt: u64,
    /// The number of parked edits.
    pub parked: u32,
    /// Operators who wrote to its contacts: the messenger may request their names.
    pub operators: BTreeSet<UserId>,
    /// Its circuit breaker.
    pub breaker: Breaker,
    /// Whether an attempt failed since its waiting deliveries were last brought forward.
    pub has_retries: bool,
    /// When a delivery was last brought forward to probe the messenger.
    pub probed_at: Option<Timestamp>,
    /// The number of its next notice.
    pub next_notice: u64,
    /// The number of notices that were dropped because too many waited.
    pub dropped_notices: u64,
    /// The end of its stream.
    pub head: Head,
}

impl Channel {
    /// Whether operators may start sessions on it.
    pub fn may_initiate(&self) -> bool {
        self.operator_initiated
            .unwrap_or(self.capabilities.operator_initiated)
    }

    /// Whether its messenger accepts notices about sessions, which `brix` does not define.
    pub fn supports_sessions(&self) -> bool {
        self.capabilities.sessions && self.dialect == Dialect::Native
    }

    /// Whether its messenger accepts notices about typing, which `brix` does not define.
    pub fn supports_typing(&self) -> bool {
        self.capabilities.typing && self.dialect == Dialect::Native
    }

    /// Whether its messenger did not answer the last attempt in time.
    pub fn is_hanging(&self) -> bool {
        let last_error = self.last_error.as_ref();
        self.breaker.failing_since.is_some()
            && last_error.is_some_and(|(_, reason)| reason.is_timeout())
    }

    /// Whether it occupies its account, so that no other channel may connect to it.
    pub fn holds_account(&self) -> bool {
        !matches!(self.status, ChannelStatus::Deleted | ChannelStatus::Failed)
    }
}

/// A confirmation code and when it is valid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChannelCode {
    /// The code, sealed under the master key.
    pub code: Private<Secret>,
    /// Whether the code is empty. An empty code proves nothing.
    pub empty: bool,
    /// When it became valid.
    pub since: Timestamp,
    /// When it expires; `None` until it is replaced.
    pub until: Option<Timestamp>,
}

/// Since when a messenger uses a code that a rotation replaced.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OldCode {
    /// In its requests.
    pub inbound: Option<Timestamp>,
    /// To check requests that it receives.
    pub outbound: Option<Timestamp>,
}

impl OldCode {
    /// Applies a use at this time. Further uses of the same code change nothing.
    pub(crate) fn apply(&mut self, used: CodeUsed, at: Timestamp) {
        let since = if used.inbound {
            &mut self.inbound
        } else {
            &mut self.outbound
        };
        *since = used.old.then(|| since.unwrap_or(at));
    }

    /// Whether a use is news.
    pub fn is_changed_by(&self, used: CodeUsed) -> bool {
        let since = if used.inbound {
            self.inbound
        } else {
            self.outbound
        };
        used.old != since.is_some()
    }

    /// The first use, in either direction.
    pub fn since(&self) -> Option<Timestamp> {
        self.inbound.into_iter().chain(self.outbound).min()
    }
}

/// A circuit breaker: holds back the deliveries of a channel whose attempts fail.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Breaker {
    /// When the current run of failures began.
    pub failing_since: Option<Timestamp>,
    /// The number of failures in this run.
    pub failures: u32,
    /// Whether it is open: only one probe at a time.
    pub open: bool,
    /// The number of probes that failed since it opened.
    pub probes: u32,
    /// The earliest time of the next probe.
    pub not_before: Option<Timestamp>,
    /// The end of the pause that the messenger requested with `Retry-After`.
    pub paused_until: Option<Timestamp>,
}

impl Breaker {
    /// The fewest failures that open it.
    pub const FAILURES_MIN: u32 = 10;
    /// The shortest run of failures that opens it.
    pub const FAILING_MIN: Duration = Duration::from_mins(1);
    /// The longest pause between probes.
    pub const PROBE_MAX: Duration = Duration::from_mins(1);
    /// The length of a run of failures that interrupts the channel.
    pub const GIVE_UP: Duration = Duration::from_hours(24);

    /// The pause before the next probe: 1, 2, 4, … seconds up to [`PROBE_MAX`](Self::PROBE_MAX).
    pub fn pause(&self) -> Duration {
        Duration::from_secs(1_u64 << self.probes.min(6)).min(Self::PROBE_MAX)
    }
}

/// A request to a messenger that is not a message. Notices are sent in the order of their numbers,
/// are retried by the delivery schedule, and may be dropped.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    /// The kind of notice.
    pub kind: NoticeKind,
    /// When it was queued.
    pub at: Timestamp,
}

/// The kind of a notice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum NoticeKind {
    /// `userInfo`
    Profile(ContactId),
    /// `messageOutcome` for an `externalMessageId`, sealed under the key of this author, sent after the
    /// request for the author's profile.
    Outcome(Indexed, ContactId),
    /// `markAsRead` for an inbound message.
    Read(MessageId),
    /// `session`: the digest of the chat's id, session, `opened`, `assigned` or `closed`.
    Session(Digest, SessionId, String),
    /// `disconnect`
    Disconnect,
}

impl NoticeKind {
    /// The `type` of the request.
    pub const fn request_type(&self) -> &'static str {
        match self {
            Self::Profile(_) => "userInfo",
            Self::Outcome(..) => "messageOutcome",
            Self::Read(_) => "markAsRead",
            Self::Session(..) => "session",
            Self::Disconnect => "disconnect",
        }
    }
}
