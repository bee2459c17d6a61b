//! What happens to messages and their deliveries.

use serde::{Deserialize, Serialize};

use crate::content::Content;
use crate::id::{ContactId, MessageId, UserId};
use crate::model::DeliveryState;
use crate::reason::Reason;
use crate::seal::Private;
use crate::time::Timestamp;

/// See [`crate::event::Event::MessageReceived`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MessageReceived {
    /// Our id of it.
    pub message: MessageId,
    /// Who wrote it.
    pub contact: ContactId,
    /// The messenger's id of it.
    pub external_message_id: String,
    /// What was written, sealed under the author's key.
    pub content: Private<Content>,
    /// When, by the messenger's clock, or by ours when it does not say.
    pub created_at: Timestamp,
    /// The message that it answers.
    pub reply_to: Option<MessageId>,
    /// [`crate::messenger::InboundMessage::digest`].
    pub digest: [u8; 16],
}

/// See [`crate::event::Event::MessageSent`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MessageSent {
    /// Its id.
    pub message: MessageId,
    /// Who wrote it.
    pub operator: UserId,
    /// What was written, sealed under the contact's key.
    pub content: Private<Content>,
    /// The message that it answers.
    pub reply_to: Option<MessageId>,
    /// When its delivery is given up.
    pub expires_at: Timestamp,
}

/// See [`crate::event::Event::MessageEdited`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MessageEdited {
    /// Which message.
    pub message: MessageId,
    /// What it says now, sealed under the author's key; `None` when it is at `parked`.
    pub content: Option<Private<Content>>,
    /// The position of the [`EditParked`](crate::event::EditParked) that this one takes up, and the number of its key.
    #[serde(default)]
    pub parked: Option<(u64, u32)>,
}

/// See [`crate::event::Event::MessageDeleted`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MessageDeleted {
    /// Which message.
    pub message: MessageId,
}

/// See [`crate::event::Event::MessageRead`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MessageRead {
    /// The last message that was read.
    pub message: MessageId,
}

/// See [`crate::event::Event::NoteAdded`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NoteAdded {
    /// Its id.
    pub message: MessageId,
    /// Who wrote it.
    pub operator: UserId,
    /// What was written, sealed under the contact's key.
    pub content: Private<Content>,
}

/// See [`crate::event::Event::DeliveryChanged`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeliveryChanged {
    /// Which message.
    pub message: MessageId,
    /// Where its delivery stands now.
    pub state: DeliveryState,
    /// How often it has been tried, this time included.
    pub attempts: u32,
    /// When it is tried next; `None` while one is under way or no more will come.
    pub next_attempt_at: Option<Timestamp>,
    /// When it is given up.
    pub expires_at: Timestamp,
    /// Why, as events said it before there were reasons.
    #[serde(rename = "reason")]
    pub reason_text: Option<String>,
    /// The HTTP status of the last answer.
    pub status: Option<u16>,
    /// The attempt that brought this about.
    pub attempt: Option<Attempt>,
    /// Whether it was put back by hand: attempts count on, the schedule begins anew.
    #[serde(default)]
    pub requeued: bool,
    /// Until when the messenger asked to be left alone.
    #[serde(default)]
    pub pause_until: Option<Timestamp>,
    /// Why.
    #[serde(rename = "cause", default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

impl DeliveryChanged {
    /// A change to this state, without anything else.
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
        }
    }

    /// Why, whichever way it was recorded. Without an attempt, the text of an old event that ends a
    /// delivery is the messenger's.
    pub fn reason(&self) -> Option<Reason> {
        let is_receipt = self.attempt.is_none()
            && matches!(
                self.state,
                DeliveryState::Delivered | DeliveryState::Read | DeliveryState::Failed
            );
        let lift = |text: &String| {
            let detail = text.clone();
            if is_receipt {
                Reason::ReportedByMessenger { detail }
            } else {
                Reason::lift(text)
            }
        };
        let old = || self.reason_text.as_ref().map(lift);
        self.reason.clone().or_else(old)
    }
}

/// One attempt at a messenger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attempt {
    /// How long it took, in milliseconds.
    pub ms: u32,
    /// Why, as events said it before there were reasons.
    #[serde(rename = "error")]
    pub error_text: Option<String>,
    /// The start of the answer, sealed under the contact's key: it may repeat the person's words.
    pub answer: Option<Private<String>>,
    /// The position of the channel's attempt before this one: attempts are a list through the log.
    pub previous: u64,
    /// Why there was no answer.
    #[serde(rename = "cause", default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

impl Attempt {
    /// Why, whichever way it was recorded.
    pub fn reason(&self) -> Option<Reason> {
        let lift = || self.error_text.as_deref().map(Reason::lift);
        self.reason.clone().or_else(lift)
    }
}
