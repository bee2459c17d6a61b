//! Polls Switchboard for the channel's status, so that the page notices an outage without a message.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::Request;
use serde_json::Value;

use crate::code::Code;
use crate::event::Event;
use crate::http;
use crate::outbox::{ANSWER_BYTES_MAX, Connection, Outbox, webhook_id};
use crate::report::Reporter;

/// The pause between an answer and the next request.
const PAUSE: Duration = Duration::from_secs(2);
/// The longest wait for an answer.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Polls the channel's status.
pub(crate) struct ChannelStatus {
    client: http::Client,
    code: Arc<Code>,
    connection: Connection,
    reporter: Reporter,
}

impl ChannelStatus {
    /// Uses the connection and the client of an outbox.
    pub(crate) fn new(outbox: &Outbox) -> Self {
        Self {
            client: outbox.client.clone(),
            code: outbox.code.clone(),
            connection: outbox.connection.clone(),
            reporter: outbox.reporter.clone(),
        }
    }

    /// Polls forever, from the first `connect` on.
    pub(crate) async fn poll(self) -> anyhow::Result<()> {
        let mut was_ok = true;
        loop {
            let url = self.connection.url().await;
            let (status, answer) = match self.request(&url).await {
                Ok((status, answer)) => (Some(status), answer),
                Err(_) => (None, Value::Null),
            };
            self.reporter.report(&Event::Status {
                status,
                answer: &answer,
            })?;
            let is_ok = status == Some(200);
            if is_ok && !was_ok {
                self.connection.retry_now();
            }
            was_ok = is_ok;
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn request(&self, url: &str) -> anyhow::Result<(u16, Value)> {
        let request = self.code.sign(Request::get(url), &webhook_id("h"), b"")?;
        let request = request.body(Full::new(Bytes::new()))?;
        tokio::time::timeout(TIMEOUT, async {
            let response = self.client.request(request).await?;
            let status = response.status().as_u16();
            let body = http::read(response.into_body(), ANSWER_BYTES_MAX).await?;
            Ok((status, serde_json::from_slice(&body).unwrap_or(Value::Null)))
        })
        .await?
    }
}
