//! Events of messages and their deliveries.

use serde::{Deserialize, Serialize};

use crate::content::Content;
use crate::id::{ContactId, MessageId, UserId};
use crate::model::DeliveryState;
use crate::reason::Reason;
use crate::seal::{Indexed, Private};
use crate::time::Timestamp;

/// See [`crate::event::Event::MessageReceived`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MessageReceived {
    /// Its id.
    pub message: MessageId,
    /// The author.
    pub contact: ContactId,
    /// The messenger's id of the message, sealed under the author's key.
    pub external_message_id: Indexed,
    /// The content, sealed under the author's key.
    pub content: Private<Content>,
    /// When it was written, by the messenger's clock if it reports a time.
    pub created_at: Timestamp,
    /// The message that it replies to.
    pub reply_to: Option<MessageId>,
    /// [`crate::messenger::InboundMessage::digest`], keyed.
    pub digest: [u8; 16],
}

/// See [`crate::event::Event::MessageSent`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MessageSent {
    /// Its id.
    pub message: MessageId,
    /// The author.
    pub operator: UserId,
    /// The content, sealed under the contact's key.
    pub content: Private<Content>,
    /// The message that it replies to.
    pub reply_to: Option<MessageId>,
    /// When its delivery expires.
    pub expires_at: Timestamp,
    /// The author's name when it was sent, which every attempt repeats. Older events have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator_name: Option<String>,
}

/// See [`crate::event::Event::MessageEdited`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MessageEdited {
    /// The message.
    pub message: MessageId,
    /// The new content, sealed under the author's key; `None` if `parked` refers to it.
    pub content: Option<Private<Content>>,
    /// The position of the [`EditParked`](crate::event::EditParked) event with the content, and the
    /// number of the key that seals it.
    #[serde(default)]
    pub parked: Option<(u64, u32)>,
}

/// See [`crate::event::Event::MessageDeleted`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MessageDeleted {
    /// The message.
    pub message: MessageId,
}

/// See [`crate::event::Event::MessageRead`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MessageRead {
    /// The last message read.
    pub message: MessageId,
}

/// See [`crate::event::Event::NoteAdded`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NoteAdded {
    /// Its id.
    pub message: MessageId,
    /// The author.
    pub operator: UserId,
    /// The content, sealed under the contact's key.
    pub content: Private<Content>,
}

/// See [`crate::event::Event::DeliveryChanged`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeliveryChanged {
    /// The message.
    pub message: MessageId,
    /// The new state of its delivery.
    pub state: DeliveryState,
    /// The number of attempts so far, including this one.
    pub attempts: u32,
    /// When the next attempt is due; `None` during an attempt and after the last.
    pub next_attempt_at: Option<Timestamp>,
    /// When it expires.
    pub expires_at: Timestamp,
    /// The cause as text, in events from before typed reasons.
    #[serde(rename = "reason")]
    pub reason_text: Option<String>,
    /// The HTTP status of the last response.
    pub status: Option<u16>,
    /// The attempt that caused the change.
    pub attempt: Option<Attempt>,
    /// Whether a user retried it, which restarts the schedule. `attempts` is not reset.
    #[serde(default)]
    pub requeued: bool,
    /// The end of the pause that the messenger requested.
    #[serde(default)]
    pub pause_until: Option<Timestamp>,
    /// The cause.
    #[serde(rename = "cause", default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// Why the messenger could not deliver it, in its own words, sealed under the contact's key because
    /// they may name or quote the person. Older events have a `reason` with them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<Private<String>>,
}

impl DeliveryChanged {
    /// A change to this state, with all optional fields unset.
    pub const fn new(message: MessageId, state: DeliveryState, attempts: u32) -> Self {
        Self {
            message,
            state,
            attempts,
            next_attempt_at: None,
            expires_at: Timestamp::from_micros(0),
            reason_text: None,
            status: None,
            attempt: None,
            requeued: false,
            pause_until: None,
            reason: None,
            report: None,
        }
    }

    /// The cause that is not sealed, from the typed reason or the older text. If an old event without an
    /// attempt ends a delivery, the text is from the messenger.
    pub fn reason(&self) -> Option<Reason> {
        let is_receipt = self.attempt.is_none()
            && matches!(
                self.state,
                DeliveryState::Delivered | DeliveryState::Read | DeliveryState::Failed
            );
        let old = |detail: String| {
            if is_receipt {
                Reason::ReportedByMessenger { detail }
            } else {
                Reason::from_old_text(&detail)
            }
        };
        let reason = self.reason.clone();
        reason.or_else(|| self.reason_text.clone().map(old))
    }
}

/// One delivery attempt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attempt {
    /// How long it took, in milliseconds.
    pub ms: u32,
    /// The cause as text, in events from before typed reasons.
    #[serde(rename = "error")]
    pub error_text: Option<String>,
    /// The start of the response, sealed under the contact's key because it may quote the person.
    pub answer: Option<Private<String>>,
    /// The position of the channel's previous attempt, so that a channel's attempts form a list.
    pub previous: u64,
    /// Why there was no response.
    #[serde(rename = "cause", default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

impl Attempt {
    /// The cause, from the typed reason or the older text.
    pub fn reason(&self) -> Option<Reason> {
        let old = || self.error_text.as_deref().map(Reason::from_old_text);
        self.reason.clone().or_else(old)
    }
}
