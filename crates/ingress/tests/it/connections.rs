//! Slow, excessive, large and malformed connections. The limits are short, and the tests wait for events
//! instead of durations.

use std::num::NonZeroU32;
use std::time::Duration;

use ingress::Config;

use crate::net::{Client, TestServer, good, head, in_time};
use crate::test_gateway::{CODE, message, path};

const SHORT: Duration = Duration::from_millis(100);
/// The end of the head of a request that waits before it sends its body.
const EXPECT: &str = "\r\nexpect: 100-continue\r\n\r\n";

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let server = TestServer::start().await;
    let mut client = server.connect().await;
    let other = good().replacen("POST", "PUT", 1);
    client.send(&format!("{}{other}{}", good(), good())).await;
    for status in [200, 405, 200] {
        assert_eq!(client.response().await.unwrap().status, status);
    }
    assert_eq!(server.router.received().len(), 2);
}

#[tokio::test]
async fn a_slow_head_is_closed() {
    let server = TestServer::with(|config| config.header_read_timeout = SHORT).await;
    let mut silent = server.connect().await;
    let mut slow = server.connect().await;
    slow.send("POST / HTTP/1.1\r\nhost: x\r\nx-slow: ").await;
    let mut second = server.connect().await;
    second.send(&good()).await;
    assert_eq!(second.response().await.unwrap().status, 200);
    second.send("P").await;
    for client in [&mut silent, &mut slow, &mut second] {
        assert_eq!(client.ended().await, 0);
    }
    let mut trickling = server.connect().await;
    trickling.send("POST / HTTP/1.1\r\n").await;
    let trickle = async {
        while trickling.try_send(b"x: y\r\n").await.is_ok() {
            tokio::time::sleep(SHORT / 10).await;
        }
    };
    in_time(trickle).await;
    server.end().await;
}

#[tokio::test]
async fn an_idle_connection_is_kept_for_longer_than_a_head_may_take() {
    let server = TestServer::with(|config| config.header_read_timeout = SHORT).await;
    let mut client = server.connect().await;
    for _ in 0..3 {
        client.send(&good()).await;
        assert_eq!(client.response().await.unwrap().status, 200);
        tokio::time::sleep(3 * SHORT).await;
    }
    let server = TestServer::with(|config| config.idle_timeout = SHORT).await;
    let mut client = server.connect().await;
    tokio::time::sleep(3 * SHORT).await;
    for part in [good().as_str(), ""] {
        client.send(part).await;
    }
    let response = client.response().await.unwrap();
    assert_eq!(response.status, 200, "a new connection has the head's time");
    assert!(!response.head.contains("connection: close"));
    assert_eq!(client.ended().await, 0);
}

#[tokio::test]
async fn an_idle_connection_is_closed_when_its_place_is_needed() {
    let limit = |config: &mut Config| config.connections_per_source_max = NonZeroU32::new(2);
    let server = TestServer::with(limit).await;
    let mut idle = Vec::new();
    for _ in 0..2 {
        let mut client = server.connect().await;
        client.send(&good()).await;
        assert_eq!(client.response().await.unwrap().status, 200);
        idle.push(client);
    }
    let mut third = server.connect().await;
    assert_eq!(idle[0].ended().await, 0, "the longest idle one");
    third.send(&good()).await;
    assert_eq!(third.response().await.unwrap().status, 200);
    idle[1].send(&good()).await;
    assert_eq!(idle[1].response().await.unwrap().status, 200, "kept");
    drop((idle, third));
    server.end().await;
}

#[tokio::test]
async fn a_response_announces_the_close_when_connections_run_out() {
    let server = TestServer::with(|config| config.connections_max = 8).await;
    let mut clients = Vec::new();
    for nth in 1..=7 {
        let mut client = server.connect().await;
        client.send(&good()).await;
        let response = client.response().await.unwrap();
        let closes = response.head.contains("connection: close\r\n");
        assert_eq!((response.status, closes), (200, nth == 7), "{nth}");
        clients.push(client);
    }
    assert_eq!(clients[6].ended().await, 0);
}

#[tokio::test]
async fn a_slow_body_gets_408_and_is_closed() {
    let server = TestServer::with(|config| config.body_timeout = SHORT).await;
    let mut client = server.connect().await;
    client.send(&format!("{}{{", head(100))).await;
    let response = client.response().await.unwrap();
    assert_eq!(response.status, 408, "{response:?}");
    assert!(response.head.contains("connection: close"), "{response:?}");
    assert!(response.body.contains("request_timeout"), "{response:?}");
    assert_eq!(client.ended().await, 0);
    assert_eq!(server.router.access_requests(), 0);
}

/// A valid request with a large body.
fn large() -> String {
    let body = format!("{}{}", message(CODE), " ".repeat(20_000));
    format!("{}{body}", head(body.len()))
}

