//! The small closed sets of the domain, as they are stored and shown.

use serde::{Deserialize, Serialize};

/// What a user may do, by group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Group {
    /// Changes live chats, channels and users; sees everything.
    Administrators,
    /// Sees and works on every session; changes canned replies.
    Supervisors,
    /// Works on the sessions of the live chats that they are a member of.
    Operators,
    /// Reads those, and changes nothing.
    Readers,
}

/// The status of a channel (design section 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChannelStatus {
    /// Being verified.
    Pending,
    /// Messages pass.
    Active,
    /// An administrator or the messenger ended it.
    Disconnected,
    /// The system ended it.
    Interrupted,
    /// Never verified.
    Failed,
    /// Gone.
    Deleted,
}

impl ChannelStatus {
    /// The status in one word.
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
    /// Nobody has it.
    Queued,
    /// An operator has it.
    Assigned,
    /// It ended.
    Closed,
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

/// What kind of message one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// From the messenger's user.
    Inbound,
    /// From an operator.
    Outbound,
    /// From an operator to colleagues; it never leaves the house.
    Note,
    /// From the system.
    System,
}

/// Where a delivery stands. Ordered: it moves only up, but for a retry by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeliveryState {
    /// Waiting for its first attempt.
    Queued,
    /// Tried, or being tried.
    Sending,
    /// The messenger answered 2xx.
    Accepted,
    /// It reached the person's device.
    Delivered,
    /// The person saw it.
    Read,
    /// The messenger will not have it.
    Failed,
    /// Its time to live passed.
    Expired,
}

impl DeliveryState {
    /// Whether attempts are still to come.
    pub const fn is_pending(self) -> bool {
        matches!(self, Self::Queued | Self::Sending)
    }
}

/// What a messenger says that it can do (messenger-protocol section 1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the protocol's own shape: independent flags"
)]
pub struct Capabilities {
    /// Operators may start sessions.
    pub operator_initiated: bool,
    /// It takes files.
    pub files: bool,
    /// It can show that an operator is writing.
    pub typing: bool,
    /// It reports what became of messages.
    pub receipts: bool,
    /// It reports edits and deletions.
    pub edits: bool,
    /// It wants to know how sessions go.
    pub sessions: bool,
    /// The longest text that it takes, in characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_text_length: Option<u32>,
}
