//! What a browser is served.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::world::World;

async fn ask(world: &World, method: &str, path: &str) -> String {
    let request = format!("{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    say(world, &request).await
}

async fn say(world: &World, request: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", world.page)).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn there_is_a_page_that_runs_nothing_and_the_way_to_the_websocket() {
    let world = World::start().await;
    let page = ask(&world, "GET", "/").await;
    assert!(page.starts_with("HTTP/1.1 200 OK\r\n"), "{page}");
    assert!(page.contains("content-type: text/html; charset=utf-8\r\n"));
    assert!(page.contains("content-security-policy: default-src 'none';"));
    assert!(page.contains("x-content-type-options: nosniff\r\n"));
    assert!(!page.contains("<script"));
    let config = ask(&world, "GET", "/config.json").await;
    let (_, body) = config.split_once("\r\n\r\n").unwrap();
    let websocket = format!("ws://127.0.0.1:{}", world.websocket);
    assert_eq!(
        body,
        format!(r#"{{"websocket":"{websocket}","workspace":"default"}}"#)
    );
    world.stop().await.unwrap();
}

#[tokio::test]
async fn nothing_else_is_served() {
    let world = World::start().await;
    for path in [
        "/x",
        "/config.json/",
        "//",
        "/../etc/passwd",
        "/page.html",
        "*",
    ] {
        let answer = ask(&world, "GET", path).await;
        let status = answer.get(..12);
        assert!(
            matches!(status, Some("HTTP/1.1 404" | "HTTP/1.1 400")),
            "{path}: {answer}"
        );
    }
    let answer = ask(&world, "POST", "/").await;
    assert!(answer.starts_with("HTTP/1.1 405"), "{answer}");
    assert!(answer.contains("allow: GET, HEAD\r\n"));
    let answer = ask(&world, "HEAD", "/").await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("\r\n\r\n"));
    world.stop().await.unwrap();
}

#[tokio::test]
async fn who_says_nothing_does_not_keep_us_from_stopping() {
    let world = World::start().await;
    let mut silent = Vec::new();
    for _ in 0..20 {
        let mut stream = TcpStream::connect(("127.0.0.1", world.page)).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
        silent.push(stream);
    }
    ask(&world, "GET", "/").await;
    tokio::time::timeout(Duration::from_secs(10), world.stop())
        .await
        .expect("stopping is bounded")
        .unwrap();
    drop(silent);
}

#[tokio::test]
async fn heads_are_bounded() {
    let world = World::start().await;
    let long = format!(
        "GET / HTTP/1.1\r\nHost: x\r\nA: {}\r\n\r\n",
        "a".repeat(20_000)
    );
    let answer = say(&world, &long).await;
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
    world.stop().await.unwrap();
}