#[tokio::test]
async fn stalled_large_bodies_leave_places_for_others_and_lose_theirs() {
    let server = TestServer::with(|config| {
        (config.large_bodies_max, config.connections_per_source_max) = (8, NonZeroU32::new(1000));
        // Longer than the test waits.
        config.body_timeout = Duration::from_hours(1);
    })
    .await;
    let begun = format!("{}{}", head(100_000), " ".repeat(20_000));
    let mut stalled = Vec::new();
    for _ in 0..8 {
        let mut client = server.connect_from("127.0.0.9").await;
        client.send(&begun).await;
        stalled.push(client);
    }
    let mut statuses = Vec::new();
    for client in &mut stalled[2..] {
        statuses.push(client.response().await.unwrap().status);
    }
    assert_eq!(statuses, [503; 6], "a source has two of eight places");
    let mut other = server.connect().await;
    other.send(&large()).await;
    assert_eq!(other.response().await.unwrap().status, 200);
    // A trickle is no progress.
    let trickle = async {
        while stalled[1].try_send(b" ").await.is_ok() {
            tokio::time::sleep(SHORT).await;
        }
    };
    in_time(trickle).await;
    assert_eq!(stalled[0].response().await.unwrap().status, 408);
    let mut same = server.connect_from("127.0.0.9").await;
    same.send(&large()).await;
    assert_eq!(same.response().await.unwrap().status, 200);
}

#[tokio::test]
async fn a_fragment_in_a_target_gets_400() {
    let server = TestServer::start().await;
    for (at, status) in [("#top", 400), ("#", 400), ("?a=%23b", 200)] {
        let mut client = server.connect().await;
        client.send(&good()).await;
        assert_eq!(client.response().await.unwrap().status, 200);
        let target = format!("{}{at} HTTP", path());
        let request = good().replacen(&format!("{} HTTP", path()), &target, 1);
        client.send(&request).await;
        assert_eq!(client.response().await.unwrap().status, status, "{at}");
    }
}

#[tokio::test]
async fn an_incomplete_body_is_not_forwarded() {
    let server = TestServer::start().await;
    let body = message(CODE);
    let request = format!("{}{body}", head(body.len() + 1));
    let (response, _) = server.connect().await.exchange(&request).await;
    assert!(!response.contains(" 200 "), "{response}");
    assert!(server.router.received().is_empty());
}

#[tokio::test]
async fn a_large_content_length_gets_413_and_the_body_is_not_read() {
    let server = TestServer::start().await;
    let expecting = head(10 << 30).replace("\r\n\r\n", EXPECT);
    let large = head(1 << 20);
    let smuggling = format!("{large}{}", good());
    for (case, request, rest) in [
        ("the client waits for 100 Continue", &expecting, ""),
        (
            "a client that keeps sending is not reset",
            &large,
            &" ".repeat(1 << 17),
        ),
        ("the body is not a request", &smuggling, ""),
    ] {
        let mut client = server.connect().await;
        client.send(request).await;
        assert_eq!(client.response().await.unwrap().status, 413, "{case}");
        client.send(rest).await;
        assert_eq!(client.ended().await, 0, "{case}");
    }
    assert!(server.router.received().is_empty());
}

#[tokio::test]
async fn a_small_body_gets_100_continue() {
    let server = TestServer::start().await;
    let mut client = server.connect().await;
    let body = message(CODE);
    let waits = head(body.len()).replace("\r\n\r\n", EXPECT);
    client.send(&waits).await;
    assert_eq!(client.response().await.unwrap().status, 100);
    client.send(&body).await;
    assert_eq!(client.response().await.unwrap().status, 200);
}

#[tokio::test]
async fn a_large_chunked_body_is_refused_while_it_arrives() {
    let server = TestServer::start().await;
    let head = head(0).replace("content-length: 0", "transfer-encoding: chunked");
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
    let request = format!("{head}{}", chunk.repeat(160));
    let (response, was_all_sent) = server.connect().await.exchange(&request).await;
    assert!(response.starts_with("HTTP/1.1 413 "), "{response}");
    assert!(response.contains("\"too_large\""), "{response}");
    assert!(!was_all_sent, "10 MiB are not read");
    assert_eq!(server.router.access_requests(), 0);
}

#[tokio::test]
async fn a_valid_chunked_body_is_accepted() {
    let server = TestServer::start().await;
    let mut client = server.connect().await;
    let request = head(0).replace("content-length: 0", "transfer-encoding: chunked");
    let body = message(CODE);
    let chunks = body.as_bytes().chunks(7).map(|part| {
        let text = std::str::from_utf8(part).unwrap();
        format!("{:x}\r\n{text}\r\n", part.len())
    });
    let chunks: String = chunks.collect();
    client
        .send(&format!("{request}{chunks}0\r\nx-trailer: y\r\n\r\n"))
        .await;
    assert_eq!(client.response().await.unwrap().status, 200);
}

