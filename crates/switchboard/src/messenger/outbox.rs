//! What was typed and is not yet at Switchboard. In order, one at a time, the same ids each time.

use std::time::Duration;

use bytes::Bytes;
use chat::secret::Secret;
use chat::signature;
use http_body_util::Full;
use hyper::{Request, header};
use serde_json::Value;
use tokio::sync::{mpsc, watch};

use super::tell::{Event, Teller};
use super::{BODY_BYTES_MAX, fresh_id};
use crate::clock;
use crate::exit::Result;
use crate::http::{self, HttpClient};

/// The first pause after a failure; each further one is twice as long.
const PAUSE_MIN: Duration = Duration::from_millis(500);
/// The longest pause.
const PAUSE_MAX: Duration = Duration::from_secs(30);
/// How often "the channel is not active" is tried again after a `connect`: Switchboard opens the
/// channel only once it has our answer to that.
const GRACE: u32 = 5;
/// The bound of one attempt.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(15);

/// The way into the outbox.
#[derive(Clone)]
pub(super) struct Queue {
    sender: mpsc::Sender<Item>,
    teller: Teller,
}

impl Queue {
    /// A queue of at most so many, and its other end.
    pub(super) fn new(size: usize, teller: Teller) -> (Self, mpsc::Receiver<Item>) {
        let (sender, receiver) = mpsc::channel(size);
        (Self { sender, teller }, receiver)
    }

    /// Waits for a place; false when nobody sends any more.
    pub(super) async fn put(&self, item: Item) -> Result<bool> {
        let Ok(place) = self.sender.reserve().await else {
            return Ok(false);
        };
        // First told, then sent: nobody hears of an answer to what was never said.
        self.teller.tell(&Event::Queued { body: &item.body })?;
        place.send(item);
        Ok(true)
    }

    /// The same without waiting; false when there is no place.
    pub(super) fn try_put(&self, item: Item) -> Result<bool> {
        let Ok(place) = self.sender.try_reserve() else {
            return Ok(false);
        };
        self.teller.tell(&Event::Queued { body: &item.body })?;
        place.send(item);
        Ok(true)
    }
}

/// One request to be sent.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) body: Value,
    /// Whether it is sent again until it is there.
    kept: bool,
}

impl Item {
    /// Something that must arrive.
    pub(super) fn kept(body: Value) -> Self {
        Self { body, kept: true }
    }

    /// Something that is of no use later.
    pub(super) fn passing(body: Value) -> Self {
        Self { body, kept: false }
    }

    /// What we report on our own.
    pub(super) fn receipt(body: Value) -> Self {
        Self::kept(body)
    }

    fn external_id(&self) -> Option<&str> {
        self.body.get("data")?.get("externalMessageId")?.as_str()
    }

    fn is_message(&self) -> bool {
        self.body.get("type").and_then(Value::as_str) == Some("message")
    }
}

/// Where Switchboard is, as the last `connect` said.
#[derive(Clone)]
pub(super) struct Connection(watch::Sender<Connected>);

#[derive(Clone, Default)]
struct Connected {
    url: Option<String>,
    /// How many times it was connected: a change sends again what was refused.
    times: u64,
    last_message_id: Option<String>,
}

impl Connection {
    pub(super) fn new(url: Option<String>) -> Self {
        let connected = Connected {
            url,
            ..Connected::default()
        };
        Self(watch::Sender::new(connected))
    }

    /// Switchboard said where it is, and what it has of us.
    pub(super) fn connect(&self, url: &str, last_message_id: Option<&str>) {
        self.0.send_modify(|connected| {
            connected.url = Some(url.to_owned());
            connected.times += 1;
            connected.last_message_id = last_message_id.map(str::to_owned);
        });
    }

    /// Where Switchboard is, once it is known.
    pub(super) async fn url(&self) -> String {
        let mut connected = self.0.subscribe();
        let known = connected
            .wait_for(|connected| connected.url.is_some())
            .await;
        known.ok().and_then(|c| c.url.clone()).unwrap_or_default()
    }

    /// It is a good moment to send what is kept.
    pub(super) fn again(&self) {
        self.0.send_modify(|_| {});
    }
}

/// The sender.
pub(super) struct Outbox {
    pub(super) client: HttpClient,
    pub(super) code: Secret,
    pub(super) signed: bool,
    pub(super) connection: Connection,
    pub(super) teller: Teller,
}

/// What to do about an answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is there, or will never be.
    Over,
    /// The same again, after a pause.
    Later(Option<Duration>),
    /// The same again when we are connected again.
    Reconnected,
}

