//! Connections that are slow, many, large or false. Nothing here waits for a duration: the limits
//! are short, and what must happen is waited for.

use std::num::NonZeroU32;
use std::time::Duration;

use ingress::Config;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::task::JoinSet;

use crate::net::{Client, TestServer, good, head, in_time};
use crate::test_gateway::{CODE, config, message, path};

const SHORT: Duration = Duration::from_millis(100);

#[tokio::test]
async fn a_connection_serves_many_requests() {
    let server = TestServer::start(config()).await;
    let mut client = server.connect().await;
    for _ in 0..3 {
        client.send(&good()).await;
        assert_eq!(client.response().await.unwrap().status, 200);
    }
    drop(client);
    server.end().await;
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let server = TestServer::start(config()).await;
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
    let config = Config {
        header_read_timeout: SHORT,
        ..config()
    };
    let server = TestServer::start(config).await;
    let mut silent = server.connect().await;
    let mut slow = server.connect().await;
    slow.send("POST / HTTP/1.1\r\nhost: x\r\nx-slow: ").await;
    let mut idle = server.connect().await;
    idle.send(&good()).await;
    assert_eq!(idle.response().await.unwrap().status, 200);
    for client in [&mut silent, &mut slow, &mut idle] {
        assert_eq!(client.ended().await, 0);
    }
    server.end().await;
}

#[tokio::test]
async fn a_trickling_head_is_closed_too() {
    let config = Config {
        header_read_timeout: SHORT,
        ..config()
    };
    let server = TestServer::start(config).await;
    let mut client = server.connect().await;
    client.send("POST / HTTP/1.1\r\n").await;
    let trickle = async {
        while client.try_send(b"x: y\r\n").await.is_ok() {
            tokio::time::sleep(SHORT / 10).await;
        }
    };
    in_time(trickle).await;
}

#[tokio::test]
async fn a_slow_body_gets_408_and_is_closed() {
    let config = Config {
        body_timeout: SHORT,
        ..config()
    };
    let server = TestServer::start(config).await;
    let mut client = server.connect().await;
    client.send(&format!("{}{{", head(100))).await;
    let response = client.response().await.unwrap();
    assert_eq!(response.status, 408, "{response:?}");
    assert!(response.head.contains("connection: close"), "{response:?}");
    assert!(response.body.contains("request_timeout"), "{response:?}");
    assert_eq!(client.ended().await, 0);
    assert_eq!(server.router.access_requests(), 0);
}

#[tokio::test]
async fn an_incomplete_body_is_not_forwarded() {
    let server = TestServer::start(config()).await;
    let body = message(CODE);
    let (mut reader, mut writer) = server.connect().await.split();
    let request = format!("{}{body}", head(body.len() + 1));
    writer.write_all(request.as_bytes()).await.unwrap();
    writer.shutdown().await.unwrap();
    let mut response = String::new();
    in_time(reader.read_to_string(&mut response)).await.unwrap();
    assert!(!response.contains(" 200 "), "{response}");
    assert!(server.router.received().is_empty());
}

#[tokio::test]
async fn a_large_content_length_is_refused_before_the_body() {
    let server = TestServer::start(config()).await;
    let mut client = server.connect().await;
    let large = head(10 * 1024 * 1024 * 1024);
    let large = large.replace("\r\n\r\n", "\r\nexpect: 100-continue\r\n\r\n");
    client.send(&large).await;
    let response = client.response().await.unwrap();
    assert_eq!(response.status, 413, "{response:?}");
    assert_eq!(client.ended().await, 0);
}

#[tokio::test]
async fn a_client_that_keeps_sending_is_not_reset_at_once() {
    let server = TestServer::start(config()).await;
    let mut client = server.connect().await;
    client.send(&head(1024 * 1024)).await;
    assert_eq!(client.response().await.unwrap().status, 413);
    for _ in 0..8 {
        client.send(&" ".repeat(16 * 1024)).await;
    }
    assert_eq!(client.ended().await, 0);
}

#[tokio::test]
async fn a_small_body_gets_100_continue() {
    let server = TestServer::start(config()).await;
    let mut client = server.connect().await;
    let body = message(CODE);
    let waits = head(body.len()).replace("\r\n\r\n", "\r\nexpect: 100-continue\r\n\r\n");
    client.send(&waits).await;
    assert_eq!(client.response().await.unwrap().status, 100);
    client.send(&body).await;
    assert_eq!(client.response().await.unwrap().status, 200);
}

