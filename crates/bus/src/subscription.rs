//! The messages of a subject.

use futures_util::{FutureExt as _, StreamExt as _};

use crate::error::Error;
use crate::limits::QUEUE_TIMEOUT;
use crate::message::Message;
use crate::queue::within;

/// A subscription, made by [`Bus::subscribe`](crate::Bus::subscribe). It survives reconnections and
/// ends when dropped.
#[derive(Debug)]
pub struct Subscription {
    subscriber: async_nats::Subscriber,
    subject: String,
}

impl Subscription {
    pub(crate) fn new(subscriber: async_nats::Subscriber, subject: &str) -> Self {
        Self {
            subscriber,
            subject: subject.to_owned(),
        }
    }

    /// Waits for the next message; `None` after [`drain`](Self::drain) or when the bus is closed.
    /// Cancel safe.
    pub async fn next(&mut self) -> Option<Message> {
        self.subscriber.next().await.map(Message::from)
    }

    /// Returns a message that has already arrived, without waiting.
    pub fn try_next(&mut self) -> Option<Message> {
        // Unconstrained: with its budget spent, the runtime would report a full queue as empty.
        tokio::task::unconstrained(self.subscriber.next())
            .now_or_never()
            .flatten()
            .map(Message::from)
    }

    /// Unsubscribes; [`next`](Self::next) still returns the messages that have arrived, then `None`.
    pub async fn drain(&mut self) -> Result<(), Error> {
        within(QUEUE_TIMEOUT, &self.subject, self.subscriber.drain())
            .await?
            .map_err(|_| Error::Closed(self.subject.clone()))
    }

    /// Unsubscribes and drops the messages that have arrived.
    pub async fn unsubscribe(mut self) -> Result<(), Error> {
        within(QUEUE_TIMEOUT, &self.subject, self.subscriber.unsubscribe())
            .await?
            .map_err(|_| Error::Closed(self.subject.clone()))
    }
}
