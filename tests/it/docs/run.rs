//! Runs the programs in the documentation.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, BufReader};

use super::page::{blocks, read, rows, section};
use crate::broker::PASSWORD;
use crate::program;
use crate::signing;
use crate::wait::within;
use crate::world::World;

const PROTOCOL: &str = "docs/messenger-protocol.md";

/// A block of a page, written to a file.
fn extract(page: &str, info: &str, dir: &Path, name: &str) -> PathBuf {
    let (_, code) = blocks(&read(page))
        .into_iter()
        .find(|(found, _)| found == info)
        .unwrap_or_else(|| panic!("{page} has no block {info:?}"));
    let path = dir.join(name);
    std::fs::write(&path, code).unwrap();
    path
}

/// The test vectors: code, id, timestamp, body and signature.
fn vectors() -> Vec<[String; 5]> {
    let page = read(PROTOCOL);
    let vectors: Vec<_> = rows(section(&page, "### Signing, with a test vector"))
        .into_iter()
        .map(|row| {
            let row: [&str; 5] = row.try_into().unwrap();
            row.map(|cell| cell.trim_matches('`').to_owned())
        })
        .collect();
    assert!(vectors.iter().any(|v| v[0].starts_with("whsec_")));
    assert!(vectors.iter().any(|v| !v[0].starts_with("whsec_")));
    vectors
}

/// The example prints the signature of every test vector.
async fn check_signatures(interpreter: &Path, example: &Path) {
    for [code, id, timestamp, body, signature] in vectors() {
        let mut command = program::command(interpreter);
        command.arg(example).args([code, id, timestamp, body]);
        let output = program::output(&mut command).await;
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        let printed = String::from_utf8(output.stdout).unwrap();
        assert_eq!(printed.trim(), signature, "{said}");
    }
}

#[test]
fn the_test_vectors_are_right() {
    for [code, id, timestamp, body, signature] in vectors() {
        let right = signing::signature(&code, &id, &timestamp, body.as_bytes());
        assert_eq!(signature, right, "{code}");
    }
}

#[tokio::test]
async fn the_signature_example_in_python_agrees_with_the_test_vectors() {
    let dir = tempfile::tempdir().unwrap();
    let example = extract(PROTOCOL, "python signature", dir.path(), "signature.py");
    check_signatures(&program::python(), &example).await;
}

#[tokio::test]
async fn the_signature_example_in_node_agrees_with_the_test_vectors() {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut places = std::env::split_paths(&path).map(|dir| dir.join("node"));
    let Some(node) = places.find(|node| node.is_file()) else {
        // Node.js is optional for working on this project.
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let example = extract(PROTOCOL, "js signature", dir.path(), "signature.cjs");
    check_signatures(&node, &example).await;
}

#[tokio::test]
async fn the_bot_example_greets_new_contacts() {
    let world = World::start().await;
    let dir = tempfile::tempdir().unwrap();
    let bot = extract("docs/console-api.md", "python bot", dir.path(), "bot.py");
    let mut bot = program::command(program::python())
        .arg(bot)
        .args([&world.broker.nats_url(), "olga", PASSWORD])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(bot.stdout.take().unwrap()).lines();
    let ready = within("the bot is ready", lines.next_line()).await;
    assert_eq!(ready.unwrap().as_deref(), Some("ready"));
    for (n, chat) in ["ann", "bob"].into_iter().enumerate() {
        let session = world.queued_session(chat).await;
        let greeting = world.messenger.wait_for("message", n + 1).await;
        assert_eq!(greeting[n].text(), "Hello! One moment, please.");
        assert_eq!(greeting[n].data()["sessionId"], session);
    }
}