#[tokio::test]
async fn a_large_chunked_body_is_refused_while_it_arrives() {
    let server = TestServer::start(config()).await;
    let (mut reader, mut writer) = server.connect().await.split();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let head = head(0).replace("content-length: 0", "transfer-encoding: chunked");
        let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
        let mut sent = writer.write_all(head.as_bytes()).await;
        for _ in 0..160 {
            if sent.is_ok() {
                sent = writer.write_all(chunk.as_bytes()).await;
            }
        }
        sent.is_ok()
    });
    let mut response = Vec::new();
    // The end may be a reset, because we went on sending.
    let _end = in_time(reader.read_to_end(&mut response)).await;
    let response = String::from_utf8(response).unwrap();
    assert!(response.starts_with("HTTP/1.1 413 "), "{response}");
    assert!(response.contains("\"too_large\""), "{response}");
    let was_all_taken = in_time(tasks.join_next()).await.unwrap().unwrap();
    assert!(!was_all_taken, "10 MiB are not read");
    assert_eq!(server.router.access_requests(), 0);
}

#[tokio::test]
async fn a_valid_chunked_body_is_accepted() {
    let server = TestServer::start(config()).await;
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
async fn bytes_after_a_refused_body_are_not_a_request() {
    let server = TestServer::start(config()).await;
    let mut client = server.connect().await;
    let smuggled = format!("{}{}", head(1024 * 1024), good());
    client.send(&smuggled).await;
    assert_eq!(client.response().await.unwrap().status, 413);
    assert_eq!(client.ended().await, 0);
    assert!(server.router.received().is_empty());
}

#[tokio::test]
async fn a_request_of_two_lengths_is_not_two_requests() {
    let server = TestServer::start(config()).await;
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
    let server = TestServer::start(config()).await;
    let lines = |count: usize| "x: y\r\n".repeat(count);
    let bytes = |count: usize| format!("x: {}\r\n", "y".repeat(count));
    for (case, flood) in [
        ("a line too many", lines(65)),
        ("many lines", lines(100_000)),
        ("some bytes too many", bytes(17 * 1024)),
        ("many bytes", bytes(1024 * 1024)),
    ] {
        let (mut reader, mut writer) = server.connect().await.split();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let request = format!("POST / HTTP/1.1\r\n{flood}\r\n");
            // The server responds and closes before all of it is sent.
            let _sent = writer.write_all(request.as_bytes()).await;
        });
        let mut response = Vec::new();
        let _end = in_time(reader.read_to_end(&mut response)).await;
        let response = String::from_utf8(response).unwrap();
        assert!(response.starts_with("HTTP/1.1 431 "), "{case}: {response}");
        tasks.shutdown().await;
    }
}

#[tokio::test]
async fn bytes_that_are_not_http_are_closed() {
    let server = TestServer::start(config()).await;
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

/// Tries until there is a place, which there is once the gateway has seen another one's end.
async fn until_served(server: &TestServer) -> Client {
    let tried = async {
        loop {
            let mut client = server.connect().await;
            if client.try_send(good().as_bytes()).await.is_ok()
                && client
                    .response()
                    .await
                    .is_some_and(|response| response.status == 200)
            {
                return client;
            }
        }
    };
    in_time(tried).await
}

async fn check_full(server: &TestServer) {
    let mut first = until_served(server).await;
    let mut second = server.connect().await;
    let response = second.response().await.unwrap();
    assert_eq!(response.status, 503, "{response:?}");
    assert!(response.head.contains("retry-after: 3\r\n"), "{response:?}");
    assert!(response.head.contains("connection: close"), "{response:?}");
    assert!(response.body.contains("\"unavailable\""), "{response:?}");
    assert_eq!(second.ended().await, 0);
    first.send(&good()).await;
    assert_eq!(first.response().await.unwrap().status, 200, "not disturbed");
    drop(first);
    until_served(server).await;
}

#[tokio::test]
async fn a_connection_over_the_limit_gets_503() {
    let config = Config {
        connections_max: 1,
        ..config()
    };
    check_full(&TestServer::start(config).await).await;
}

#[tokio::test]
async fn a_connection_over_the_limit_of_its_source_gets_503() {
    let config = Config {
        connections_per_source_max: NonZeroU32::new(1),
        ..config()
    };
    check_full(&TestServer::start(config).await).await;
}

#[tokio::test]
async fn many_slow_connections_are_closed_and_do_not_block_others() {
    let config = Config {
        header_read_timeout: Duration::from_secs(1),
        body_timeout: Duration::from_secs(1),
        ..config()
    };
    let server = TestServer::start(config).await;
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
    let config = Config {
        write_timeout: SHORT,
        ..config()
    };
    let server = TestServer::start(config).await;
    let mut client = server.connect_narrow().await;
    let request = format!("GET {} HTTP/1.1\r\nhost: x\r\n\r\n", path()).repeat(100);
    let flood = async { while client.try_send(request.as_bytes()).await.is_ok() {} };
    in_time(flood).await;
}
