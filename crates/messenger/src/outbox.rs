//! The outbox: sends queued requests in order, one at a time, with the same ids on every attempt.

mod connection;
mod queue;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, header};
use serde_json::Value;
use tokio::sync::{mpsc, watch};
use uuid::Uuid;

use crate::code::Code;
use crate::event::{Event, text};
use crate::http;
use crate::report::Reporter;
use connection::Connected;
pub(crate) use connection::Connection;
pub(crate) use queue::{Item, Queue};

/// The largest answer that is read.
pub(crate) const ANSWER_BYTES_MAX: usize = 1024 * 1024;
/// The first pause after a failure; it doubles with each further one.
const PAUSE_MIN: Duration = Duration::from_millis(500);
/// The longest pause.
const PAUSE_MAX: Duration = Duration::from_secs(30);
/// The longest duration of one attempt.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(15);

/// The sender of queued requests.
pub(crate) struct Outbox {
    pub(crate) client: http::Client,
    pub(crate) code: Arc<Code>,
    pub(crate) connection: Connection,
    pub(crate) reporter: Reporter,
    signed: bool,
}

/// How a delivery proceeds after an answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Accepted, or refused for good.
    Done,
    /// Retry after a pause, which the answer may give.
    Retry(Option<Duration>),
    /// Retry after the next `connect`.
    AwaitConnect,
}

/// Classifies an answer by its status and the `code` of its problem.
pub(crate) fn verdict(status: Option<u16>, code: &str, retry_after: Option<u64>) -> Verdict {
    match (status, code) {
        (Some(409), "channel_disconnected") => Verdict::AwaitConnect,
        // What a receipt names is unknown at Switchboard, now and later.
        (Some(404), "not_found") => Verdict::Done,
        // Only a proxy before Switchboard redirects.
        (None | Some(300..=399 | 401 | 404 | 408 | 429 | 500..), _) => {
            Verdict::Retry(retry_after.map(Duration::from_secs))
        }
        (Some(_), _) => Verdict::Done,
    }
}

/// The answer to one attempt.
struct Answer {
    status: Option<u16>,
    retry_after: Option<u64>,
    body: Value,
}

/// The pauses between attempts.
struct Backoff {
    pause: Duration,
}

impl Outbox {
    pub(crate) fn new(
        code: Arc<Code>,
        signed: bool,
        connection: Connection,
        reporter: Reporter,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            client: http::client()?,
            code,
            connection,
            reporter,
            signed,
        })
    }

    /// Sends queued requests until the queue is closed, then waits forever.
    pub(crate) async fn run(self, mut queue: mpsc::Receiver<Item>) -> anyhow::Result<()> {
        let mut connection = self.connection.subscribe();
        while let Some(item) = queue.recv().await {
            self.deliver(&item, &mut connection).await?;
        }
        std::future::pending().await
    }

    /// Sends one request until it is accepted or refused for good.
    async fn deliver(
        &self,
        item: &Item,
        connection: &mut watch::Receiver<Connected>,
    ) -> anyhow::Result<()> {
        let id = match item.external_id().filter(|_| item.is_message()) {
            Some(id) => id.to_owned(),
            None => webhook_id("w"),
        };
        let mut backoff = Backoff::new();
        for attempt in 1_u32.. {
            let connected = match connection.wait_for(|c| c.url.is_some()).await {
                Ok(connected) => connected.clone(),
                Err(_) => break,
            };
            // Switchboard has this message: the answer to an earlier attempt was lost.
            let known = connected.last_message_id.as_deref();
            if attempt > 1 && item.is_message() && known.is_some() && known == item.external_id() {
                break;
            }
            connection.mark_unchanged();
            if attempt == 1 {
                self.reporter.report(&Event::Sending { body: &item.body })?;
            }
            let url = connected.url.unwrap_or_default();
            let answer = self.attempt(&url, &id, item).await;
            let answer = answer.unwrap_or_else(|error| Answer {
                status: None,
                retry_after: None,
                body: format!("{error:#}").into(),
            });
            let verdict = verdict(
                answer.status,
                text(&answer.body, "code"),
                answer.retry_after,
            );
            let kept = item.is_kept() && verdict != Verdict::Done;
            self.reporter.report(&Event::Sent {
                body: &item.body,
                attempt,
                status: answer.status,
                answer: &answer.body,
                kept,
            })?;
            if !kept {
                break;
            }
            backoff.wait(verdict, connection).await;
        }
        Ok(())
    }

    async fn attempt(&self, url: &str, id: &str, item: &Item) -> anyhow::Result<Answer> {
        let mut body = item.body.clone();
        if let (false, Some(members)) = (self.signed, body.as_object_mut()) {
            members.insert("token".to_owned(), self.code.token().into());
        }
        let body = body.to_string();
        let mut request = Request::post(url).header(header::CONTENT_TYPE, "application/json");
        if self.signed {
            request = self.code.sign(request, id, body.as_bytes())?;
        }
        let request = request.body(Full::new(Bytes::from(body)))?;
        tokio::time::timeout(ATTEMPT_TIMEOUT, async {
            let response = self.client.request(request).await?;
            let status = response.status().as_u16();
            let retry_after = response
                .headers()
                .get(header::RETRY_AFTER)
                .and_then(|value| value.to_str().ok()?.parse().ok());
            let body = http::read(response.into_body(), ANSWER_BYTES_MAX).await?;
            let body = serde_json::from_slice(&body)
                .unwrap_or_else(|_| String::from_utf8_lossy(&body).into_owned().into());
            Ok(Answer {
                status: Some(status),
                retry_after,
                body,
            })
        })
        .await?
    }
}

impl Backoff {
    const fn new() -> Self {
        Self { pause: PAUSE_MIN }
    }

    /// Waits for the next attempt; a `connect` ends the wait and resets the pauses.
    async fn wait(&mut self, verdict: Verdict, connection: &mut watch::Receiver<Connected>) {
        let pause = match verdict {
            Verdict::AwaitConnect => Duration::MAX,
            Verdict::Retry(pause) => pause.unwrap_or(self.pause).min(PAUSE_MAX),
            Verdict::Done => return,
        };
        if tokio::time::timeout(pause, connection.changed())
            .await
            .is_ok()
        {
            *self = Self::new();
        } else {
            self.pause = (self.pause * 2).min(PAUSE_MAX);
        }
    }
}

/// A new `webhook-id`. A message is sent with its own id instead.
pub(crate) fn webhook_id(kind: &str) -> String {
    format!("{kind}-{}", Uuid::now_v7().simple())
}
