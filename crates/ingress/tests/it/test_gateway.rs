//! A gateway without sockets, at a time that the test sets.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use bytes::Bytes;
use chat::messenger::outbound::WEBHOOK_PATH;
use chat::rpc::{Access, Security};
use chat::time::Timestamp;
use http_body_util::{BodyExt as _, Full};
use hyper::header::{CONTENT_TYPE, HeaderName};
use hyper::{HeaderMap, Method, Request, StatusCode};
use ingress::{Config, Gateway, PROBLEM_TYPE};
use serde_json::Value;
use standardwebhooks::Webhook;

use crate::fake_router::{FakeRouter, access};

pub(crate) const CHANNEL: &str = "0190f5fe-7a3b-7c44-9d55-0123456789ab";
pub(crate) const CODE: &str = "correct horse battery staple";
/// The time of the tests, in seconds since 1970.
pub(crate) const NOW: i64 = 1_795_000_000;

pub(crate) fn path() -> String {
    format!("{WEBHOOK_PATH}{CHANNEL}")
}

/// Limits that no test reaches by accident: longer than `in_time` waits.
pub(crate) fn config() -> Config {
    let long = Duration::from_mins(10);
    Config {
        rate: None,
        connections_max: 1024,
        connections_per_source_max: None,
        headers_max: 64,
        header_bytes_max: 16 * 1024,
        header_read_timeout: long,
        idle_timeout: long,
        body_timeout: long,
        write_timeout: long,
        large_bodies_max: 16,
        router_timeout: long,
        drain_timeout: long,
    }
}

pub(crate) fn rate(per_second: u32, burst: u32) -> Option<ingress::Rate> {
    Some(ingress::Rate {
        per_second: NonZeroU32::new(per_second)?,
        burst: NonZeroU32::new(burst)?,
    })
}

/// A message's body with a token.
pub(crate) fn message(token: &str) -> String {
    serde_json::json!({
        "type": "message", "token": token,
        "data": {
            "externalMessageId": "m-1", "externalChatId": "c-1", "externalUserId": "u-1",
            "text": "hello",
        },
    })
    .to_string()
}

/// A message's body without a token.
pub(crate) fn bare_message() -> String {
    message("").replace(r#","token":"""#, "")
}

/// The three headers, signed by the reference implementation with the code's bytes.
pub(crate) fn signed(code: &str, id: &str, timestamp: i64, body: &str) -> Vec<(String, String)> {
    let webhook = Webhook::from_bytes(code.as_bytes().to_vec()).unwrap();
    headers(&webhook, id, timestamp, body)
}

pub(crate) fn headers(
    webhook: &Webhook,
    id: &str,
    timestamp: i64,
    body: &str,
) -> Vec<(String, String)> {
    let signature = webhook.sign(id, timestamp, body.as_bytes()).unwrap();
    vec![
        ("webhook-id".to_owned(), id.to_owned()),
        ("webhook-timestamp".to_owned(), timestamp.to_string()),
        ("webhook-signature".to_owned(), signature),
    ]
}

/// A complete response.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    /// Checks the members that every problem has, and returns the code.
    pub(crate) fn code(&self) -> &str {
        assert_eq!(self.headers[CONTENT_TYPE], "application/problem+json");
        assert_eq!(self.body["status"], self.status);
        let code = self.body["code"].as_str().unwrap();
        assert_eq!(self.body["type"], format!("{PROBLEM_TYPE}{code}"));
        assert!(!self.body["title"].as_str().unwrap().is_empty());
        assert!(!self.body["detail"].as_str().unwrap().is_empty());
        code
    }
}

/// A gateway and its fake router.
pub(crate) struct TestGateway {
    pub(crate) gateway: Gateway<FakeRouter>,
    pub(crate) router: FakeRouter,
    now: i64,
}

impl TestGateway {
    pub(crate) fn new(access: Access) -> Self {
        Self::build(access, &config())
    }

    /// A channel in token mode, whose code is [`CODE`].
    pub(crate) fn token() -> Self {
        Self::with(|_| {})
    }

    /// The same with changed limits.
    pub(crate) fn with(change: impl FnOnce(&mut Config)) -> Self {
        let mut config = config();
        change(&mut config);
        Self::build(access(CODE, Security::Token), &config)
    }

    fn build(access: Access, config: &Config) -> Self {
        let router = FakeRouter::new(access);
        Self {
            gateway: Gateway::new(config, router.clone()),
            router,
            now: NOW,
        }
    }

    /// Advances the clock by seconds.
    pub(crate) fn pass(&mut self, secs: i64) {
        self.now += secs;
    }

    pub(crate) fn now(&self) -> i64 {
        self.now
    }

    pub(crate) async fn ask(&self, request: Request<Full<Bytes>>) -> Answer {
        let now = Timestamp::from_micros(self.now * 1_000_000);
        let response = self
            .gateway
            .handle(request, IpAddr::from([192, 0, 2, 1]), now);
        let (head, mut body) = response.await.into_parts();
        let bytes = match body.frame().await {
            Some(frame) => frame.unwrap().into_data().unwrap(),
            None => Bytes::new(),
        };
        Answer {
            status: head.status.as_u16(),
            headers: head.headers,
            body: serde_json::from_slice(&bytes).unwrap(),
        }
    }

    /// Posts a body to the channel, with these headers besides the media type.
    pub(crate) async fn post(&self, headers: &[(String, String)], body: &str) -> Answer {
        self.ask(request(Method::POST, &path(), headers, body))
            .await
    }

    /// Requests the channel's health.
    pub(crate) async fn get(&self, headers: &[(String, String)]) -> Answer {
        self.ask(request(Method::GET, &path(), headers, "")).await
    }
}

/// A JSON request.
pub(crate) fn request(
    method: Method,
    path: &str,
    headers: &[(String, String)],
    body: &str,
) -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::new(Bytes::copy_from_slice(body.as_bytes())));
    *request.method_mut() = method;
    *request.uri_mut() = path.parse().unwrap();
    let map = request.headers_mut();
    map.insert(CONTENT_TYPE, "application/json".parse().unwrap());
    for (name, value) in headers {
        let name: HeaderName = name.parse().unwrap();
        map.append(
            name,
            hyper::header::HeaderValue::from_bytes(value.as_bytes()).unwrap(),
        );
    }
    request
}

/// Checks that an answer is this problem.
#[track_caller]
pub(crate) fn assert_problem(answer: &Answer, status: u16, code: &str, case: &str) {
    assert_eq!((answer.status, answer.code()), (status, code), "{case}");
}

/// Checks that an answer is a success.
#[track_caller]
pub(crate) fn assert_ok(answer: &Answer, case: &str) {
    assert_eq!(answer.status, StatusCode::OK, "{case}: {}", answer.body);
    assert_eq!(answer.headers[CONTENT_TYPE], "application/json", "{case}");
}
