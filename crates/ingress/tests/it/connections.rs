//! Connections that are slow, many, large or false. Nothing here waits for a duration: the limits
//! are short, and what must happen is waited for.

use std::num::NonZeroU32;
use std::time::Duration;

use ingress::Config;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::task::JoinSet;

use crate::net::{Client, Served, good, head, must};
use crate::scene::{CODE, config, message, path};

const SHORT: Duration = Duration::from_millis(100);

#[tokio::test]
async fn a_connection_serves_many_requests() {
    let served = Served::start(config()).await;
    let mut client = served.connect().await;
    for _ in 0..3 {
        client.send(&good()).await;
        assert_eq!(client.hear().await.unwrap().status, 200);
    }
    drop(client);
    served.end().await;
}

#[tokio::test]
async fn requests_that_do_not_wait_are_answered_in_order() {
    let served = Served::start(config()).await;
    let mut client = served.connect().await;
    let other = good().replacen("POST", "PUT", 1);
    client.send(&format!("{}{other}{}", good(), good())).await;
    for status in [200, 405, 200] {
        assert_eq!(client.hear().await.unwrap().status, status);
    }
    assert_eq!(served.fake.said().len(), 2);
}

#[tokio::test]
async fn a_slow_head_is_closed() {
    let config = Config {
        header_read_timeout: SHORT,
        ..config()
    };
    let served = Served::start(config).await;
    let mut silent = served.connect().await;
    let mut slow = served.connect().await;
    slow.send("POST / HTTP/1.1\r\nhost: x\r\nx-slow: ").await;
    let mut idle = served.connect().await;
    idle.send(&good()).await;
    assert_eq!(idle.hear().await.unwrap().status, 200);
    for client in [&mut silent, &mut slow, &mut idle] {
        assert_eq!(client.ended().await, 0);
    }
    served.end().await;
}

#[tokio::test]
async fn a_trickling_head_is_closed_all_the_same() {
    let config = Config {
        header_read_timeout: SHORT,
        ..config()
    };
    let served = Served::start(config).await;
    let mut client = served.connect().await;
    client.send("POST / HTTP/1.1\r\n").await;
    let trickle = async {
        while client.try_send(b"x: y\r\n").await.is_ok() {
            tokio::time::sleep(SHORT / 10).await;
        }
    };
    must(trickle).await;
}

#[tokio::test]
async fn a_slow_body_is_told_and_closed() {
    let config = Config {
        body_timeout: SHORT,
        ..config()
    };
    let served = Served::start(config).await;
    let mut client = served.connect().await;
    client.send(&format!("{}{{", head(100))).await;
    let heard = client.hear().await.unwrap();
    assert_eq!(heard.status, 408, "{heard:?}");
    assert!(heard.head.contains("connection: close"), "{heard:?}");
    assert!(heard.body.contains("request_timeout"), "{heard:?}");
    assert_eq!(client.ended().await, 0);
    assert_eq!(served.fake.access_asked(), 0);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_not_passed_on() {
    let served = Served::start(config()).await;
    let body = message(CODE);
    let (mut reader, mut writer) = served.connect().await.split();
    let request = format!("{}{body}", head(body.len() + 1));
    writer.write_all(request.as_bytes()).await.unwrap();
    writer.shutdown().await.unwrap();
    let mut heard = String::new();
    must(reader.read_to_string(&mut heard)).await.unwrap();
    assert!(!heard.contains(" 200 "), "{heard}");
    assert!(served.fake.said().is_empty());
}

#[tokio::test]
async fn a_declared_large_body_is_refused_before_it_comes() {
    let served = Served::start(config()).await;
    let mut client = served.connect().await;
    let large = head(10 * 1024 * 1024 * 1024);
    let large = large.replace("\r\n\r\n", "\r\nexpect: 100-continue\r\n\r\n");
    client.send(&large).await;
    let heard = client.hear().await.unwrap();
    assert_eq!(heard.status, 413, "{heard:?}");
    assert_eq!(client.ended().await, 0);
}

#[tokio::test]
async fn a_client_that_goes_on_sending_is_not_reset_at_once() {
    let served = Served::start(config()).await;
    let mut client = served.connect().await;
    client.send(&head(1024 * 1024)).await;
    assert_eq!(client.hear().await.unwrap().status, 413);
    for _ in 0..8 {
        client.send(&" ".repeat(16 * 1024)).await;
    }
    assert_eq!(client.ended().await, 0);
}

#[tokio::test]
async fn a_small_body_that_waits_to_be_wanted_is_wanted() {
    let served = Served::start(config()).await;
    let mut client = served.connect().await;
    let body = message(CODE);
    let waits = head(body.len()).replace("\r\n\r\n", "\r\nexpect: 100-continue\r\n\r\n");
    client.send(&waits).await;
    assert_eq!(client.hear().await.unwrap().status, 100);
    client.send(&body).await;
    assert_eq!(client.hear().await.unwrap().status, 200);
}

#[tokio::test]
async fn a_large_body_in_chunks_is_refused_while_it_comes() {
    let served = Served::start(config()).await;
    let (mut reader, mut writer) = served.connect().await.split();
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
    let mut heard = Vec::new();
    // The end may be a reset, because we went on sending.
    let _end = must(reader.read_to_end(&mut heard)).await;
    let heard = String::from_utf8(heard).unwrap();
    assert!(heard.starts_with("HTTP/1.1 413 "), "{heard}");
    assert!(heard.contains("\"too_large\""), "{heard}");
    let was_all_taken = must(tasks.join_next()).await.unwrap().unwrap();
    assert!(!was_all_taken, "10 MiB are not read");
    assert_eq!(served.fake.access_asked(), 0);
}

#[tokio::test]
async fn a_good_body_in_chunks_is_taken() {
    let served = Served::start(config()).await;
    let mut client = served.connect().await;
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
    assert_eq!(client.hear().await.unwrap().status, 200);
}

#[tokio::test]
async fn what_follows_a_refused_body_is_no_request() {
    let served = Served::start(config()).await;
    let mut client = served.connect().await;
    let smuggled = format!("{}{}", head(1024 * 1024), good());
    client.send(&smuggled).await;
    assert_eq!(client.hear().await.unwrap().status, 413);
    assert_eq!(client.ended().await, 0);
    assert!(served.fake.said().is_empty());
}

#[tokio::test]
async fn a_request_of_two_lengths_is_not_two_requests() {
    let served = Served::start(config()).await;
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
        let mut client = served.connect().await;
        let outer = head(0).replace("content-length: 0", &framing);
        client.send(&format!("{outer}0\r\n\r\n{inner}")).await;
        let first = client.hear().await.unwrap();
        assert_eq!(first.status, 400, "{framing}: {first:?}");
        assert_eq!(client.ended().await, 0, "{framing}");
        assert!(served.fake.said().is_empty(), "{framing}");
    }
}