#[tokio::test]
async fn a_request_of_two_lengths_is_not_two_requests() {
    let server = TestServer::start().await;
    let inner = good();
    for framing in [
        format!(
            "transfer-encoding: chunked\r\ncontent-length: {}",
            inner.len() + 5
        ),
        "content-length: 5\r\ncontent-length: 6".to_owned(),
        "content-length: 5, 6".to_owned(),
        "content-length: +5".to_owned(),
        "transfer-encoding: chunked, identity".to_owned(),
    ] {
        let mut client = server.connect().await;
        let outer = head(0).replace("content-length: 0", &framing);
        client.send(&format!("{outer}0\r\n\r\n{inner}")).await;
        let first = client.response().await.unwrap();
        assert_eq!(first.status, 400, "{framing}: {first:?}");
        assert_eq!(client.ended().await, 0, "{framing}");
        assert!(server.router.received().is_empty(), "{framing}");
    }
}

#[tokio::test]
async fn a_head_has_limits() {
    let server = TestServer::start().await;
    let bytes = |count: usize| format!("x: {}\r\n", "y".repeat(count));
    for (case, flood) in [
        ("one line more than allowed", "x: y\r\n".repeat(65)),
        ("many lines", "x: y\r\n".repeat(100_000)),
        ("1 KiB more than allowed", bytes(17 * 1024)),
        ("many bytes", bytes(1024 * 1024)),
    ] {
        let request = format!("POST / HTTP/1.1\r\n{flood}\r\n");
        let (response, _) = server.connect().await.exchange(&request).await;
        assert!(response.starts_with("HTTP/1.1 431 "), "{case}: {response}");
    }
}

#[tokio::test]
async fn bytes_that_are_not_http_are_closed() {
    let server = TestServer::start().await;
    for bytes in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\0\0\0\0\0\0\0\0\r\n\r\n",
        b"GET\r\n\r\n",
    ] {
        let mut client = server.connect().await;
        in_time(client.try_send(bytes)).await.unwrap();
        client.ended().await;
    }
    assert!(server.router.received().is_empty());
}

/// Connects until a request is served: the gateway notices the end of another connection late.
async fn until_served(server: &TestServer) -> Client {
    let tried = async {
        loop {
            let mut client = server.connect().await;
            let sent = client.try_send(good().as_bytes()).await;
            let response = client.response().await;
            if sent.is_ok() && response.is_some_and(|response| response.status == 200) {
                return client;
            }
        }
    };
    in_time(tried).await
}

#[tokio::test]
async fn a_connection_over_a_limit_gets_503() {
    let limits: [fn(&mut Config); 2] = [
        |config| config.connections_max = 1,
        |config| config.connections_per_source_max = NonZeroU32::new(1),
    ];
    for limit in limits {
        let server = TestServer::with(limit).await;
        server.router.hold();
        let mut first = server.connect().await;
        first.send(&good()).await;
        server.router.arrival().await;
        let mut second = server.connect().await;
        let response = second.response().await.unwrap();
        assert_eq!(response.status, 503, "{response:?}");
        assert!(response.head.contains("retry-after: 3\r\n"), "{response:?}");
        assert!(response.head.contains("connection: close"), "{response:?}");
        assert!(response.body.contains("\"unavailable\""), "{response:?}");
        assert_eq!(second.ended().await, 0);
        server.router.release();
        assert_eq!(first.response().await.unwrap().status, 200, "not disturbed");
        for _ in 0..100 {
            server.router.release();
        }
        drop(first);
        until_served(&server).await;
    }
}

#[tokio::test]
async fn many_slow_connections_are_closed_and_do_not_block_others() {
    let second = Duration::from_secs(1);
    let server = TestServer::with(|config| {
        (config.header_read_timeout, config.body_timeout) = (second, second);
    })
    .await;
    let mut slow = Vec::new();
    for at in 0..500 {
        let mut client = server.connect().await;
        let begun = if at % 2 == 0 {
            "POST / HTTP/1.1\r\nx".to_owned()
        } else {
            format!("{}{{", head(1000))
        };
        client.send(&begun).await;
        slow.push(client);
    }
    let mut honest = server.connect().await;
    honest.send(&good()).await;
    assert_eq!(honest.response().await.unwrap().status, 200);
    for client in &mut slow {
        client.ended().await;
    }
    drop((slow, honest));
    server.end().await;
}

#[tokio::test]
async fn a_client_that_reads_no_responses_is_closed() {
    let server = TestServer::with(|config| config.write_timeout = SHORT).await;
    let mut client = server.connect_narrow().await;
    let request = format!("GET {} HTTP/1.1\r\nhost: x\r\n\r\n", path()).repeat(100);
    let flood = async { while client.try_send(request.as_bytes()).await.is_ok() {} };
    in_time(flood).await;
}
