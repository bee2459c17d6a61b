//! Messages and their deliveries.

use serde::{Deserialize, Serialize};

use crate::id::{ContactId, MessageId, SessionId};
use crate::model::{DeliveryState, Direction};
use crate::time::Timestamp;

/// One message. Its content stays in the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// Its session.
    pub session: SessionId,
    /// The position of its event.
    pub position: u64,
    /// The messenger's id of the message.
    pub external: Option<Box<str>>,
    /// The first bytes of the digest of that id within its channel.
    pub name: u64,
    /// The digest of the content sent under that id.
    pub digest: [u8; 16],
    /// The position of the last change of its delivery; 0 for none.
    pub delivery_at: u64,
    /// Fields that few messages have.
    pub(crate) extra: Option<Box<MessageExtra>>,
    /// The number of attempts.
    pub attempts: u32,
    /// The number of the previous message of its session; 0 for none.
    pub(crate) previous: u32,
    /// The skip link: the number of an earlier message of its session; 0 for none.
    pub(crate) far: u32,
    /// Its index in its session, from 1.
    pub(crate) nth: u32,
    /// Its direction.
    pub direction: Direction,
    /// The state of its delivery.
    pub state: Option<DeliveryState>,
}

/// Fields that few messages have.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MessageExtra {
    /// The author, if it is neither the session's contact nor an operator.
    pub author: Option<ContactId>,
    /// The position of its last edit; 0 for none.
    pub edited: u64,
    /// When it was deleted.
    pub deleted: Option<Timestamp>,
    /// When it was delivered.
    pub delivered_at: Option<Timestamp>,
}

impl Message {
    /// The rare fields, or their defaults.
    pub fn extra(&self) -> &MessageExtra {
        static NONE: MessageExtra = MessageExtra {
            author: None,
            edited: 0,
            deleted: None,
            delivered_at: None,
        };
        self.extra.as_deref().unwrap_or(&NONE)
    }

    /// The number of the previous message of its session; 0 for none.
    pub const fn previous(&self) -> u32 {
        self.previous
    }

    /// The rare fields, created if missing.
    pub(crate) fn extra_mut(&mut self) -> &mut MessageExtra {
        self.extra.get_or_insert_default()
    }
}

/// The pending delivery of an outbound message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    /// The message's session.
    pub session: SessionId,
    /// Attempts since it was last queued, which the schedule counts.
    pub tries: u32,
    /// When the first of them started.
    pub first_at: Option<Timestamp>,
    /// When the next attempt is due.
    pub due: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
}

/// An edit or deletion that arrived before its message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Parked {
    /// The position of the first parked event.
    pub since: u64,
    /// The number of the key that every edit of the message is sealed under.
    pub key: u32,
    /// The position of the newest edit.
    pub edit: Option<u64>,
    /// Whether the message was deleted.
    pub deleted: bool,
}
