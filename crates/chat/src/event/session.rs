//! What happens to sessions.

use serde::{Deserialize, Serialize};

use crate::id::{ChannelId, ContactId, SessionId, UserId};
use crate::model::OpenedBy;
use crate::reason::Reason;
use crate::seal::Private;

/// See [`crate::event::Event::SessionOpened`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SessionOpened {
    /// The channel of the chat.
    pub channel: ChannelId,
    /// The person that it was opened for.
    pub contact: ContactId,
    /// The messenger's conversation.
    pub external_chat_id: String,
    /// What the conversation is called, sealed under the contact's key.
    pub chat_name: Option<Private<String>>,
    /// Who opened it; by an operator, it is that operator's from the start.
    pub opened_by: OpenedBy,
    /// The operator who opened it.
    pub operator: Option<UserId>,
    /// The session before it on the same chat.
    pub previous: Option<SessionId>,
}

/// See [`crate::event::Event::SessionAssigned`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SessionAssigned {
    /// To whom.
    pub operator: UserId,
}

/// See [`crate::event::Event::SessionTransferred`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SessionTransferred {
    /// To whom; `None` is the queue.
    pub operator: Option<UserId>,
    /// What colleagues should know, sealed under the contact's key.
    pub note: Option<Private<String>>,
}

/// See [`crate::event::Event::SessionClosed`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SessionClosed {
    /// Why, as events said it before there were reasons.
    #[serde(rename = "reason")]
    pub reason_text: Option<String>,
    /// Why, when it was not an operator.
    #[serde(rename = "cause", default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

impl SessionClosed {
    /// By an operator, or for this reason.
    pub const fn new(reason: Option<Reason>) -> Self {
        Self {
            reason_text: None,
            reason,
        }
    }

    /// Why, whichever way it was recorded.
    pub fn reason(&self) -> Option<Reason> {
        let lift = || self.reason_text.as_deref().map(Reason::lift);
        self.reason.clone().or_else(lift)
    }
}
