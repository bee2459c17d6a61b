//! Events of channels.

use serde::{Deserialize, Serialize};

use crate::content::Content;
use crate::digest::Digest;
use crate::id::LiveChatId;
use crate::messenger::outbound::Dialect;
use crate::model::{Capabilities, ChannelStatus, Verified};
use crate::reason::Reason;
use crate::rpc::Security;
use crate::seal::{Indexed, Private};
use crate::secret::Secret;
use crate::time::Timestamp;

/// See [`crate::event::Event::ChannelCreated`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChannelCreated {
    /// The live chat that it belongs to.
    pub live_chat: LiveChatId,
    /// Its name.
    pub name: String,
    /// The messenger's webhook URL, normalised. It identifies the account.
    pub webhook: String,
    /// The confirmation code, sealed under the master key.
    pub code: Private<Secret>,
    /// Whether the code is empty, which only an open channel may have.
    #[serde(default)]
    pub codeless: bool,
    /// The proof that requests of the messenger need.
    pub security: Security,
    /// The dialect of requests to the messenger.
    pub dialect: Dialect,
    /// Whether operators may open sessions; `None` uses the messenger's capabilities.
    pub operator_initiated: Option<bool>,
}

/// See [`crate::event::Event::ChannelStatusChanged`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChannelStatusChanged {
    /// The new status.
    pub status: ChannelStatus,
    /// The cause as text, in events from before typed reasons.
    #[serde(rename = "reason")]
    pub reason_text: Option<String>,
    /// How it was verified, if this is the result of a verification.
    pub verified: Option<Verified>,
    /// The messenger's capabilities, if it reported them.
    pub capabilities: Option<Capabilities>,
    /// Whether the breaker is open: one probe at a time.
    #[serde(default)]
    pub breaker_open: bool,
    /// The cause.
    #[serde(rename = "cause", default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

impl ChannelStatusChanged {
    /// The cause, from the typed reason or the older text.
    pub fn reason(&self) -> Option<Reason> {
        let old = || self.reason_text.as_deref().map(Reason::from_old_text);
        self.reason.clone().or_else(old)
    }
}

/// See [`crate::event::Event::ChannelUpdated`]; `None` means unchanged.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ChannelUpdated {
    /// The new name.
    pub name: Option<String>,
    /// The new webhook, which was verified before this event.
    pub webhook: Option<String>,
    /// The new security.
    pub security: Option<Security>,
    /// The new dialect.
    pub dialect: Option<Dialect>,
    /// Whether operators may open sessions.
    pub operator_initiated: Option<bool>,
}

/// See [`crate::event::Event::CodeRotated`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CodeRotated {
    /// The new code, sealed under the master key.
    pub code: Private<Secret>,
    /// Whether the code is empty, which only an open channel may have.
    #[serde(default)]
    pub codeless: bool,
    /// When the previous code expires.
    pub old_until: Timestamp,
}

/// See [`crate::event::Event::CodeUsed`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeUsed {
    /// Whether it is the code that a rotation replaced.
    pub old: bool,
    /// Whether it proves a request of the messenger, or else one that the messenger accepted.
    pub inbound: bool,
}

/// See [`crate::event::Event::MessagesRefused`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MessagesRefused {
    /// The number of messages since the last such event.
    pub count: u64,
}

/// See [`crate::event::Event::NoticesSettled`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NoticesSettled {
    /// Their numbers within the channel.
    pub notices: Vec<u64>,
    /// Why the messenger rejected the last one, where that says something about the channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Reason>,
}

/// See [`crate::event::Event::ScheduleShifted`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScheduleShifted {
    /// By how much the clock jumped, in milliseconds; negative if it was set back.
    pub by_ms: i64,
}

/// See [`crate::event::Event::EditParked`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EditParked {
    /// The digest of the messenger's id of the missing message. Older events have the id.
    pub external_message_id: Indexed,
    /// The number of the key that seals `text`, because the author is not known yet.
    pub key: u32,
    /// The new content; `None` deletes the message.
    pub text: Option<Private<Content>>,
}

/// See [`crate::event::Event::RequestAccepted`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestAccepted {
    /// A keyed digest of its `webhook-id`.
    pub webhook_id: Digest,
    /// A keyed digest of its content: the same id with other content is a conflict.
    pub digest: Digest,
}
