//! The connection to NATS: publishing, requests and subscriptions.

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
use crate::limits::QUEUE_TIMEOUT;
use crate::link::Link;
use crate::message::{self, ERROR_CODE_HEADER, ERROR_HEADER, Message};
use crate::queue::within;
use crate::replies::Replies;
use crate::subscription::Subscription;

/// The timeout of [`Bus::flush`].
pub const FLUSH_TIMEOUT: Duration = Duration::from_secs(5);
/// The timeout of [`Bus::drain`].
pub const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);

/// A connection to NATS. Clones share it.
#[derive(Clone, Debug)]
pub struct Bus {
    pub(crate) client: Client,
    /// The configured URL, for errors.
    url: Arc<str>,
    link: watch::Receiver<Link>,
    pub(crate) replies: Arc<Replies>,
}

impl Bus {
    /// Connects to NATS within [`CONNECT_TIMEOUT`](crate::CONNECT_TIMEOUT). After that it reconnects
    /// without limit whenever the connection breaks.
    pub async fn connect(config: &Config) -> Result<Self, Error> {
        let (client, link) = config.connect().await?;
        let replies = Arc::new(Replies::start(&client).await?);
        Ok(Self {
            client,
            url: config.url.as_str().into(),
            link,
            replies,
        })
    }

    /// Queues a message. `Ok` means neither that a subscriber receives it nor that it left this
    /// process. While NATS is disconnected, up to [`COMMANDS_MAX`](crate::COMMANDS_MAX) are kept and
    /// sent on reconnection.
    pub async fn publish(
        &self,
        subject: String,
        headers: &[(&str, &str)],
        payload: Bytes,
    ) -> Result<(), Error> {
        self.put(subject, None, message::checked(headers)?, payload)
            .await
    }

    /// Queues a message, with the subject to which replies go.
    pub(crate) async fn put(
        &self,
        subject: String,
        reply: Option<String>,
        headers: HeaderMap,
        payload: Bytes,
    ) -> Result<(), Error> {
        let bytes = payload.len();
        let sent = self.send(&subject, reply, headers, payload);
        self.enqueue(&subject, sent)
            .await?
            .map_err(|error| self.unpublished(&error, subject, bytes))
    }

