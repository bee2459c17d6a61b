//! The HTTP errors of ingress, from the table in the specification.

use hyper::Method;
use serde_json::json;

use crate::http;
use crate::messenger::message;
use crate::signing;
use crate::world::{Setup, World};

#[tokio::test]
async fn every_kind_of_bad_request_gets_its_status_and_code() {
    let settings = [("ingress.rate", "1"), ("ingress.burst", "20")];
    let world = World::with(Setup {
        settings: &settings,
        ..Setup::default()
    })
    .await;
    let good = message("m1", "ann", "text");
    let with = |member: &str, value: String| {
        let mut body = good.clone();
        body["data"][member] = json!(value);
        body.to_string()
    };
    for (body, status, code) in [
        ("{".to_owned(), 400, "malformed"),
        (json!([]).to_string(), 422, "invalid"),
        (with("externalMessageId", "x".repeat(256)), 422, "invalid"),
        (with("text", "ж".repeat(10_001)), 413, "too_large"),
        (with("unknown", "x".repeat(256 * 1024)), 413, "too_large"),
    ] {
        // Signed, so that only its content can be wrong.
        let (channel_code, now) = (&world.messenger.code, signing::timestamp(0));
        let headers = signing::headers(channel_code, "id", &now, body.as_bytes());
        let headers = headers
            .each_ref()
            .map(|(name, value)| (*name, value.as_str()));
        let reply = http::post(&world.messenger.ingress_url(), &headers, body.as_bytes()).await;
        reply.problem(status, code);
    }

    let url = world.messenger.ingress_url();
    let unknown = world.broker.webhook("019a0000-0000-7000-8000-000000000000");
    let (slash, metrics) = (format!("{url}/"), world.broker.ingress("/metrics"));
    let (json, text) = ("application/json", "text/plain");
    for (method, url, kind, status) in [
        (Method::POST, &unknown, json, 404),
        (Method::POST, &slash, json, 404),
        (Method::POST, &metrics, json, 404),
        (Method::PUT, &url, json, 405),
        (Method::POST, &url, text, 415),
    ] {
        let reply = http::send(&method, url, &[("content-type", kind)], b"{}").await;
        assert_eq!(reply.unwrap().status, status, "{method} {url} {kind}");
    }

    let mut replies = Vec::new();
    while replies.len() < 100 {
        let id = format!("m{}", replies.len());
        let reply = world.messenger.post(&message(&id, "ann", "x")).await;
        if reply.status == 429 {
            reply.problem(429, "rate_limited");
            assert!(reply.header("retry-after").parse::<u32>().unwrap() >= 1);
            return;
        }
        replies.push(reply.status);
    }
    panic!("no request of {replies:?} was over the rate");
}
