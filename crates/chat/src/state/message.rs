//! Messages and their deliveries.

use serde::{Deserialize, Serialize};

use crate::id::{ContactId, MessageId, SessionId};
use crate::model::{DeliveryState, Direction};
use crate::time::Timestamp;

/// One message: where its words are, and how it stands. The words themselves stay in the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// Its session.
    pub session: SessionId,
    /// Where it was written.
    pub position: u64,
    /// The messenger's id of it.
    pub external: Option<Box<str>>,
    /// The beginning of the digest of that id within its channel.
    pub name: u64,
    /// The digest of what was sent under that id.
    pub digest: [u8; 16],
    /// The position of the last change of its delivery; 0 for none.
    pub delivery_at: u64,
    /// What few messages have.
    pub(crate) extra: Option<Box<MessageExtra>>,
    /// How often it was tried.
    pub attempts: u32,
    /// The number of the one before it in its session; 0 for none.
    pub(crate) previous: u32,
    /// The number of one far before it in its session; 0 for none.
    pub(crate) far: u32,
    /// Which of its session's messages it is, from 1 on.
    pub(crate) nth: u32,
    /// From whom to whom.
    pub direction: Direction,
    /// Where its delivery stands.
    pub state: Option<DeliveryState>,
}

/// What few messages have.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MessageExtra {
    /// Who wrote it, when it is not the session's contact or an operator.
    pub author: Option<ContactId>,
    /// The position of its last edit; 0 for none.
    pub edited: u64,
    /// When it was taken back.
    pub deleted: Option<Timestamp>,
    /// When it reached the person.
    pub delivered_at: Option<Timestamp>,
}

impl Message {
    /// What few messages have.
    pub fn extra(&self) -> &MessageExtra {
        static NONE: MessageExtra = MessageExtra {
            author: None,
            edited: 0,
            deleted: None,
            delivered_at: None,
        };
        self.extra.as_deref().unwrap_or(&NONE)
    }

    /// The number of the message before it in its session; 0 for none.
    pub const fn previous(&self) -> u32 {
        self.previous
    }

    /// What few messages have, to be changed.
    pub(crate) fn extra_mut(&mut self) -> &mut MessageExtra {
        self.extra.get_or_insert_default()
    }
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
