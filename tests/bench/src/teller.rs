//! What a user would build beside a gateway that stores in `JetStream`: a consumer that tells a webhook
//! the outcome of each message and publishes the message to a feed, before it acknowledges it.

use std::sync::Arc;

use bus::{Bus, Message, Subscription};
use bytes::Bytes;
use chat::secret::Secret;
use chat::signature;
use http_body_util::{BodyExt as _, Full};
use hyper::Request;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::clock::now;
use crate::gateway::{CODE, STREAM, TIMEOUT};

/// The subject of the feed.
pub(crate) const FEED: &str = "bench.feed";
/// The subject to which `JetStream` delivers.
const DELIVER: &str = "bench.deliver";
/// The most requests to the webhook at once.
const TOLD_MAX: usize = 64;

/// Creates the consumer. The caller waits for this before it reports that it is ready: the bench then
/// suspends this process and NATS, which would make the request time out.
pub(crate) async fn consume(bus: &Bus) -> Subscription {
    let delivered = bus.subscribe(DELIVER, None).await.unwrap();
    let consumer = json!({ "stream_name": STREAM, "config": {
        "durable_name": "teller", "deliver_subject": DELIVER, "ack_policy": "explicit",
        "deliver_policy": "all", "max_ack_pending": 4_096,
    } });
    let subject = format!("$JS.API.CONSUMER.DURABLE.CREATE.{STREAM}.teller");
    let made = bus.request(subject, &[], consumer.to_string().into(), TIMEOUT);
    let made: Value = serde_json::from_slice(&made.await.unwrap().payload).unwrap();
    assert!(made["error"].is_null(), "{made}");
    delivered
}

/// Tells of each delivered message until the connection ends.
pub(crate) async fn tell(bus: Bus, mut delivered: Subscription, webhook: String) {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let client = Client::builder(TokioExecutor::new()).build(connector);
    let places = Arc::new(Semaphore::new(TOLD_MAX));
    while let Some(message) = delivered.next().await {
        let place = Arc::clone(&places).acquire_owned().await.unwrap();
        let (bus, client, webhook) = (bus.clone(), client.clone(), webhook.clone());
        tokio::spawn(async move {
            tell_one(&bus, &client, &webhook, &message).await;
            drop(place);
        });
    }
}

async fn tell_one(
    bus: &Bus,
    client: &Client<HttpConnector, Full<Bytes>>,
    webhook: &str,
    message: &Message,
) {
    // The last parts of the reply subject tell the position.
    let id = message.reply.clone().unwrap();
    let event = json!({ "event": "message-received", "id": id, "text": "Good morning" });
    bus.publish(FEED.to_owned(), &[], event.to_string().into())
        .await
        .unwrap();
    let outcome = json!({ "type": "messageOutcome", "data": { "id": id, "outcome": "stored" } });
    let body = outcome.to_string();
    let code = Secret::new(CODE);
    let signed = signature::sign([&code], &id, now(), body.as_bytes()).unwrap();
    let request = Request::post(webhook)
        .header("content-type", "application/json")
        .header("webhook-id", &id)
        .header("webhook-timestamp", signed.timestamp)
        .header("webhook-signature", signed.signature)
        .body(Full::from(body))
        .unwrap();
    let answer = client.request(request).await.unwrap();
    assert!(answer.status().is_success());
    answer.into_body().collect().await.unwrap();
    bus.publish(id, &[], Bytes::from_static(b"+ACK"))
        .await
        .unwrap();
}
