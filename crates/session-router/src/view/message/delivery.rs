//! The fate of an outbound message.

use chat::event::{DeliveryChanged, Event};
use chat::model::DeliveryState;
use chat::state::Message;
use chat::time::Timestamp;
use serde_json::Value;

use crate::library::Library;
use crate::view::object::Object;

/// Why a delivery failed that no event says so of: its session was ended as a whole.
const ENDED: &str = "the channel or the person is gone";

/// A delivery as it stands, and where its last change is.
#[derive(Clone, Debug)]
pub(crate) struct DeliveryFacts {
    state: DeliveryState,
    attempts: u32,
    delivered_at: Option<Timestamp>,
    changed: Changed,
}

/// Where the last change is.
#[derive(Clone, Debug)]
enum Changed {
    /// There was none.
    Never,
    /// In the log.
    At(u64),
    /// Here.
    Now(Box<(DeliveryChanged, Timestamp)>),
}

impl DeliveryFacts {
    /// Of a message; `None` when it is not delivered to anybody.
    pub(crate) fn of(message: &Message) -> Option<Self> {
        Some(Self {
            state: message.state?,
            attempts: message.attempts,
            delivered_at: message.extra().delivered_at,
            changed: match message.delivery_at {
                0 => Changed::Never,
                position => Changed::At(position),
            },
        })
    }

    /// As an event says, whatever came after it.
    pub(crate) fn after(change: &DeliveryChanged, time: Timestamp, now: Option<&Message>) -> Self {
        let delivered_at = match change.state {
            DeliveryState::Delivered => Some(time),
            DeliveryState::Read => now.and_then(|m| m.extra().delivered_at),
            _ => None,
        };
        Self {
            state: change.state,
            attempts: change.attempts,
            delivered_at,
            changed: Changed::Now(Box::new((change.clone(), time))),
        }
    }

    /// The object `delivery`.
    pub(crate) fn object(&self, library: &Library) -> Value {
        let change = match &self.changed {
            Changed::Never => None,
            Changed::At(position) => library.record(*position).and_then(|r| match r.event {
                Event::DeliveryChanged(e) => Some((e, r.time)),
                _ => None,
            }),
            Changed::Now(change) => Some((**change).clone()),
        };
        let ended = self.state == DeliveryState::Failed
            && change.as_ref().is_none_or(|(e, _)| e.state != self.state);
        let (change, time) = change.unzip();
        let said = change.filter(|e| e.state == self.state);
        let reason = said.as_ref().and_then(|e| e.reason.clone());
        Object::new()
            .with("state", self.state)
            .with("attempts", self.attempts)
            .with_some(
                "nextAttemptAt",
                said.as_ref().and_then(|e| e.next_attempt_at),
            )
            .with_some("reason", reason.or_else(|| ended.then(|| ENDED.to_owned())))
            .with_some("status", said.as_ref().and_then(|e| e.status))
            .with_some("deliveredAt", self.delivered_at)
            .with_some("readAt", time.filter(|_| self.state == DeliveryState::Read))
            .value()
    }
}
