//! The HTTP side of the webhook: reads a request, responds, and queues receipts.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Request, Response, StatusCode};

use crate::http;
use crate::outbox::{Connection, Item, Queue};
use crate::report::Reporter;
use crate::responder::Responder;

/// The largest request body; Switchboard sends less.
const BODY_BYTES_MAX: usize = 1024 * 1024;

/// The webhook; cloned for each request.
#[derive(Clone)]
pub(crate) struct Webhook {
    responder: Arc<Responder>,
    connection: Connection,
    queue: Queue,
    reporter: Reporter,
}

impl Webhook {
    pub(crate) fn new(
        responder: Responder,
        connection: Connection,
        queue: Queue,
        reporter: Reporter,
    ) -> Self {
        Self {
            responder: Arc::new(responder),
            connection,
            queue,
            reporter,
        }
    }

    pub(crate) async fn handle(self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let (head, body) = request.into_parts();
        let Ok(body) = http::read(body, BODY_BYTES_MAX).await else {
            return response(413, Vec::new());
        };
        tokio::time::sleep(Duration::from_millis(self.responder.delay_ms())).await;
        let answer = self.responder.answer(&head, &body);
        if let Some(url) = &answer.connected {
            self.connection
                .connect(url, answer.last_message_id.as_deref());
        }
        // An error means that stdout is closed; the task that reads stdin ends the program then.
        drop(self.reporter.report(&answer.event()));
        for receipt in answer.receipts {
            // Receipts are dropped when the queue is full: receiving must not wait for sending.
            drop(self.queue.try_put(Item::kept(receipt)));
        }
        response(answer.status, answer.body)
    }
}

fn response(status: u16, body: Vec<u8>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}
