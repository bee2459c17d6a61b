//! Events of sessions.

use serde::{Deserialize, Serialize};

use crate::id::{ChannelId, ContactId, SessionId, UserId};
use crate::model::OpenedBy;
use crate::reason::Reason;
use crate::seal::{Indexed, Private};

/// See [`crate::event::Event::SessionOpened`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SessionOpened {
    /// The channel of the chat.
    pub channel: ChannelId,
    /// The person that it was opened for.
    pub contact: ContactId,
    /// The messenger's id of the conversation, sealed under the contact's key.
    pub external_chat_id: Indexed,
    /// The conversation's name in events from before `name`, sealed under the contact's key.
    pub chat_name: Option<Private<String>>,
    /// Who opened it. A session that an operator opened is assigned to that operator.
    pub opened_by: OpenedBy,
    /// The operator who opened it.
    pub operator: Option<UserId>,
    /// The previous session of the chat.
    pub previous: Option<SessionId>,
    /// The conversation's name, sealed under the contact's key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Indexed>,
}

/// See [`crate::event::Event::ChatRenamed`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChatRenamed {
    /// The name, sealed under the key of the session's contact.
    pub name: Indexed,
}

/// See [`crate::event::Event::SessionAssigned`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SessionAssigned {
    /// The operator it was assigned to.
    pub operator: UserId,
    /// The operator that a supervisor took it from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<UserId>,
}

/// See [`crate::event::Event::SessionTransferred`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SessionTransferred {
    /// The operator it was transferred to; `None` is the queue.
    pub operator: Option<UserId>,
    /// A note for colleagues, sealed under the contact's key.
    pub note: Option<Private<String>>,
    /// The cause, if no operator transferred it.
    #[serde(rename = "cause", default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

impl SessionTransferred {
    /// The cause, if no operator transferred it.
    pub fn reason(&self) -> Option<Reason> {
        self.reason.clone()
    }
}

/// See [`crate::event::Event::SessionReopened`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SessionReopened {
    /// The operator it is assigned to; `None` is the queue.
    pub operator: Option<UserId>,
}

/// See [`crate::event::Event::SessionClosed`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SessionClosed {
    /// The cause as text, in events from before typed reasons.
    #[serde(rename = "reason")]
    pub reason_text: Option<String>,
    /// The cause, if no operator closed it.
    #[serde(rename = "cause", default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

impl SessionClosed {
    /// A close for a reason; `None` if an operator closed it.
    pub const fn new(reason: Option<Reason>) -> Self {
        Self {
            reason_text: None,
            reason,
        }
    }

    /// The cause, from the typed reason or the older text.
    pub fn reason(&self) -> Option<Reason> {
        let old = || self.reason_text.as_deref().map(Reason::from_old_text);
        self.reason.clone().or_else(old)
    }
}