/// What to do about a status and the `code` of the problem that came with it.
pub(super) fn verdict(status: Option<u16>, code: &str, retry_after: Option<u64>) -> Verdict {
    match (status, code) {
        (Some(409), "channel_disconnected") | (Some(401 | 404), _) => Verdict::Reconnected,
        (None | Some(408 | 429 | 500..), _) => Verdict::Later(retry_after.map(Duration::from_secs)),
        (Some(_), _) => Verdict::Over,
    }
}

impl Outbox {
    /// Sends whatever comes, until nobody can send any more.
    pub(super) async fn run(self, mut queue: mpsc::Receiver<Item>) -> Result {
        let mut connection = self.connection.0.subscribe();
        let mut grace = GRACE;
        while let Some(item) = queue.recv().await {
            self.deliver(&item, &mut connection, &mut grace).await?;
        }
        std::future::pending().await
    }

    /// Sends one until it is there or refused for good.
    async fn deliver(
        &self,
        item: &Item,
        connection: &mut watch::Receiver<Connected>,
        grace: &mut u32,
    ) -> Result {
        let id = webhook_id(item);
        let mut pause = PAUSE_MIN;
        for attempt in 1_u32.. {
            let connected = match connection.wait_for(|c| c.url.is_some()).await {
                Ok(connected) => connected.clone(),
                Err(_) => return Ok(()),
            };
            // Switchboard says that it has this one: its answer must have been lost.
            let known = connected.last_message_id.as_deref();
            if attempt > 1 && item.is_message() && known.is_some() && known == item.external_id() {
                return Ok(());
            }
            connection.mark_unchanged();
            if attempt == 1 {
                self.teller.tell(&Event::Sending { body: &item.body })?;
            }
            let url = connected.url.unwrap_or_default();
            let (status, retry_after, answer) = match self.attempt(&url, &id, item).await {
                Ok(answered) => answered,
                Err(error) => (None, None, Value::from(format!("{error:#}"))),
            };
            let code = answer.get("code").and_then(Value::as_str).unwrap_or("");
            let verdict = verdict(status, code, retry_after);
            let kept = item.kept && verdict != Verdict::Over;
            self.teller.tell(&Event::Sent {
                body: &item.body,
                attempt,
                status,
                answer: &answer,
                kept,
            })?;
            if status.is_some_and(|status| status < 300) {
                *grace = 0;
            }
            if !kept {
                return Ok(());
            }
            let told = match verdict {
                Verdict::Reconnected if *grace == 0 => {
                    drop(connection.changed().await);
                    (*grace, pause) = (GRACE, PAUSE_MIN);
                    continue;
                }
                Verdict::Reconnected => {
                    *grace -= 1;
                    None
                }
                Verdict::Later(told) => told,
                Verdict::Over => return Ok(()),
            };
            // A new `connect` is the best time of all to try again.
            let wait = told.unwrap_or(pause).min(PAUSE_MAX);
            if tokio::time::timeout(wait, connection.changed())
                .await
                .is_ok()
            {
                (*grace, pause) = (GRACE, PAUSE_MIN);
            } else {
                pause = (pause * 2).min(PAUSE_MAX);
            }
        }
        Ok(())
    }

    async fn attempt(
        &self,
        url: &str,
        id: &str,
        item: &Item,
    ) -> anyhow::Result<(Option<u16>, Option<u64>, Value)> {
        let mut body = item.body.clone();
        if let (false, Some(members)) = (self.signed, body.as_object_mut()) {
            members.insert("token".to_owned(), self.code.expose().into());
        }
        let body = body.to_string();
        let mut request = Request::post(url).header(header::CONTENT_TYPE, "application/json");
        if self.signed {
            let headers = signature::sign([&self.code], id, clock::now(), body.as_bytes())?;
            request = request
                .header("webhook-id", headers.id)
                .header("webhook-timestamp", headers.timestamp)
                .header("webhook-signature", headers.signature);
        }
        let request = request.body(Full::new(Bytes::from(body)))?;
        tokio::time::timeout(ATTEMPT_TIMEOUT, async {
            let response = self.client.request(request).await?;
            let status = response.status().as_u16();
            let retry_after = response
                .headers()
                .get(header::RETRY_AFTER)
                .and_then(|value| value.to_str().ok()?.parse().ok());
            let body = http::read(response.into_body(), BODY_BYTES_MAX).await?;
            let answer = serde_json::from_slice(&body)
                .unwrap_or_else(|_| String::from_utf8_lossy(&body).into_owned().into());
            Ok((Some(status), retry_after, answer))
        })
        .await?
    }
}

/// The same on every attempt at one thing: a message brings its own.
fn webhook_id(item: &Item) -> String {
    match item.external_id().filter(|_| item.is_message()) {
        Some(id) => id.to_owned(),
        None => fresh_id("w").unwrap_or_else(|_| clock::now().as_micros().to_string()),
    }
}
