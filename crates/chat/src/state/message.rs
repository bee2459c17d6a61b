//! Messages and their deliveries.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::id::{ContactId, MessageId, SessionId};
use crate::messenger::outbound::Dialect;
use crate::model::{DeliveryState, Direction};
use crate::time::Timestamp;

/// The session of a message and the position of its event.
pub type MessagePlace = (SessionId, u64);

/// One message. Its content stays in the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// Its session.
    pub session: SessionId,
    /// The position of its event.
    pub position: u64,
    /// The digest of the messenger's id of the message within its channel.
    #[serde(with = "serde_bytes")]
    pub external: Option<Digest>,
    /// The keyed digest of the content sent under that id.
    #[serde(with = "serde_bytes")]
    pub digest: Digest,
    /// The position of the last change of its delivery; 0 for none.
    pub delivery_at: u64,
    /// Fields that few messages have.
    pub(crate) extra: Option<Box<MessageExtra>>,
    /// The number of attempts.
    pub attempts: u32,
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
    /// How often users sent it again after it had failed or expired.
    pub retries: u32,
}

impl Message {
    /// The rare fields, or their defaults.
    pub fn extra(&self) -> &MessageExtra {
        static NONE: MessageExtra = MessageExtra {
            author: None,
            edited: 0,
            deleted: None,
            delivered_at: None,
            retries: 0,
        };
        self.extra.as_deref().unwrap_or(&NONE)
    }

    /// Whether a person wrote it and did not delete it.
    pub fn is_written(&self) -> bool {
        self.direction == Direction::Inbound && self.extra().deleted.is_none()
    }

    /// Its key in the table of messages.
    pub const fn place(&self) -> MessagePlace {
        (self.session, self.position)
    }

    /// Whether its delivery is not settled. It stays in memory until then.
    pub(crate) fn is_pending(&self) -> bool {
        self.state.is_some_and(DeliveryState::is_pending)
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
    /// The position of the message's event.
    pub position: u64,
    /// Attempts since it was last queued, which the schedule counts.
    pub tries: u32,
    /// When the first of them started.
    pub first_at: Option<Timestamp>,
    /// When the next attempt is due.
    pub due: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
    /// The channel's dialect when it was queued: all attempts at it have the same body.
    pub dialect: Dialect,
    /// Why the next or running attempt is made before its scheduled time.
    pub early: Option<Early>,
    /// Early attempts that failed although the messenger had just answered another message.
    pub vain: u32,
    /// The earliest time that a sign of life can bring the next attempt forward to.
    pub earliest: Timestamp,
}

/// Why an attempt is made before its scheduled time. It does not count for the schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Early {
    /// It finds out whether the messenger accepts messages again.
    Probe,
    /// The messenger answered another message.
    Answered,
}

impl Delivery {
    /// How long a message waits after an early attempt at it failed although its messenger answered
    /// other messages: 10, 20, 40, … seconds. The cause is this message, so that each of them must not
    /// repeat it.
    pub fn early_pause(vain: u32) -> Duration {
        let doublings = vain.checked_sub(1).map(|n| 1_u32 << n.min(16));
        Duration::from_secs(10) * doublings.unwrap_or(0)
    }
}

/// An edit or deletion that arrived before its message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Parked {
    /// The position of the first parked event.
    pub since: u64,
    /// When that was recorded.
    pub at: Timestamp,
    /// The number of the key that every edit of the message is sealed under.
    pub key: u32,
    /// The position of the newest edit.
    pub edit: Option<u64>,
    /// Whether the message was deleted.
    pub deleted: bool,
}
