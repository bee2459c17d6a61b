//! `./just demo`: everything comes up, and goes down leaving nothing.

use std::net::TcpListener;
use std::path::Path;

use hyper::Method;
use tempfile::TempDir;
use tokio::process::Command;

use crate::host;
use crate::http;
use crate::patience::until;
use crate::program::{self, Program};

/// The script on addresses of its own, as if built already.
fn demo(dir: &Path, page: &str) -> Command {
    let mut command = program::command(program::workspace().join("deploy/tools/demo"));
    let listen = [
        "INGRESS__LISTEN",
        "CONSOLE__LISTEN",
        "OPS__LISTEN",
        "NATS__LISTEN",
    ];
    let listen = listen.into_iter().chain(["NATS__WEBSOCKET"]);
    for (key, address) in listen.zip(host::free::<5>()) {
        command.env(format!("SWITCHBOARD__{key}"), address.to_string());
    }
    let [messenger] = host::free().map(|address| address.to_string());
    command
        .env("TMPDIR", dir)
        .arg("--program")
        .arg(program::switchboard());
    command.args(["--messenger", &messenger, "--page", page]);
    command
}

/// Whether nothing of a run is left: no process, no file.
fn assert_nothing_is_left(dir: &TempDir) {
    assert_eq!(program::processes_of(dir.path(), None), [0; 0]);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

/// Starts it, and waits until it has said everything.
async fn up(dir: &TempDir, beside: &TempDir) -> Program {
    let [page] = host::free().map(|address| address.to_string());
    let mut script = demo(dir.path(), &page);
    let mut demo = Program::start(&mut script, &beside.path().join("said"));
    until("the demo is up", async || {
        assert_eq!(demo.ended(), None, "it serves on: {}", demo.said());
        demo.said().contains("Ctrl-C").then_some(())
    })
    .await;
    demo
}

#[tokio::test]
async fn the_demo_comes_up_and_goes_down_leaving_nothing() {
    let (dir, beside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut demo = up(&dir, &beside).await;
    let said = demo.said();
    let words = said.split_whitespace();
    let urls: Vec<_> = words.filter(|word| word.starts_with("http")).collect();
    assert_eq!(urls.len(), 2, "the phone's and the console's: {said}");
    for url in urls {
        let reply = http::send(&Method::GET, url, &[], b"").await.unwrap();
        assert_eq!(reply.status, 200, "{url}");
        let kind = reply.header("content-type");
        assert!(kind.starts_with("text/html"), "{url}: {kind}");
    }
    demo.signal("INT");
    assert_eq!(demo.end().await.code(), Some(0), "{}", demo.said());
    assert_nothing_is_left(&dir);
}

#[tokio::test]
async fn a_demo_whose_plug_was_pulled_leaves_nothing_either() {
    let (dir, beside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut demo = up(&dir, &beside).await;
    let said = demo.said();
    let broker = said.split("kill -9 ").nth(1).unwrap();
    let broker = broker.split_whitespace().next().unwrap();
    program::signal(broker.parse().unwrap(), "KILL");
    until("the demo has seen it", async || {
        demo.said().contains("The broker was killed").then_some(())
    })
    .await;
    demo.signal("INT");
    assert_eq!(demo.end().await.code(), Some(0), "{}", demo.said());
    assert_nothing_is_left(&dir);
}

#[tokio::test]
async fn a_demo_whose_port_is_taken_says_so_and_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind((host::address(), 0)).unwrap();
    let page = taken.local_addr().unwrap().to_string();
    let output = program::output(&mut demo(dir.path(), &page)).await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("of --page is taken by"), "{said}");
    assert_nothing_is_left(&dir);
}
