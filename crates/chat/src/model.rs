//! The enums of the domain, as stored in the log and shown by the API.

use serde::{Deserialize, Serialize};

/// What a user may do, by group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Group {
    /// Change live chats, channels and users; see everything.
    Administrators,
    /// See and work on every session; change canned replies.
    Supervisors,
    /// Work on the sessions of the live chats that they are members of.
    Operators,
    /// Read the sessions of their live chats, and change nothing.
    Readers,
}

/// The status of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChannelStatus {
    /// Being verified.
    Pending,
    /// Verified; messages are accepted and delivered.
    Active,
    /// Disconnected by an administrator or the messenger.
    Disconnected,
    /// Disconnected by Switchboard.
    Interrupted,
    /// Never verified.
    Failed,
    /// It was deleted.
    Deleted,
}

impl ChannelStatus {
    /// The status, as the API names it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Disconnected => "disconnected",
            Self::Interrupted => "interrupted",
            Self::Failed => "failed",
            Self::Deleted => "deleted",
        }
    }
}

/// How a channel was verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verified {
    /// By the right answer to the challenge.
    Challenge,
    /// By a 200 alone.
    Status,
}

/// The status of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SessionStatus {
    /// No operator is assigned.
    Queued,
    /// An operator is assigned.
    Assigned,
    /// It ended.
    Closed,
}

impl SessionStatus {
    /// The status of a session that is not closed.
    pub const fn open(has_operator: bool) -> Self {
        if has_operator {
            Self::Assigned
        } else {
            Self::Queued
        }
    }
}

/// Who opened a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OpenedBy {
    /// The messenger's user, by writing.
    User,
    /// An operator.
    Operator,
}

/// The kind of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// From the messenger's user.
    Inbound,
    /// From an operator.
    Outbound,
    /// From an operator to colleagues; it is not sent to the messenger.
    Note,
    /// From the system.
    System,
}

/// The state of a delivery. A retry by a user starts again at `Queued`, and the messenger's report that
/// the message arrived is believed even after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeliveryState {
    /// Waiting for its first attempt.
    Queued,
    /// At least one attempt was started.
    Sending,
    /// The messenger answered 2xx.
    Accepted,
    /// It reached the person's device.
    Delivered,
    /// The person saw it.
    Read,
    /// The messenger rejected it.
    Failed,
    /// Its time to live passed.
    Expired,
}

impl DeliveryState {
    /// Whether more attempts may follow.
    pub const fn is_pending(self) -> bool {
        matches!(self, Self::Queued | Self::Sending)
    }

    /// Whether it was given up without success.
    pub const fn is_failed(self) -> bool {
        matches!(self, Self::Failed | Self::Expired)
    }

    /// Whether a state that the messenger reports replaces this one: `read` proves more than `delivered`,
    /// and either proves more than any failure. A reported failure ends only what is not decided yet.
    pub const fn gives_way_to(self, reported: Self) -> bool {
        match reported {
            Self::Read => !matches!(self, Self::Read),
            Self::Delivered => !matches!(self, Self::Read | Self::Delivered),
            Self::Queued | Self::Sending | Self::Accepted | Self::Failed | Self::Expired => {
                matches!(self, Self::Queued | Self::Sending | Self::Accepted)
            }
        }
    }
}

/// The capabilities that a messenger reports (docs/messenger-protocol.md).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the protocol's own shape: independent flags"
)]
pub struct Capabilities {
    /// Operators may start sessions.
    pub operator_initiated: bool,
    /// It accepts files.
    pub files: bool,
    /// It shows that an operator is typing.
    pub typing: bool,
    /// It reports the status of messages.
    pub receipts: bool,
    /// It reports edits and deletions.
    pub edits: bool,
    /// It accepts notices about sessions.
    pub sessions: bool,
    /// The longest text that it accepts, in characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_text_length: Option<u32>,
}
