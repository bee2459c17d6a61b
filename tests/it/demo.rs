//! `./just demo` starts everything and cleans up after itself.

use std::net::TcpListener;
use std::path::Path;

use hyper::Method;
use tempfile::TempDir;
use tokio::process::Command;

use crate::http;
use crate::ports;
use crate::program::{self, Program};
use crate::wait::until;

/// The demo script with free ports and the test's binary.
fn demo(dir: &Path, page: &str) -> Command {
    let mut command = program::command(program::workspace().join("deploy/tools/demo"));
    for (key, address) in ports::LISTENERS.into_iter().zip(ports::free::<5>()) {
        let name = key.to_uppercase().replace('.', "__");
        command.env(format!("SWITCHBOARD__{name}"), address.to_string());
    }
    let [messenger] = ports::free().map(|address| address.to_string());
    command
        .env("TMPDIR", dir)
        .arg("--program")
        .arg(program::switchboard());
    command.args(["--messenger", &messenger, "--page", page]);
    command
}

/// Asserts that a run has left no process and no file.
fn assert_nothing_is_left(dir: &TempDir) {
    assert_eq!(program::processes_of(dir.path(), None), [0; 0]);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

/// Starts the demo and waits until it has printed its instructions.
async fn up(dir: &TempDir, logs: &TempDir) -> Program {
    let [page] = ports::free().map(|address| address.to_string());
    let mut script = demo(dir.path(), &page);
    let mut demo = Program::start(&mut script, &logs.path().join("log"));
    until("the demo is up", async || {
        assert_eq!(demo.exit_status(), None, "the demo exited: {}", demo.log());
        demo.log().contains("Ctrl-C").then_some(())
    })
    .await;
    demo
}

#[tokio::test]
async fn the_demo_starts_and_stops_without_leftovers() {
    let (dir, logs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut demo = up(&dir, &logs).await;
    let output = demo.log();
    let urls = output.split_whitespace();
    let urls: Vec<_> = urls.filter(|word| word.starts_with("http")).collect();
    assert_eq!(urls.len(), 2, "the phone's and the console's: {output}");
    for url in urls {
        let reply = http::send(&Method::GET, url, &[], b"").await.unwrap();
        assert_eq!(reply.status, 200, "{url}");
        let kind = reply.header("content-type");
        assert!(kind.starts_with("text/html"), "{url}: {kind}");
    }
    demo.signal("INT");
    assert_eq!(demo.wait().await.code(), Some(0), "{}", demo.log());
    assert_nothing_is_left(&dir);
}

#[tokio::test]
async fn a_demo_whose_broker_was_killed_leaves_nothing() {
    let (dir, logs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut demo = up(&dir, &logs).await;
    let output = demo.log();
    let broker = output.split("kill -9 ").nth(1).unwrap();
    let broker = broker.split_whitespace().next().unwrap();
    program::signal(broker.parse().unwrap(), "KILL");
    until("the demo reports the killed broker", async || {
        demo.log().contains("The broker was killed").then_some(())
    })
    .await;
    demo.signal("INT");
    assert_eq!(demo.wait().await.code(), Some(0), "{}", demo.log());
    assert_nothing_is_left(&dir);
}

#[tokio::test]
async fn a_demo_reports_a_port_that_is_in_use_and_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind((ports::address(), 0)).unwrap();
    let page = taken.local_addr().unwrap().to_string();
    let output = program::output(&mut demo(dir.path(), &page)).await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let output = String::from_utf8(output.stderr).unwrap();
    assert!(output.contains("of --page is in use by"), "{output}");
    assert_nothing_is_left(&dir);
}
