//! Every request gets a response, and no unverified one is forwarded. proptest prints the seed of a
//! failing case and saves it.

use bytes::Bytes;
use chat::rpc::Security;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{Method, Request};
use proptest::prelude::*;

use crate::fake_router::access;
use crate::test_gateway::{CODE, TestGateway, message, path};

const HEADERS: [&str; 6] = [
    "webhook-id",
    "webhook-timestamp",
    "webhook-signature",
    "content-type",
    "content-encoding",
    "traceparent",
];

fn header() -> impl Strategy<Value = (HeaderName, HeaderValue)> {
    let value = prop_oneof![
        "[ -~]{0,80}".prop_map(String::into_bytes),
        "v1,[A-Za-z0-9+/=]{0,60}".prop_map(String::into_bytes),
        "[0-9-]{1,20}".prop_map(String::into_bytes),
        prop::collection::vec(0x80_u8..=0xff, 0..20),
    ];
    (prop::sample::select(&HEADERS[..]), value).prop_map(|(name, value)| {
        let value = HeaderValue::from_bytes(&value).unwrap();
        (HeaderName::from_static(name), value)
    })
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        Just(message("guess").into_bytes()),
        prop::collection::vec(any::<u8>(), 0..200),
        r#"[\[\]{}",:a-z0-9\\ ]{0,200}"#.prop_map(String::into_bytes),
        (any::<prop::sample::Index>(), any::<u8>()).prop_map(|(at, byte)| {
            let mut body = message("guess").into_bytes();
            let at = at.index(body.len());
            body[at] = byte;
            body
        }),
    ]
}

fn route() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => Just(path()),
        1 => "[!-~]{0,60}".prop_map(|rest| format!("/{rest}")),
    ]
}

proptest! {
    #[test]
    fn no_unverified_request_is_forwarded(
        path in route(),
        is_get in prop::bool::weighted(0.1),
        has_type in prop::bool::weighted(0.9),
        headers in prop::collection::vec(header(), 0..3),
        body in body(),
    ) {
        let Ok(uri) = path.parse::<hyper::Uri>() else {
            return Ok(());
        };
        let mut request = Request::new(Full::new(Bytes::from(body)));
        *request.uri_mut() = uri;
        *request.method_mut() = if is_get { Method::GET } else { Method::POST };
        if has_type {
            let json = HeaderValue::from_static("application/json");
            request.headers_mut().insert(CONTENT_TYPE, json);
        }
        for (name, value) in headers {
            request.headers_mut().append(name, value);
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        runtime.block_on(async {
            let gateway = TestGateway::new(access(CODE, Security::Token));
            let answer = gateway.ask(request).await;
            assert!((400..500).contains(&answer.status), "{}", answer.status);
            assert!(!answer.code().is_empty());
            assert!(gateway.router.received().is_empty());
        });
    }
}
