//! Attempts at well-behaved and misbehaving messengers.

#[path = "../../tests/it/messenger.rs"]
mod messenger;

mod connections;
mod profiles;

use std::sync::Arc;

use chat::secret::Secret;

use super::*;
use crate::config::Trust;
use crate::connection::HEAD_BYTES_MAX;
use crate::connector::tls;
use crate::dialer::KEPT_MAX;
use crate::guard::Guard;
use crate::resolver::Resolver;
use messenger::{Behaviour, Messenger, OK};

const NOW: Timestamp = Timestamp::from_micros(1_700_000_000_123_456);

fn keeping(kept: usize, allow: &[&str], resolver: Resolver) -> Attempts {
    let guard = Guard::new(allow.iter().map(|text| text.parse().unwrap()).collect());
    let tls = tls(&Trust::Mozilla).unwrap();
    Attempts::new(Dialer::new(guard, resolver, kept), tls)
}

fn resolving(allow: &[&str], resolver: Resolver) -> Attempts {
    keeping(KEPT_MAX, allow, resolver)
}

fn local() -> Attempts {
    resolving(&["127.0.0.1"], Resolver::system())
}

fn request(url: impl Into<String>) -> AttemptRequest {
    AttemptRequest {
        url: url.into(),
        id: "msg_1".to_owned(),
        codes: vec![Secret::new("old code"), Secret::new("whsec_c2VjcmV0")],
        body: br#"{"type":"message"}"#.to_vec(),
        old_body: None,
        timeout_ms: 10_000,
        is_profile: false,
    }
}

fn within(timeout_ms: u32, url: impl Into<String>) -> AttemptRequest {
    AttemptRequest {
        timeout_ms,
        ..request(url)
    }
}

impl Attempts {
    /// How an attempt ends.
    async fn outcome(&self, request: AttemptRequest, now: Timestamp) -> Outcome {
        match Target::parse(&request.url) {
            Ok(target) => self.attempt(&target, request, now).await.0,
            Err(reason) => Outcome::Failed(reason),
        }
    }
}

#[track_caller]
fn failure(outcome: Outcome) -> Reason {
    match outcome {
        Outcome::Failed(reason) => reason,
        Outcome::Answered { status, .. } => panic!("answered {status}"),
    }
}

fn answered(status: u16, answer: &str) -> Outcome {
    Outcome::Answered {
        status,
        retry_after: None,
        answer: answer.as_bytes().to_vec(),
    }
}

