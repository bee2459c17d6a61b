//! Every error that a messenger can get, as the table of the specification has it.

use hyper::Method;
use serde_json::{Value, json};

use crate::http::{self, Reply};
use crate::messenger::message;
use crate::proof;
use crate::scene::{Scene, Setup};

/// A message with one member of its data replaced, or taken out.
fn with(member: &str, value: Value) -> Value {
    let mut body = message("m1", "ann", "text");
    if value.is_null() {
        body["data"].as_object_mut().unwrap().remove(member);
    } else {
        body["data"][member] = value;
    }
    body
}

/// Posts bytes, signed, so that only their form can be wrong.
async fn post_bytes(scene: &Scene, body: &[u8]) -> Reply {
    let headers = proof::headers(&scene.messenger.code, "id", &proof::timestamp(0), body);
    let headers = headers
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    http::post(&scene.messenger.broker(), &headers, body).await
}

#[tokio::test]
async fn what_is_no_json_is_malformed() {
    let scene = Scene::open().await;
    let deep = format!("{}1{}", r#"{"a":"#.repeat(33), "}".repeat(33));
    for body in [
        &b"{"[..],
        b"",
        b"hello",
        b"{\"type\":\"message\",\"x\":\"\xff\"}",
        deep.as_bytes(),
    ] {
        post_bytes(&scene, body).await.problem(400, "malformed");
    }
}

#[tokio::test]
async fn what_is_missing_or_of_the_wrong_kind_is_named_by_its_pointer() {
    let scene = Scene::open().await;
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
        let reply = scene.messenger.post(&with(member, value)).await;
        let problem = reply.problem(422, "invalid");
        let errors = problem["errors"].as_array().unwrap();
        let pointer = format!("/data/{member}");
        assert!(
            errors.iter().any(|one| one["pointer"] == pointer.as_str()),
            "{problem}"
        );
    }
    scene
        .messenger
        .post(&with("text", json!(null)))
        .await
        .problem(422, "invalid");
    for body in [json!({ "type": "dance" }), json!({ "data": {} }), json!([])] {
        post_bytes(&scene, body.to_string().as_bytes())
            .await
            .problem(422, "invalid");
    }
    let longest = with("externalMessageId", json!("x".repeat(255)));
    assert_eq!(scene.messenger.post(&longest).await.status, 200);
}

#[tokio::test]
async fn what_is_too_large_is_refused() {
    let scene = Scene::open().await;
    let file = json!({ "name": "f", "URL": "https://files.test/f" });
    for body in [
        with("text", json!("ж".repeat(10_001))),
        with("files", vec![file.clone(); 21].into()),
        with("unknown", json!("x".repeat(256 * 1024))),
    ] {
        scene.messenger.post(&body).await.problem(413, "too_large");
    }
    let mut largest = with("text", json!("ж".repeat(10_000)));
    largest["data"]["files"] = vec![file; 20].into();
    assert_eq!(scene.messenger.post(&largest).await.status, 200);
}

#[tokio::test]
async fn other_paths_methods_and_media_types_are_refused() {
    let scene = Scene::open().await;
    let url = scene.messenger.broker();
    let body = message("m1", "ann", "x").to_string();
    let nobody = scene.house.webhook("019a0000-0000-7000-8000-000000000000");
    for url in [nobody, scene.house.webhook("not-an-id")] {
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
            http::post(&scene.house.ingress(path), &[], b"{}")
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
async fn a_channel_over_its_rate_is_told_when_to_come_back() {
    let settings = [("ingress.rate", "1"), ("ingress.burst", "2")];
    let scene = Scene::with(Setup {
        settings: &settings,
        ..Setup::default()
    })
    .await;
    let mut statuses = Vec::new();
    for n in 0..20 {
        let reply = scene
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
