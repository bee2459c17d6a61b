//! The handle that everyone holds.

use std::sync::Arc;
use std::time::Duration;

use async_nats::client::traits::Publisher as _;
use async_nats::client::{PublishErrorKind, SubscribeErrorKind};
use async_nats::message::OutboundMessage;
use async_nats::{Client, HeaderMap, PublishError, StatusCode, Subject};
use bytes::Bytes;
use chat::codec;
use futures_util::FutureExt as _;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::watch;

use crate::config::Config;
use crate::error::Error;
use crate::link::Link;
use crate::message::{self, ERROR_CODE_HEADER, ERROR_HEADER, Message};
use crate::replies::Replies;
use crate::subscription::Subscription;

/// How many commands (publications, requests, subscriptions) wait for the connection in this process.
pub const COMMANDS_MAX: usize = 2_048;
/// How long a call waits for room among the [`COMMANDS_MAX`] while NATS is connected. While it is
/// not, nothing waits: what finds no room at once fails.
pub const QUEUE_TIMEOUT: Duration = Duration::from_secs(2);
/// The bound of [`Bus::flush`].
pub const FLUSH_TIMEOUT: Duration = Duration::from_secs(5);
/// The bound of [`Bus::drain`].
pub const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);

/// A connection to NATS. Clones share it.
#[derive(Clone, Debug)]
pub struct Bus {
    pub(crate) client: Client,
    link: watch::Receiver<Link>,
    pub(crate) replies: Arc<Replies>,
}

impl Bus {
    /// Connects to NATS, within [`CONNECT_TIMEOUT`](crate::CONNECT_TIMEOUT). Once it was connected,
    /// it reconnects for ever.
    pub async fn connect(config: &Config) -> Result<Self, Error> {
        let (client, link) = config.connect().await?;
        let replies = Arc::new(Replies::start(&client).await?);
        Ok(Self {
            client,
            link,
            replies,
        })
    }

    /// Queues a message. `Ok` does not mean that anybody gets it, or that it left this process.
    /// While NATS is away up to [`COMMANDS_MAX`] are kept and go out at the reconnection.
    pub async fn publish(
        &self,
        subject: String,
        headers: &[(&str, &str)],
        payload: Bytes,
    ) -> Result<(), Error> {
        let headers = message::checked(headers)?;
        let bytes = payload.len();
        let sent = self.send(&subject, None, headers, payload);
        self.enqueue(&subject, sent)
            .await?
            .map_err(|error| self.unpublished(&error, subject, bytes))
    }

    /// Asks, and waits for the first answer, at most `timeout`. Fails at once when nobody listens
    /// or NATS is not connected, and as soon as the connection breaks.
    pub async fn request(
        &self,
        subject: String,
        headers: &[(&str, &str)],
        payload: Bytes,
        timeout: Duration,
    ) -> Result<Message, Error> {
        let headers = message::checked(headers)?;
        let mut link = self.link.clone();
        link.mark_unchanged();
        if !self.is_connected() {
            return Err(self.unsent(subject));
        }
        let bytes = payload.len();
        let mut place = self.replies.place();
        let exchange = async {
            let reply = place.subject.clone();
            if let Err(error) = self.send(&subject, Some(reply), headers, payload).await {
                return Err(self.unpublished(&error, subject.clone(), bytes));
            }
            let answer = place.answer().await;
            answer.ok_or_else(|| Error::Interrupted {
                subject: subject.clone(),
            })
        };
        let answer = tokio::select! {
            biased; // An answer that is here counts, even when the connection broke after it.
            answer = tokio::time::timeout(timeout, exchange) => answer,
            () = broken(&mut link) => return Err(Error::Interrupted { subject }),
        };
        match answer {
            Ok(Ok(answer)) if answer.status == Some(StatusCode::NO_RESPONDERS) => {
                Err(Error::NoResponders { subject })
            }
            Ok(answer) => answer.map(Message::from),
            Err(_) => Err(Error::Timeout { subject, timeout }),
        }
    }

    /// Asks another role: question and answer are `MessagePack`. A role that cannot act answers
    /// with [`refuse`](Self::refuse), which is [`Error::Refused`] here.
    pub async fn ask<Q: Serialize + Sync, A: DeserializeOwned>(
        &self,
        subject: String,
        question: &Q,
        timeout: Duration,
    ) -> Result<A, Error> {
        let question = codec::encode(question).into();
        self.ask_encoded(subject, question, timeout).await
    }

    /// The same with a question that is encoded already.
    pub async fn ask_encoded<A: DeserializeOwned>(
        &self,
        subject: String,
        question: Bytes,
        timeout: Duration,
    ) -> Result<A, Error> {
        let answer = self
            .request(subject.clone(), &[], question, timeout)
            .await?;
        if let Some(refusal) = answer.refusal(&subject) {
            return Err(refusal);
        }
        codec::decode(&answer.payload).map_err(|source| Error::Answer { subject, source })
    }

    /// Listens on a subject, which may hold wildcards. Members of a `queue` share the messages: each
    /// goes to one of them. Call [`flush`](Self::flush) where it must be in force before going on.
    pub async fn subscribe(
        &self,
        subject: &str,
        queue: Option<&str>,
    ) -> Result<Subscription, Error> {
        let subscriber = async {
            match queue {
                None => self.client.subscribe(subject.to_owned()).await,
                Some(queue) => {
                    let queue = queue.to_owned();
                    self.client.queue_subscribe(subject.to_owned(), queue).await
                }
            }
        };
        match self.enqueue(subject, subscriber).await? {
            Ok(subscriber) => Ok(Subscription::new(subscriber, subject)),
            Err(error) => Err(match error.kind() {
                SubscribeErrorKind::InvalidSubject => Error::Subject {
                    subject: subject.to_owned(),
                },
                SubscribeErrorKind::InvalidQueueName => Error::Queue {
                    queue: queue.unwrap_or_default().to_owned(),
                },
                SubscribeErrorKind::Other => Error::Closed {
                    subject: subject.to_owned(),
                },
            }),
        }
    }