#[tokio::test]
async fn the_request_follows_the_protocol_and_webhook_libraries_verify_it() {
    let messenger = Messenger::ok().await;
    let outcome = local().outcome(request(messenger.url()), NOW).await;
    assert_eq!(outcome, answered(200, "{}"));
    let [seen] = messenger.log().requests.try_into().unwrap();
    assert_eq!(seen.line, "POST /hook?x=1 HTTP/1.1");
    assert_eq!(seen.body, br#"{"type":"message"}"#);
    let host = format!("127.0.0.1:{}", messenger.port);
    let version = concat!("Switchboard/", env!("CARGO_PKG_VERSION"));
    for (name, value) in [
        ("host", Some(host.as_str())),
        ("content-type", Some("application/json")),
        ("content-length", Some("18")),
        ("user-agent", Some(version)),
        ("accept-encoding", Some("identity")),
        ("webhook-id", Some("msg_1")),
        ("webhook-timestamp", Some("1700000000")),
        ("transfer-encoding", None),
    ] {
        assert_eq!(seen.header(name), value, "{name}");
    }
    let by_old = standardwebhooks::Webhook::from_bytes(b"old code".to_vec()).unwrap();
    let by_new = standardwebhooks::Webhook::new("whsec_c2VjcmV0").unwrap();
    let [by_old, by_new] =
        [by_old, by_new].map(|webhook| webhook.sign("msg_1", 1_700_000_000, &seen.body).unwrap());
    let both = format!("{by_old} {by_new}");
    assert_eq!(seen.header("webhook-signature"), Some(both.as_str()));
}

#[tokio::test]
async fn the_webhook_is_sent_percent_encoded() {
    let messenger = Messenger::ok().await;
    for (path, line) in [
        ("вх?я", "POST /%D0%B2%D1%85?%D1%8F HTTP/1.1"),
        ("a\"b{c}", "POST /a%22b%7Bc%7D HTTP/1.1"),
    ] {
        let url = format!("http://127.0.0.1:{}/{path}", messenger.port);
        let outcome = local().outcome(request(url), NOW).await;
        assert_eq!(outcome, answered(200, "{}"), "{path}");
        assert_eq!(messenger.log().requests.last().unwrap().line, line);
    }
}

#[tokio::test]
async fn a_byte_order_mark_before_the_answer_is_removed() {
    let text = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n\u{feff}{}";
    let messenger = Messenger::start(Behaviour::Answer(text.into())).await;
    let outcome = local().outcome(request(messenger.url()), NOW).await;
    assert_eq!(outcome, answered(200, "{}"));
}

#[tokio::test]
async fn without_codes_nothing_is_signed() {
    let messenger = Messenger::ok().await;
    let open = AttemptRequest {
        codes: Vec::new(),
        ..request(messenger.url())
    };
    assert_eq!(local().outcome(open, NOW).await, answered(200, "{}"));
    let seen = messenger.log().requests;
    assert_eq!(seen[0].header("webhook-signature"), None);
    assert_eq!(seen[0].header("webhook-id"), Some("msg_1"));
}

#[tokio::test]
async fn a_request_answered_401_is_repeated_at_once_with_the_old_code() {
    let rotated = |url, old: Option<&str>| AttemptRequest {
        body: b"new".to_vec(),
        old_body: old.map(|old| old.as_bytes().to_vec()),
        ..request(url)
    };
    // What the messenger knows, the old body, the answer, whether by the old code, and the bodies seen.
    for (known, old, status, old_code, seen) in [
        ("old", Some("old"), 200, Some(true), vec!["new", "old"]),
        ("new", Some("old"), 200, Some(false), vec!["new"]),
        ("other", Some("old"), 401, None, vec!["new", "old"]),
        ("old", None, 401, None, vec!["new"]),
        ("new", None, 200, None, vec!["new"]),
    ] {
        let messenger = Messenger::start(Behaviour::Know(known)).await;
        let request = rotated(messenger.url(), old);
        let target = Target::parse(&request.url).unwrap();
        let (outcome, by_old) = local().attempt(&target, request, NOW).await;
        assert_eq!((outcome.status(), by_old), (Some(status), old_code));
        let requests = messenger.log().requests;
        let bodies: Vec<_> = requests.iter().map(|r| r.body.clone()).collect();
        assert_eq!(
            bodies,
            seen.iter().map(|s| s.as_bytes()).collect::<Vec<_>>()
        );
        for request in &requests {
            let headers = signature::Headers {
                id: request.header("webhook-id").unwrap().to_owned(),
                timestamp: request.header("webhook-timestamp").unwrap().to_owned(),
                signature: request.header("webhook-signature").unwrap().to_owned(),
            };
            for code in &self::request("").codes {
                let signed = signature::verify([code], &headers, NOW, &request.body);
                assert_eq!(signed, Ok(0), "each is signed with both codes");
            }
        }
    }
    let hanging = Messenger::start(Behaviour::Hang(String::new())).await;
    let within = AttemptRequest {
        timeout_ms: 80,
        ..rotated(hanging.url(), Some("old"))
    };
    let reason = failure(local().outcome(within, NOW).await);
    assert_eq!(reason, Reason::TimedOut { ms: 80 });
    assert_eq!(hanging.log().requests.len(), 1);
}

#[tokio::test]
async fn invalid_attempts_are_not_sent() {
    let messenger = Messenger::ok().await;
    let attempts = local();
    let forged = AttemptRequest {
        id: "a\r\nx: y".to_owned(),
        ..request(messenger.url())
    };
    let unreadable = AttemptRequest {
        codes: vec![Secret::new("whsec_!")],
        ..request(messenger.url())
    };
    for bad in [forged, unreadable] {
        let reason = failure(attempts.outcome(bad, NOW).await);
        assert!(matches!(reason, Reason::InvalidAttempt { .. }), "{reason}");
        assert!(!reason.to_string().contains("whsec_!"));
    }
    assert_eq!(messenger.log().connections, 0);
}

#[tokio::test]
async fn every_status_is_returned_and_no_redirect_is_followed() {
    let elsewhere = Messenger::ok().await;
    for status in [
        200, 201, 204, 301, 302, 307, 308, 400, 401, 410, 429, 500, 503, 599,
    ] {
        let head = format!(
            "HTTP/1.1 {status} X\r\nLocation: {}\r\nRetry-After: 17\r\nContent-Length: 0\r\n\r\n",
            elsewhere.url()
        );
        let messenger = Messenger::start(Behaviour::Close(head)).await;
        let outcome = local().outcome(request(messenger.url()), NOW).await;
        let wanted = Outcome::Answered {
            status,
            retry_after: Some(17),
            answer: Vec::new(),
        };
        assert_eq!(outcome, wanted);
        assert_eq!(messenger.log().requests.len(), 1);
    }
    assert_eq!(elsewhere.log().connections, 0);
}

#[tokio::test]
async fn a_slow_response_ends_in_a_timeout() {
    for behaviour in [
        Behaviour::Hang(String::new()),
        Behaviour::Hang("HTTP/1.1 200 OK\r\nContent-".to_owned()),
        Behaviour::Drip("HTTP/1.1 200 OK\r\nX-A: ".to_owned()),
    ] {
        let messenger = Messenger::start(behaviour.clone()).await;
        let reason = failure(local().outcome(within(80, messenger.url()), NOW).await);
        assert_eq!(reason, Reason::TimedOut { ms: 80 }, "{behaviour:?}");
        messenger.until(|log| log.closed == 1).await;
        assert_eq!(messenger.log().requests.len(), 1, "sent once");
    }
}

#[tokio::test]
async fn an_endless_body_is_truncated_and_the_connection_closed() {
    for head in [
        "HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffff\r\n",
    ] {
        let attempts = local();
        let messenger = Messenger::start(Behaviour::Flood(head.to_owned())).await;
        // The size limit ends it, not the timeout.
        let attempt = attempts.outcome(request(messenger.url()), NOW);
        let outcome = tokio::time::timeout(Duration::from_secs(9), attempt)
            .await
            .unwrap();
        let truncated = "x".repeat(ANSWER_BYTES_MAX);
        assert_eq!(outcome, answered(200, &truncated), "{head}");
        // The flood ends when the client closes the connection.
        messenger.until(|log| log.closed == 1).await;
    }
}

#[tokio::test]
async fn once_the_head_has_arrived_the_messenger_has_answered() {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"par";
    for behaviour in [
        Behaviour::Hang(head.to_owned()),
        Behaviour::Close(head.to_owned()),
    ] {
        let messenger = Messenger::start(behaviour).await;
        let outcome = local().outcome(within(150, messenger.url()), NOW).await;
        assert_eq!(outcome, answered(200, "{\"par"));
    }
    let messenger = Messenger::start(Behaviour::Drip("HTTP/1.1 202 OK\r\n\r\n".to_owned())).await;
    let outcome = local().outcome(within(100, messenger.url()), NOW).await;
    assert!(
        matches!(&outcome, Outcome::Answered { status: 202, answer, .. } if answer.iter().all(|b| *b == b'x')),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn a_response_that_is_not_http_fails() {
    let long = format!(
        "HTTP/1.1 200 OK\r\nX-A: {}\r\n\r\n",
        "a".repeat(2 * HEAD_BYTES_MAX)
    );
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "X-A: b\r\n".repeat(1_000));
    for (text, reason) in [
        ("", Reason::ConnectionClosed),
        ("SSH-2.0-OpenSSH_9.2\r\n", Reason::NotHttp),
        ("HTTP/1.1 2000 OK\r\n\r\n", Reason::NotHttp),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
            Reason::NotHttp,
        ),
        (long.as_str(), Reason::NotHttp),
        (many.as_str(), Reason::NotHttp),
    ] {
        let messenger = Messenger::start(Behaviour::Close(text.to_owned())).await;
        let failed = failure(local().outcome(request(messenger.url()), NOW).await);
        assert_eq!(failed, reason, "{text:.60}");
    }
}
