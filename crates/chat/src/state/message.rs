//! Messages and their deliveries.

use serde::{Deserialize, Serialize};

use crate::id::{ContactId, MessageId, SessionId};
use crate::noun::{DeliveryState, Direction};
use crate::time::Timestamp;

/// One message: where its words are, and how it stands. The words themselves stay in the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// Where it was written.
    pub position: u64,
    /// From whom to whom.
    pub direction: Direction,
    /// The messenger's id of it.
    pub external: Option<Box<str>>,
    /// The digest of what was sent under that id.
    pub digest: [u8; 16],
    /// Who wrote it, when it is not the session's contact or an operator.
    pub author: Option<ContactId>,
    /// The position of its last edit; 0 for none.
    pub edited: u64,
    /// When it was taken back.
    pub deleted: Option<Timestamp>,
    /// Where its delivery stands.
    pub state: Option<DeliveryState>,
    /// The position of the last change of its delivery; 0 for none.
    pub delivery_at: u64,
    /// When it reached the person.
    pub delivered_at: Option<Timestamp>,
    /// How often it was tried.
    pub attempts: u32,
}

/// The delivery of an outbound message, while attempts are still to come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    /// The message's session.
    pub session: SessionId,
    /// Attempts since it was last put in the queue; the schedule counts these.
    pub tries: u32,
    /// When the first of them was made.
    pub first_at: Option<Timestamp>,
    /// When the next is due.
    pub due: Timestamp,
    /// When it is given up.
    pub expires_at: Timestamp,
}

/// An edit or deletion that waits for its message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Parked {
    /// The position since which something waits.
    pub since: u64,
    /// The number of the key that every edit of the message is sealed under.
    pub key: u32,
    /// The position of the newest edit.
    pub edit: Option<u64>,
    /// Whether the message was taken back.
    pub deleted: bool,
}
