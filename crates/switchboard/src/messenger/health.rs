//! Asks Switchboard now and then how our channel is: a page should not need a message to find out.

use std::time::Duration;

use bytes::Bytes;
use chat::secret::Secret;
use chat::signature;
use http_body_util::Full;
use hyper::Request;
use serde_json::Value;

use super::outbox::{Connection, Outbox};
use super::tell::{Event, Teller};
use super::{BODY_BYTES_MAX, fresh_id};
use crate::clock;
use crate::exit::Result;
use crate::http::{self, HttpClient};

/// How long after an answer it is asked again.
const PAUSE: Duration = Duration::from_secs(2);
/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Who asks.
pub(super) struct Watch {
    client: HttpClient,
    code: Secret,
    connection: Connection,
    teller: Teller,
}

impl Watch {
    /// One that asks whom an outbox sends to.
    pub(super) fn beside(outbox: &Outbox) -> Self {
        Self {
            client: outbox.client.clone(),
            code: outbox.code.clone(),
            connection: outbox.connection.clone(),
            teller: outbox.teller.clone(),
        }
    }

    /// Asks for ever, once there is somebody to ask.
    pub(super) async fn run(self) -> Result {
        let mut was_well = true;
        loop {
            let url = self.connection.url().await;
            let (status, answer) = match self.ask(&url).await {
                Ok((status, answer)) => (Some(status), answer),
                Err(_) => (None, Value::Null),
            };
            self.teller.tell(&Event::Health {
                status,
                answer: &answer,
            })?;
            let is_well = status == Some(200);
            if is_well && !was_well {
                // What is kept need not wait for the end of its pause.
                self.connection.again();
            }
            was_well = is_well;
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn ask(&self, url: &str) -> anyhow::Result<(u16, Value)> {
        let headers = signature::sign([&self.code], &fresh_id("h")?, clock::now(), b"")?;
        let request = Request::get(url)
            .header("webhook-id", headers.id)
            .header("webhook-timestamp", headers.timestamp)
            .header("webhook-signature", headers.signature)
            .body(Full::new(Bytes::new()))?;
        tokio::time::timeout(TIMEOUT, async {
            let response = self.client.request(request).await?;
            let status = response.status().as_u16();
            let body = http::read(response.into_body(), BODY_BYTES_MAX).await?;
            Ok((status, serde_json::from_slice(&body).unwrap_or(Value::Null)))
        })
        .await?
    }
}