#[tokio::test]
async fn a_head_has_limits() {
    let served = Served::start(config()).await;
    let lines = |count: usize| "x: y\r\n".repeat(count);
    let bytes = |count: usize| format!("x: {}\r\n", "y".repeat(count));
    for (case, flood) in [
        ("a line too many", lines(65)),
        ("many lines", lines(100_000)),
        ("some bytes too many", bytes(17 * 1024)),
        ("many bytes", bytes(1024 * 1024)),
    ] {
        let (mut reader, mut writer) = served.connect().await.split();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let request = format!("POST / HTTP/1.1\r\n{flood}\r\n");
            // It is told and closed before all of it is sent.
            let _sent = writer.write_all(request.as_bytes()).await;
        });
        let mut heard = Vec::new();
        let _end = must(reader.read_to_end(&mut heard)).await;
        let heard = String::from_utf8(heard).unwrap();
        assert!(heard.starts_with("HTTP/1.1 431 "), "{case}: {heard}");
        tasks.shutdown().await;
    }
}

#[tokio::test]
async fn what_is_not_http_is_closed() {
    let served = Served::start(config()).await;
    for bytes in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\0\0\0\0\0\0\0\0\r\n\r\n",
        b"GET\r\n\r\n",
    ] {
        let mut client = served.connect().await;
        must(client.try_send(bytes)).await.unwrap();
        client.ended().await;
    }
    assert!(served.fake.said().is_empty());
}

/// Tries until there is a place, which there is once the gateway has seen another one's end.
async fn until_served(served: &Served) -> Client {
    let tried = async {
        loop {
            let mut client = served.connect().await;
            if client.try_send(good().as_bytes()).await.is_ok()
                && client.hear().await.is_some_and(|heard| heard.status == 200)
            {
                return client;
            }
        }
    };
    must(tried).await
}

async fn check_full(served: &Served) {
    let mut first = until_served(served).await;
    let mut second = served.connect().await;
    let heard = second.hear().await.unwrap();
    assert_eq!(heard.status, 503, "{heard:?}");
    assert!(heard.head.contains("retry-after: 3\r\n"), "{heard:?}");
    assert!(heard.head.contains("connection: close"), "{heard:?}");
    assert!(heard.body.contains("\"unavailable\""), "{heard:?}");
    assert_eq!(second.ended().await, 0);
    first.send(&good()).await;
    assert_eq!(first.hear().await.unwrap().status, 200, "not disturbed");
    drop(first);
    until_served(served).await;
}

#[tokio::test]
async fn one_connection_too_many_is_told() {
    let config = Config {
        connections_max: 1,
        ..config()
    };
    check_full(&Served::start(config).await).await;
}

#[tokio::test]
async fn one_connection_too_many_from_one_source_is_told() {
    let config = Config {
        connections_per_source_max: NonZeroU32::new(1),
        ..config()
    };
    check_full(&Served::start(config).await).await;
}

#[tokio::test]
async fn many_slow_connections_are_closed_and_do_not_keep_others_out() {
    let config = Config {
        header_read_timeout: Duration::from_secs(1),
        body_timeout: Duration::from_secs(1),
        ..config()
    };
    let served = Served::start(config).await;
    let mut slow = Vec::new();
    for at in 0..500 {
        let mut client = served.connect().await;
        let begun = if at % 2 == 0 {
            "POST / HTTP/1.1\r\nx".to_owned()
        } else {
            format!("{}{{", head(1000))
        };
        client.send(&begun).await;
        slow.push(client);
    }
    let mut honest = served.connect().await;
    honest.send(&good()).await;
    assert_eq!(honest.hear().await.unwrap().status, 200);
    for client in &mut slow {
        client.ended().await;
    }
    drop((slow, honest));
    served.end().await;
}

#[tokio::test]
async fn a_client_that_takes_no_answers_is_closed() {
    let config = Config {
        write_timeout: SHORT,
        ..config()
    };
    let served = Served::start(config).await;
    let mut client = served.connect_narrow().await;
    let request = format!("GET {} HTTP/1.1\r\nhost: x\r\n\r\n", path()).repeat(100);
    let flood = async { while client.try_send(request.as_bytes()).await.is_ok() {} };
    must(flood).await;
}
