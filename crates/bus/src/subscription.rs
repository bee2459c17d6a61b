//! What comes on a subject.

use futures_util::{FutureExt as _, StreamExt as _};

use crate::bus::{QUEUE_TIMEOUT, within};
use crate::error::Error;
use crate::message::Message;

/// How many messages wait in one subscription. Past it NATS's client drops the newest ones, which
/// [`Link::dropped`](crate::Link) counts: whoever asked gets no answer in time and asks again, and
/// whoever listens catches up. It is about half a second of the fastest traffic that was measured.
pub const SUBSCRIPTION_MESSAGES_MAX: usize = 16_384;

/// A subscription, made by [`Bus::subscribe`](crate::Bus::subscribe). It outlives reconnections, and
/// ends when it is dropped.
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

    /// The next message; `None` when there will be no more: after [`drain`](Self::drain) or when the
    /// bus is closed. Cancel safe.
    pub async fn next(&mut self) -> Option<Message> {
        self.subscriber.next().await.map(Message::from)
    }

    /// A message that is here already, without waiting for one.
    pub fn try_next(&mut self) -> Option<Message> {
        // Not subject to the runtime's budget, which would now and then say "nothing" to a full one.
        tokio::task::unconstrained(self.subscriber.next())
            .now_or_never()
            .flatten()
            .map(Message::from)
    }

    /// Takes no more from NATS; what is here already still comes out of [`next`](Self::next), and
    /// then `None`.
    pub async fn drain(&mut self) -> Result<(), Error> {
        within(QUEUE_TIMEOUT, &self.subject, self.subscriber.drain())
            .await?
            .map_err(|_| Error::Closed {
                subject: self.subject.clone(),
            })
    }

    /// Takes no more from NATS and forgets what is here.
    pub async fn unsubscribe(mut self) -> Result<(), Error> {
        within(QUEUE_TIMEOUT, &self.subject, self.subscriber.unsubscribe())
            .await?
            .map_err(|_| Error::Closed {
                subject: self.subject.clone(),
            })
    }
}
