//! Every error of the table in messenger-protocol section 3, and other failures.

use std::time::Duration;

use chat::messenger::inbound::BODY_BYTES_MAX;
use chat::reason::Reason;
use chat::rejection::{Code, Rejection};
use chat::rpc::{InboundReply, Security};
use hyper::Method;
use hyper::header::{CONTENT_ENCODING, CONTENT_TYPE};
use serde_json::{Value, json};

use crate::fake_router::access;
use crate::test_gateway::{
    CHANNEL, CODE, NOW, TestGateway, assert_problem, bare_message, message, path, request, signed,
};

#[tokio::test]
async fn invalid_json_is_malformed() {
    let gateway = TestGateway::token();
    let deep = format!("{}{}", "[".repeat(33), "]".repeat(33));
    let deeper = "[".repeat(100_000);
    for body in ["", "{", "hello", "{\"type\":}", &deep, &deeper] {
        let answer = gateway.post(&[], body).await;
        assert_problem(&answer, 400, "malformed", body.get(..20).unwrap_or(body));
    }
    for body in ["{", &deep] {
        let headers = signed(CODE, "m", NOW, body);
        let answer = gateway.post(&headers, body).await;
        assert_problem(&answer, 400, "malformed", "signed");
        let headers = signed("x", "m", NOW, body);
        let answer = gateway.post(&headers, body).await;
        assert_problem(&answer, 401, "unauthorized", "signed by another");
    }
    assert!(gateway.router.received().is_empty());
}

#[tokio::test]
async fn invalid_utf_8_is_malformed() {
    let gateway = TestGateway::token();
    let mut request = request(Method::POST, &path(), &[], "");
    *request.body_mut() = b"{\"type\":\"\xff\"}".as_slice().into();
    assert_problem(&gateway.ask(request).await, 400, "malformed", "not UTF-8");
}

#[tokio::test]
async fn json_that_is_not_an_object_has_no_token() {
    let modes = [Security::Signed, Security::Token, Security::Open];
    for (mode, status) in modes.into_iter().zip([401, 401, 422]) {
        let gateway = TestGateway::new(access(CODE, mode));
        for body in ["[]", "1", "\"token\"", "null"] {
            assert_eq!(gateway.post(&[], body).await.status, status, "{body}");
        }
    }
}

#[tokio::test]
async fn other_paths_are_not_found() {
    let gateway = TestGateway::token();
    let other_paths = [
        "/",
        "/healthz",
        "*",
        "/api/messengers/external/mine/webhook/x",
    ];
    let other_paths = other_paths.map(str::to_owned).into_iter();
    let similar_paths = [
        format!("{}/", path()),
        format!("/{}", path()),
        path().to_uppercase(),
    ];
    // A channel has exactly one URL: only the canonical id is accepted.
    let ids = [
        format!("{CHANNEL}0"),
        format!("{CHANNEL}%20"),
        format!("%30{}", &CHANNEL[1..]),
        CHANNEL.to_uppercase(),
        CHANNEL.replace('-', ""),
        String::new(),
        "default".to_owned(),
    ];
    let not_found = other_paths
        .chain(similar_paths)
        .map(|path| (path, "not_found"));
    let no_channel = ids.map(|id| (path().replace(CHANNEL, &id), "channel_not_found"));
    for (path, code) in not_found.chain(no_channel) {
        for method in [Method::POST, Method::GET] {
            let answer = gateway
                .ask(request(method, &path, &[], &message(CODE)))
                .await;
            assert_problem(&answer, 404, code, &path);
        }
    }
    assert_eq!(gateway.router.access_requests(), 0);
}

