//! The page over HTTP.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::world::{ORIGIN, World};

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

/// Returns the local files in the `src` and `href` attributes of a page.
fn local_files(page: &str) -> Vec<&str> {
    let values = page.split(['<', ' ', '>']).filter_map(|attribute| {
        let value = attribute.split_once('=')?;
        let ours = matches!(value.0, "src" | "href") && value.1.starts_with("\"/");
        ours.then(|| value.1.trim_matches('"'))
    });
    values.collect()
}

#[tokio::test]
async fn the_page_runs_only_its_own_files_and_all_of_them_exist() {
    let world = World::start().await;
    let page = ask(&world, "GET", "/").await;
    assert!(page.starts_with("HTTP/1.1 200 OK\r\n"), "{page}");
    assert!(page.contains("content-type: text/html; charset=utf-8\r\n"));
    assert!(page.contains("content-security-policy: default-src 'none'; script-src 'self';"));
    assert!(page.contains("x-content-type-options: nosniff\r\n"));
    // The page contains nothing that the policy forbids.
    for inline in ["<script>", "<style>", " style=", " onload=", " onclick="] {
        assert!(!page.contains(inline), "{inline} in {page}");
    }
    let files = local_files(&page);
    assert!(!files.is_empty(), "{page}");
    for path in files {
        let head = ask(&world, "HEAD", path).await;
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{path}: {head}");
    }
    world.stop().await.unwrap();
}

#[tokio::test]
async fn the_config_names_the_websocket() {
    let world = World::start().await;
    let config = ask(&world, "GET", "/config.json").await;
    let (_, body) = config.split_once("\r\n\r\n").unwrap();
    let config: Value = serde_json::from_str(body).unwrap();
    let wanted = json!({
        "websocket": format!("ws://127.0.0.1:{}", world.websocket),
        "workspace": "default",
        "origins": [ORIGIN],
    });
    assert_eq!(config, wanted);
    world.stop().await.unwrap();
}

#[tokio::test]
async fn responses_to_head_and_conditional_requests_have_no_body() {
    let world = World::start().await;
    let page = ask(&world, "GET", "/").await;
    let tag = page.split_once("etag: ").unwrap().1;
    let (tag, _) = tag.split_once("\r\n").unwrap();
    let request =
        format!("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nIf-None-Match: {tag}\r\n\r\n");
    let answer = say(&world, &request).await;
    assert!(answer.starts_with("HTTP/1.1 304 "), "{answer}");
    assert!(answer.ends_with("\r\n\r\n") && !answer.contains("content-length: 0"));
    let answer = ask(&world, "HEAD", "/").await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("\r\n\r\n"));
    world.stop().await.unwrap();
}

#[tokio::test]
async fn silent_connections_do_not_delay_the_shutdown() {
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
async fn request_heads_are_bounded() {
    let world = World::start().await;
    let long = format!(
        "GET / HTTP/1.1\r\nHost: x\r\nA: {}\r\n\r\n",
        "a".repeat(20_000)
    );
    let answer = say(&world, &long).await;
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
    world.stop().await.unwrap();
}