    /// Answers a message. `Ok` means queued, as for [`publish`](Self::publish).
    pub async fn respond(
        &self,
        message: &Message,
        headers: &[(&str, &str)],
        payload: Bytes,
    ) -> Result<(), Error> {
        let Some(reply) = &message.reply else {
            return Err(Error::NoReply {
                subject: message.subject.clone(),
            });
        };
        self.publish(reply.clone(), headers, payload).await
    }

    /// Answers another role's [`ask`](Self::ask).
    pub async fn answer<A: Serialize + Sync>(
        &self,
        message: &Message,
        answer: &A,
    ) -> Result<(), Error> {
        let answer = codec::encode(answer).into();
        self.respond(message, &[], answer).await
    }

    /// Answers that we cannot act, with an HTTP-like status and a sentence without line breaks.
    pub async fn refuse(&self, message: &Message, code: u16, words: &str) -> Result<(), Error> {
        let code = code.to_string();
        let headers = [(ERROR_HEADER, words), (ERROR_CODE_HEADER, code.as_str())];
        self.respond(message, &headers, Bytes::new()).await
    }

    /// Whether NATS is connected now.
    pub fn is_connected(&self) -> bool {
        let state = self.client.connection_state();
        state == async_nats::connection::State::Connected && !self.link.borrow().closed
    }

    /// How the connection is and changes. A consumer that must miss nothing waits on
    /// [`changed`](watch::Receiver::changed) and catches up when [`Link::has_gap_since`] says so.
    pub fn changes(&self) -> watch::Receiver<Link> {
        let mut link = self.link.clone();
        link.mark_unchanged();
        link
    }

    /// Waits until NATS has taken in everything that was called before: publications are on their
    /// way to whoever listens, subscriptions are in force. At most [`FLUSH_TIMEOUT`].
    pub async fn flush(&self) -> Result<(), Error> {
        // `async-nats` only says when it has written. Nobody listens on a new inbox, and NATS
        // says so after everything that it read before.
        let nobody = self.client.new_inbox();
        match self.request(nobody, &[], Bytes::new(), FLUSH_TIMEOUT).await {
            Err(Error::NoResponders { .. }) | Ok(_) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Stops gracefully, within [`DRAIN_TIMEOUT`]: subscriptions take no more and end, what is queued
    /// is sent, the connection closes. Everything fails with [`Error::Closed`] afterwards, for every
    /// clone.
    pub async fn drain(&self) -> Result<(), Error> {
        let mut link = self.link.clone();
        let drained = async {
            // Both fail only when it is closed already.
            if self.client.flush().await.is_ok() && self.client.drain().await.is_ok() {
                drop(link.wait_for(|link| link.closed).await);
                self.replies.ended().await;
            }
        };
        within(DRAIN_TIMEOUT, "the rest", drained).await
    }

    /// A new text that no other connection has, one subject token.
    pub(crate) fn unique(&self) -> String {
        let inbox = self.client.new_inbox();
        inbox.rsplit('.').next().unwrap_or(&inbox).to_owned()
    }

    async fn send(
        &self,
        subject: &str,
        reply: Option<String>,
        headers: HeaderMap,
        payload: Bytes,
    ) -> Result<(), PublishError> {
        let message = OutboundMessage {
            subject: subject.into(),
            reply: reply.map(Subject::from),
            payload,
            headers: (!headers.is_empty()).then_some(headers),
        };
        self.client.publish_message(message).await
    }

    async fn enqueue<T>(&self, subject: &str, sent: impl Future<Output = T>) -> Result<T, Error> {
        if self.is_connected() {
            return within(QUEUE_TIMEOUT, subject, sent).await;
        }
        tokio::task::unconstrained(sent)
            .now_or_never()
            .ok_or_else(|| Error::Full {
                subject: subject.to_owned(),
            })
    }

    fn unsent(&self, subject: String) -> Error {
        if self.link.borrow().closed {
            Error::Closed { subject }
        } else {
            Error::Disconnected { subject }
        }
    }

    fn unpublished(&self, error: &PublishError, subject: String, bytes: usize) -> Error {
        match error.kind() {
            PublishErrorKind::MaxPayloadExceeded => Error::TooLarge {
                subject,
                bytes,
                max: self.client.max_payload(),
            },
            PublishErrorKind::InvalidSubject => Error::Subject { subject },
            PublishErrorKind::Send => Error::Closed { subject },
        }
    }
}

/// Bounds the wait for room in the queue to NATS.
pub(crate) async fn within<T>(
    wait: Duration,
    subject: &str,
    sent: impl Future<Output = T>,
) -> Result<T, Error> {
    tokio::time::timeout(wait, sent)
        .await
        .map_err(|_| Error::Full {
            subject: subject.to_owned(),
        })
}

/// Waits until the connection breaks.
async fn broken(link: &mut watch::Receiver<Link>) {
    let connections = link.borrow_and_update().connections.max(1);
    let gone = |link: &Link| !link.connected || link.connections.max(1) != connections;
    if link.wait_for(gone).await.is_err() {
        // Nobody tells any more: the client is gone, and the request itself fails.
        std::future::pending::<()>().await;
    }
}