#[tokio::test]
async fn a_query_string_is_ignored() {
    let gateway = TestGateway::token();
    let path = format!("{}?v=1", path());
    let answer = gateway
        .ask(request(Method::POST, &path, &[], &message(CODE)))
        .await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn a_missing_channel_is_not_found() {
    let gateway = TestGateway::token();
    gateway.router.set_access(None);
    let answer = gateway.post(&[], &message(CODE)).await;
    assert_problem(&answer, 404, "channel_not_found", "POST");
    let answer = gateway.get(&signed(CODE, "h", NOW, "")).await;
    assert_problem(&answer, 404, "channel_not_found", "GET");
}

#[tokio::test]
async fn a_response_to_another_method_lists_the_allowed_ones() {
    let gateway = TestGateway::token();
    for method in ["PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "BREW"] {
        let method: Method = method.parse().unwrap();
        let answer = gateway.ask(request(method, &path(), &[], "")).await;
        assert_problem(&answer, 405, "method_not_allowed", "method");
        assert_eq!(answer.headers["allow"], "GET, POST");
    }
}

#[tokio::test]
async fn other_media_types_are_refused_without_reading_the_body() {
    let gateway = TestGateway::token();
    for (name, value) in [
        (CONTENT_TYPE, "text/plain"),
        (CONTENT_TYPE, "application/json; charset=latin1"),
        (CONTENT_ENCODING, "gzip"),
    ] {
        let mut request = request(Method::POST, &path(), &[], &message(CODE));
        request.headers_mut().insert(name, value.parse().unwrap());
        let answer = gateway.ask(request).await;
        assert_problem(&answer, 415, "unsupported_media_type", value);
    }
    assert!(gateway.router.received().is_empty());
}

#[tokio::test]
async fn a_body_without_a_media_type_is_read_as_json() {
    let gateway = TestGateway::token();
    for (body, status) in [(&*message(CODE), 200), ("a=b", 400)] {
        let mut request = request(Method::POST, &path(), &[], body);
        request.headers_mut().remove(CONTENT_TYPE);
        assert_eq!(gateway.ask(request).await.status, status, "{body}");
    }
}

#[tokio::test]
async fn a_large_body_is_refused_before_asking_the_router() {
    let gateway = TestGateway::token();
    gateway.router.set_access(None);
    let full = " ".repeat(BODY_BYTES_MAX);
    let answer = gateway.post(&[], &full).await;
    assert_problem(&answer, 404, "channel_not_found", "just fits");
    let answer = gateway.post(&[], &format!("{full} ")).await;
    assert_problem(&answer, 413, "too_large", "one more");
    assert_eq!(gateway.router.access_requests(), 1);
}

#[tokio::test]
async fn the_number_of_large_bodies_is_limited() {
    let gateway = TestGateway::with(|config| config.large_bodies_max = 0);
    let small = format!("{}{}", message(CODE), " ".repeat(10_000));
    assert_eq!(gateway.post(&[], &small).await.status, 200);
    let large = format!("{}{}", message(CODE), " ".repeat(20_000));
    let answer = gateway.post(&[], &large).await;
    assert_problem(&answer, 503, "unavailable", "no room");
    assert!(answer.headers.contains_key("retry-after"));
}

#[tokio::test]
async fn texts_and_files_have_limits() {
    let gateway = TestGateway::token();
    let long = message(CODE).replace("hello", &"x".repeat(10_001));
    assert_problem(&gateway.post(&[], &long).await, 413, "too_large", "text");
    let files = r#""files":[{"name":"a","URL":"u"}"#.to_owned()
        + &r#",{"name":"a","URL":"u"}"#.repeat(20)
        + "],";
    let many = message(CODE).replace("\"data\":{", &format!("\"data\":{{{files}"));
    assert_problem(&gateway.post(&[], &many).await, 413, "too_large", "files");
}

#[tokio::test]
async fn every_invalid_member_is_named_by_its_pointer() {
    let gateway = TestGateway::token();
    let body = json!({
        "type": "message", "token": CODE,
        "data": { "externalMessageId": true, "externalChatId": "", "text": "x" },
    });
    let answer = gateway.post(&[], &body.to_string()).await;
    assert_problem(&answer, 422, "invalid", "members");
    let errors = answer.body["errors"].as_array().unwrap();
    let pointers: Vec<Value> = errors.iter().map(|e| e["pointer"].clone()).collect();
    let members = ["externalMessageId", "externalChatId", "externalUserId"];
    assert_eq!(pointers, members.map(|name| format!("/data/{name}")));
    let body = json!({ "type": "dance", "token": CODE }).to_string();
    let answer = gateway.post(&[], &body).await;
    assert_problem(&answer, 422, "invalid", "type");
    assert_eq!(answer.body["errors"][0]["pointer"], "/type");
}

#[tokio::test]
async fn every_rejection_has_its_own_status() {
    for &code in Code::ALL {
        let gateway = TestGateway::token();
        let reason = Reason::Unknown {
            detail: "because".to_owned(),
        };
        let rejection = Rejection {
            code,
            ..reason.into()
        };
        let rejection = rejection
            .with("sessionId", "s-1")
            .with("status", 200)
            .with("code", "ok");
        gateway.router.reply(Ok(InboundReply::Rejected(rejection)));
        let answer = gateway.post(&[], &message(CODE)).await;
        assert_problem(&answer, code.status(), code.as_str(), code.as_str());
        assert_eq!(answer.body["sessionId"], "s-1");
        assert_eq!(answer.body["detail"], "because");
        assert!(answer.body.get("reason").is_none());
        let has_retry_after = answer.headers.contains_key("retry-after");
        assert_eq!(has_retry_after, [429, 503].contains(&answer.status));
    }
}

#[tokio::test]
async fn without_a_router_requests_are_unavailable() {
    let gateway = TestGateway::token();
    gateway.router.reply(Err(()));
    let answer = gateway.post(&[], &message(CODE)).await;
    assert_problem(&answer, 503, "unavailable", "no answer to the message");
    assert!(answer.headers.contains_key("retry-after"));

    let gateway = TestGateway::token();
    gateway.router.lose_access();
    let answer = gateway.post(&[], &bare_message()).await;
    assert_problem(&answer, 503, "unavailable", "no answer about the channel");
    let answer = gateway.get(&signed(CODE, "h", NOW, "")).await;
    assert_problem(&answer, 503, "unavailable", "no answer about the channel");
}

#[tokio::test]
async fn a_router_that_hangs_causes_a_timeout() {
    let gateway = TestGateway::with(|config| config.router_timeout = Duration::from_millis(20));
    gateway.router.hold();
    let answer = gateway.post(&[], &message(CODE)).await;
    assert_problem(&answer, 503, "unavailable", "hangs");
    assert!(answer.headers.contains_key("retry-after"));
}
