//! What happens to channels.

use serde::{Deserialize, Serialize};

use crate::content::Content;
use crate::id::LiveChatId;
use crate::messenger::outbound::Dialect;
use crate::model::{Capabilities, ChannelStatus, Verified};
use crate::reason::Reason;
use crate::rpc::Security;
use crate::seal::Private;
use crate::secret::Secret;
use crate::time::Timestamp;

/// See [`crate::event::Event::ChannelCreated`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChannelCreated {
    /// The live chat that it belongs to.
    pub live_chat: LiveChatId,
    /// Its name.
    pub name: String,
    /// Where the messenger listens, normalised: this is the account.
    pub webhook: String,
    /// The confirmation code, sealed under the master key.
    pub code: Private<Secret>,
    /// Whether that is none at all, as an open channel may have it.
    #[serde(default)]
    pub codeless: bool,
    /// What proof is asked of the messenger.
    pub security: Security,
    /// Which members the messenger gets.
    pub dialect: Dialect,
    /// Set by hand for a messenger that cannot say it; `None` leaves it to the messenger.
    pub operator_initiated: Option<bool>,
}

/// See [`crate::event::Event::ChannelStatusChanged`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChannelStatusChanged {
    /// What it is now.
    pub status: ChannelStatus,
    /// Why, as events said it before there were reasons.
    #[serde(rename = "reason")]
    pub reason_text: Option<String>,
    /// How it was verified, when it just was.
    pub verified: Option<Verified>,
    /// What the messenger can do, when it just said so.
    pub capabilities: Option<Capabilities>,
    /// Whether deliveries are held back to one probe at a time.
    #[serde(default)]
    pub breaker_open: bool,
    /// Why.
    #[serde(rename = "cause", default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

impl ChannelStatusChanged {
    /// Why, whichever way it was recorded.
    pub fn reason(&self) -> Option<Reason> {
        let lift = || self.reason_text.as_deref().map(Reason::lift);
        self.reason.clone().or_else(lift)
    }
}

/// See [`crate::event::Event::ChannelUpdated`]; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ChannelUpdated {
    /// The new name.
    pub name: Option<String>,
    /// The new webhook, verified before this was written.
    pub webhook: Option<String>,
    /// What proof is asked from now on.
    pub security: Option<Security>,
    /// Which members the messenger gets from now on.
    pub dialect: Option<Dialect>,
    /// Whether operators may start sessions, set by hand.
    pub operator_initiated: Option<bool>,
}

/// See [`crate::event::Event::CodeRotated`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CodeRotated {
    /// The new code, sealed under the master key.
    pub code: Private<Secret>,
    /// Whether that is none at all, as an open channel may have it.
    #[serde(default)]
    pub codeless: bool,
    /// Until when the one before stays good.
    pub old_until: Timestamp,
}

/// See [`crate::event::Event::MessagesRefused`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MessagesRefused {
    /// How many since the last such event.
    pub count: u64,
}

/// See [`crate::event::Event::NoticesSettled`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NoticesSettled {
    /// Which, by the numbers that the channel gave them.
    pub notices: Vec<u64>,
}

/// See [`crate::event::Event::EditParked`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EditParked {
    /// The message that it waits for.
    pub external_message_id: String,
    /// The number of the key that `text` is sealed under: its author is not known yet.
    pub key: u32,
    /// What the message says now; `None` takes it back.
    pub text: Option<Private<Content>>,
}