    /// Sends a request and returns the first reply. Fails at once when the subject has no subscriber
    /// or NATS is not connected, when the connection breaks, and after `timeout`.
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
        let mut pending = self.replies.expect_one();
        let exchange = async {
            let reply = pending.subject.clone();
            if let Err(error) = self.send(&subject, Some(reply), headers, payload).await {
                return Err(self.unpublished(&error, subject.clone(), bytes));
            }
            let reply = pending.reply().await;
            reply.ok_or_else(|| Error::Interrupted(subject.clone()))
        };
        let reply = tokio::select! {
            biased; // A reply that has arrived counts even if the connection broke after it.
            reply = tokio::time::timeout(timeout, exchange) => reply,
            () = broken(&mut link) => return Err(self.interrupted(subject)),
        };
        match reply {
            Ok(Ok(reply)) if reply.status == Some(StatusCode::NO_RESPONDERS) => {
                Err(Error::NoResponders(subject))
            }
            Ok(reply) => reply.map(Message::from),
            Err(_) => Err(Error::Timeout { subject, timeout }),
        }
    }

    /// The error of a request whose connection broke.
    pub(crate) fn interrupted(&self, subject: String) -> Error {
        if self.link.borrow().denied {
            Error::NotAuthorised(self.url.to_string())
        } else {
            Error::Interrupted(subject)
        }
    }

    /// Sends a `MessagePack` request to another role and decodes its reply. A role that cannot serve
    /// the request replies with [`refuse`](Self::refuse), which is [`Error::Refused`] here.
    pub async fn ask<Q: Serialize + Sync, A: DeserializeOwned>(
        &self,
        subject: String,
        request: &Q,
        timeout: Duration,
    ) -> Result<A, Error> {
        let request = codec::encode(request).into();
        self.ask_encoded(subject, request, timeout).await
    }

    /// [`ask`](Self::ask) with a request that is already encoded.
    pub async fn ask_encoded<A: DeserializeOwned>(
        &self,
        subject: String,
        request: Bytes,
        timeout: Duration,
    ) -> Result<A, Error> {
        let reply = self.request(subject.clone(), &[], request, timeout).await?;
        if let Some(refusal) = reply.refusal(&subject) {
            return Err(refusal);
        }
        codec::decode(&reply.payload).map_err(|source| Error::Answer { subject, source })
    }

    /// Subscribes to a subject, which may contain wildcards. Each message goes to one member of the
    /// `queue` group. Call [`flush`](Self::flush) if the subscription must be active before going on.
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
                SubscribeErrorKind::InvalidSubject => Error::Subject(subject.to_owned()),
                SubscribeErrorKind::InvalidQueueName => {
                    Error::Queue(queue.unwrap_or_default().to_owned())
                }
                SubscribeErrorKind::Other => Error::Closed(subject.to_owned()),
            }),
        }
    }

    /// Replies to a request. `Ok` means queued, as for [`publish`](Self::publish).
    pub async fn respond(
        &self,
        message: &Message,
        headers: &[(&str, &str)],
        payload: Bytes,
    ) -> Result<(), Error> {
        let Some(reply) = &message.reply else {
            return Err(Error::NoReply(message.subject.clone()));
        };
        self.publish(reply.clone(), headers, payload).await
    }

    /// Replies to another role's [`ask`](Self::ask).
    pub async fn answer<A: Serialize + Sync>(
        &self,
        message: &Message,
        answer: &A,
    ) -> Result<(), Error> {
        let answer = codec::encode(answer).into();
        self.respond(message, &[], answer).await
    }

    /// Replies that the request cannot be served: an HTTP-like status and a text without line breaks.
    pub async fn refuse(&self, message: &Message, code: u16, reason: &str) -> Result<(), Error> {
        let code = code.to_string();
        let headers = [(ERROR_HEADER, reason), (ERROR_CODE_HEADER, code.as_str())];
        self.respond(message, &headers, Bytes::new()).await
    }

    /// Returns the version of the server.
    pub fn server_version(&self) -> String {
        self.client.server_info().version
    }

    /// Returns whether NATS is connected now.
    pub fn is_connected(&self) -> bool {
        let state = self.client.connection_state();
        state == async_nats::connection::State::Connected && !self.link.borrow().closed
    }

    /// Returns the number that NATS gave this connection. It changes with each reconnection.
    pub fn client_id(&self) -> u64 {
        self.client.server_info().client_id
    }

    /// Watches the state of the connection. A consumer that must not miss a message waits on
    /// [`changed`](watch::Receiver::changed) and catches up when [`Link::has_gap_since`] is true.
    pub fn changes(&self) -> watch::Receiver<Link> {
        let mut link = self.link.clone();
        link.mark_unchanged();
        link
    }

    /// Waits until NATS has processed every earlier call, at most [`FLUSH_TIMEOUT`]: publications are
    /// on their way to subscribers and subscriptions are active.
    pub async fn flush(&self) -> Result<(), Error> {
        // `async-nats` only reports that it has written. NATS processes commands in order, so its
        // "no responders" for an unused inbox comes after everything before it.
        let unused = self.client.new_inbox();
        match self.request(unused, &[], Bytes::new(), FLUSH_TIMEOUT).await {
            Err(Error::NoResponders { .. }) | Ok(_) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Shuts down gracefully within [`DRAIN_TIMEOUT`]: ends the subscriptions, sends what is queued
    /// and closes the connection. Afterwards every call on any clone fails with [`Error::Closed`].
    pub async fn drain(&self) -> Result<(), Error> {
        let mut link = self.link.clone();
        let drained = async {
            // Both fail only when the connection is already closed.
            if self.client.flush().await.is_ok() && self.client.drain().await.is_ok() {
                drop(link.wait_for(|link| link.closed).await);
                self.replies.ended().await;
            }
        };
        within(DRAIN_TIMEOUT, "the rest", drained).await
    }

    /// Returns a new subject token that no other connection uses.
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
            .ok_or_else(|| Error::Full(subject.to_owned()))
    }

    pub(crate) fn unsent(&self, subject: String) -> Error {
        if self.link.borrow().closed {
            Error::Closed(subject)
        } else {
            Error::Disconnected(subject)
        }
    }

    fn unpublished(&self, error: &PublishError, subject: String, bytes: usize) -> Error {
        match error.kind() {
            PublishErrorKind::MaxPayloadExceeded => Error::TooLarge {
                subject,
                bytes,
                max: self.client.max_payload(),
            },
            PublishErrorKind::InvalidSubject => Error::Subject(subject),
            PublishErrorKind::Send => Error::Closed(subject),
        }
    }
}

/// Waits until the connection breaks.
pub(crate) async fn broken(link: &mut watch::Receiver<Link>) {
    let connections = link.borrow_and_update().connections.max(1);
    let gone = |link: &Link| !link.connected || link.connections.max(1) != connections;
    if link.wait_for(gone).await.is_err() {
        // The client is gone, so the request itself fails.
        std::future::pending::<()>().await;
    }
}
