//! The HTTP errors of ingress, from the table in the specification.

use hyper::Method;
use serde_json::{Value, json};

use crate::http::{self, Reply};
use crate::messenger::message;
use crate::signing;
use crate::world::{Setup, World};

/// A message with one member of its data replaced, or removed if `value` is null.
fn with(member: &str, value: Value) -> Value {
    let mut body = message("m1", "ann", "text");
    if value.is_null() {
        body["data"].as_object_mut().unwrap().remove(member);
    } else {
        body["data"][member] = value;
    }
    body
}

/// Posts signed bytes, so that only their content can be invalid.
async fn post_bytes(world: &World, body: &[u8]) -> Reply {
    let headers = signing::headers(&world.messenger.code, "id", &signing::timestamp(0), body);
    let headers = headers
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    http::post(&world.messenger.ingress_url(), &headers, body).await
}

#[tokio::test]
async fn a_body_that_is_not_json_is_malformed() {
    let world = World::start().await;
    let deep = format!("{}1{}", r#"{"a":"#.repeat(33), "}".repeat(33));
    for body in [
        &b"{"[..],
        b"",
        b"hello",
        b"{\"type\":\"message\",\"x\":\"\xff\"}",
        deep.as_bytes(),
    ] {
        post_bytes(&world, body).await.problem(400, "malformed");
    }
}

#[tokio::test]
async fn a_missing_or_invalid_member_is_named_by_its_pointer() {
    let world = World::start().await;
    for (member, value) in [
        ("externalMessageId", json!(null)),
        ("externalChatId", json!(null)),
        ("externalUserId", json!(null)),
        ("externalMessageId", json!("")),
        ("externalMessageId", json!("x".repeat(256))),
        ("externalChatId", json!(17)),
        ("externalUserId", json!("ж".repeat(128))),
        ("createdAt", json!("yesterday")),
        ("files", json!("a file")),
    ] {
        let reply = world.messenger.post(&with(member, value)).await;
        let problem = reply.problem(422, "invalid");
        let errors = problem["errors"].as_array().unwrap();
        let pointer = format!("/data/{member}");
        assert!(
            errors.iter().any(|one| one["pointer"] == pointer.as_str()),
            "{problem}"
        );
    }
    world
        .messenger
        .expect_problem(&with("text", json!(null)), 422, "invalid")
        .await;
    for body in [json!({ "type": "dance" }), json!({ "data": {} }), json!([])] {
        post_bytes(&world, body.to_string().as_bytes())
            .await
            .problem(422, "invalid");
    }
    let longest = with("externalMessageId", json!("x".repeat(255)));
    assert_eq!(world.messenger.post(&longest).await.status, 200);
}

#[tokio::test]
async fn a_message_that_is_too_large_is_rejected() {
    let world = World::start().await;
    let file = json!({ "name": "f", "URL": "https://files.test/f" });
    for body in [
        with("text", json!("ж".repeat(10_001))),
        with("files", vec![file.clone(); 21].into()),
        with("unknown", json!("x".repeat(256 * 1024))),
    ] {
        world
            .messenger
            .expect_problem(&body, 413, "too_large")
            .await;
    }
    let mut largest = with("text", json!("ж".repeat(10_000)));
    largest["data"]["files"] = vec![file; 20].into();
    assert_eq!(world.messenger.post(&largest).await.status, 200);
}

#[tokio::test]
async fn other_paths_methods_and_media_types_are_rejected() {
    let world = World::start().await;
    let url = world.messenger.ingress_url();
    let body = message("m1", "ann", "x").to_string();
    let unknown = world.broker.webhook("019a0000-0000-7000-8000-000000000000");
    for url in [unknown, world.broker.webhook("not-an-id")] {
        http::post(&url, &[], body.as_bytes())
            .await
            .problem(404, "channel_not_found");
    }
    for path in [
        "/",
        "/api/messengers/external/another/webhook/x",
        "/metrics",
        "/readyz",
    ] {
        assert_eq!(
            http::post(&world.broker.ingress(path), &[], b"{}")
                .await
                .status,
            404,
            "{path}"
        );
    }
    assert_eq!(http::post(&format!("{url}/"), &[], b"{}").await.status, 404);
    for method in [Method::PUT, Method::DELETE, Method::PATCH] {
        let reply = http::send(&method, &url, &[], body.as_bytes())
            .await
            .unwrap();
        reply.problem(405, "method_not_allowed");
    }
    for kind in ["text/plain", "application/x-www-form-urlencoded"] {
        let headers = [("content-type", kind)];
        let reply = http::send(&Method::POST, &url, &headers, body.as_bytes())
            .await
            .unwrap();
        reply.problem(415, "unsupported_media_type");
    }
}

#[tokio::test]
async fn a_channel_over_its_rate_gets_retry_after() {
    let settings = [("ingress.rate", "1"), ("ingress.burst", "2")];
    let world = World::with(Setup {
        settings: &settings,
        ..Setup::default()
    })
    .await;
    let mut statuses = Vec::new();
    for n in 0..20 {
        let reply = world
            .messenger
            .post(&message(&format!("m{n}"), "ann", "x"))
            .await;
        if reply.status == 429 {
            reply.problem(429, "rate_limited");
            assert!(reply.header("retry-after").parse::<u32>().unwrap() >= 1);
        }
        statuses.push(reply.status);
    }
    assert_eq!(statuses[..2], [200, 200], "the burst");
    assert!(statuses.contains(&429), "{statuses:?}");
}
