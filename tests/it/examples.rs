//! The example messengers of docs/examples.

use std::process::Stdio;
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout};

use crate::messenger::{Messenger, Received};
use crate::response::{Behaviour, WebhookResponse};
use crate::wait::{until, within};
use crate::world::{World, has, text};
use crate::{http, program, signing};

/// A code that begins with `whsec_`, for the examples that sign.
const CODE: &str = "whsec_bm8gbW9yZSBzZWNyZXRzLCBwbGVhc2Uh";

/// A running example, in Python.
struct Example {
    url: String,
    stdin: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
    _child: Child,
}

impl Example {
    async fn start(file: &str, code: &str) -> Self {
        let file = program::workspace().join("docs/examples").join(file);
        let mut child = program::command(program::python())
            .arg(file)
            .args(["--listen", "127.0.0.1:0", "--json", "--code", code])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut example = Self {
            url: String::new(),
            stdin: child.stdin.take().unwrap(),
            lines: BufReader::new(child.stdout.take().unwrap()).lines(),
            _child: child,
        };
        let listens = |event: &Value| event.get("listening").is_some();
        example.url = text(&example.until("listening", listens).await["listening"]);
        example
    }

    /// Waits until the example has received a request of this type.
    async fn received(&mut self, kind: &str) -> Value {
        self.until(kind, |event| event["received"]["type"] == kind)
            .await
    }

    /// Reads lines up to an event.
    async fn until(&mut self, what: &str, is_wanted: impl Fn(&Value) -> bool) -> Value {
        let found = async {
            loop {
                let line = self.lines.next_line().await.unwrap();
                let event: Value = serde_json::from_str(&line.expect("a running example")).unwrap();
                assert_eq!(event.get("refused"), None, "no request is rejected");
                if is_wanted(&event) {
                    return event;
                }
            }
        };
        within(what, found).await
    }

    async fn types(&mut self, line: &str) {
        self.stdin
            .write_all(format!("{line}\n").as_bytes())
            .await
            .unwrap();
    }

    async fn connect(&self, world: &World, code: &str, more: Value) -> Value {
        let mut args = json!({
            "liveChat": world.live_chat, "name": "Example", "webhook": self.url, "code": code,
        });
        for (name, value) in more.as_object().unwrap() {
            args[name] = value.clone();
        }
        world.admin.call("channels.connect", args).await["channel"].clone()
    }
}

/// Exchanges one message in each direction. Returns the ids of the session and of the operator's message.
async fn talk(world: &World, example: &mut Example) -> (String, String) {
    example.types("hello from Python").await;
    example.received("userInfo").await;
    let outcome = example.received("messageOutcome").await;
    assert_eq!(outcome["received"]["data"]["success"], true);
    let queue = world
        .olga
        .call("sessions.list", json!({ "view": "queue" }))
        .await;
    let session = text(&queue["sessions"][0]["id"]);
    assert_eq!(
        queue["sessions"][0]["lastMessage"]["text"],
        "hello from Python"
    );
    world.olga.on_session("sessions.take", &session).await;
    let id = world.send(&session, "привет, Python").await;
    let message = example.received("message").await;
    assert_eq!(message["received"]["data"]["text"], "привет, Python");
    (session, id)
}

#[tokio::test]
async fn the_brix_example_exchanges_messages_with_an_operator() {
    let world = World::start().await;
    let mut example = Example::start("messenger_brix.py", "SECRET").await;
    let channel = example
        .connect(&world, "SECRET", json!({ "dialect": "brix" }))
        .await;
    has(
        &channel,
        &json!({ "status": "active", "verified": "status" }),
    );
    let (session, id) = talk(&world, &mut example).await;
    world.delivery(&session, &id, "accepted").await;
    example.types(r#"{"type": "disconnect"}"#).await;
    let args = json!({ "channel": channel["id"] });
    let look = |answer: &Value| (answer["channel"]["status"] == "disconnected").then_some(());
    world.admin.until("channels.get", args, look).await;
}

#[tokio::test]
async fn the_signed_example_exchanges_messages_and_reports_delivery() {
    let world = World::start().await;
    let mut example = Example::start("messenger_signed.py", CODE).await;
    let channel = example.connect(&world, CODE, json!({})).await;
    has(
        &channel,
        &json!({ "status": "active", "verified": "challenge" }),
    );
    assert_eq!(channel["capabilities"]["operatorInitiated"], true);
    let (session, id) = talk(&world, &mut example).await;
    world.delivery(&session, &id, "delivered").await;
}

/// An example in which somebody types, and whose output is not read.
struct Typist {
    url: String,
    stdin: ChildStdin,
    _child: Child,
}

impl Typist {
    async fn start(file: &str) -> Self {
        // The smallest example listens on this address.
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let path = program::workspace().join("docs/examples").join(file);
        let mut command = program::command(program::python());
        command.arg(path);
        if file == "messenger_minimal.py" {
            command.args([&address.port().to_string(), CODE]);
        } else {
            command.args(["--listen", &address.to_string(), "--code", CODE]);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::null());
        let mut child = command.spawn().unwrap();
        until("the example listens", async || {
            tokio::net::TcpStream::connect(address).await.ok()
        })
        .await;
        Self {
            url: format!("http://{address}/"),
            stdin: child.stdin.take().unwrap(),
            _child: child,
        }
    }

    async fn types(&mut self, line: &str) {
        let line = format!("{line}\n");
        self.stdin.write_all(line.as_bytes()).await.unwrap();
    }

    /// Connects it to a messenger that plays Switchboard.
    async fn connect(&self, switchboard: &Messenger) {
        let data = json!({ "webhook": switchboard.url(), "challenge": "riddle" });
        let body = json!({ "type": "connect", "token": CODE, "channelId": "1", "data": data });
        let body = body.to_string();
        let headers = signing::headers(CODE, "c", &signing::timestamp(0), body.as_bytes());
        let headers = headers
            .each_ref()
            .map(|(name, value)| (*name, value.as_str()));
        let answer = http::post(&self.url, &headers, body.as_bytes()).await;
        assert_eq!(answer.status, 200);
    }
}

/// An answer of Switchboard that asks for no pause.
fn problem(status: u16, code: &str) -> WebhookResponse {
    let body = json!({ "status": status, "code": code, "detail": "no" });
    WebhookResponse::status(status)
        .text(&body.to_string())
        .header("retry-after", "0")
}

/// Answers after which the same request may succeed, of Switchboard and of a proxy before it.
fn passing_answers() -> Vec<WebhookResponse> {
    let mut answers: Vec<_> = [
        (401, "unauthorized"),
        (404, "channel_not_found"),
        (408, "request_timeout"),
        (429, "rate_limited"),
        (500, ""),
        (503, "unavailable"),
        (504, ""),
    ]
    .map(|(status, code)| problem(status, code))
    .into();
    let from_proxy = |status| WebhookResponse::status(status).header("retry-after", "0");
    answers.push(from_proxy(404).text("no such site"));
    // Followed as a GET, the first two would be answered 200 without the message.
    for status in [301, 302, 303, 307, 308] {
        answers.push(from_proxy(status).header("location", "/"));
    }
    let mut latin1 = from_proxy(502).header("content-type", "text/html; charset=iso-8859-1");
    latin1.body = b"Passerelle erron\xe9e".to_vec();
    answers.push(latin1);
    answers
}

/// How often a text was sent to a messenger that plays Switchboard.
fn count(all: &[Arc<Received>], text: &str) -> usize {
    all.iter().filter(|one| one.text() == text).count()
}

#[tokio::test]
async fn the_examples_send_again_what_may_succeed_and_drop_what_cannot() {
    for file in [
        "messenger_minimal.py",
        "messenger_brix.py",
        "messenger_signed.py",
    ] {
        let mut switchboard = Messenger::start(CODE, Behaviour::basic()).await;
        let mut example = Typist::start(file).await;
        example.connect(&switchboard).await;

        let answers = passing_answers();
        let tries = answers.len() + 1;
        let mut answers = answers.into_iter();
        switchboard.respond_with(move |_| answers.next());
        example.types("sent again").await;
        let again = |all: &[Arc<Received>]| count(all, "sent again") == tries;
        switchboard.wait_until("it is accepted", again).await;
        let sent = switchboard.received_of("message");
        assert!(sent.iter().all(|one| one.raw == sent[0].raw), "{file}");

        for (status, code) in [
            (400, "malformed"),
            (404, "not_found"),
            (409, "message_conflict"),
            (413, "too_large"),
            (415, "unsupported_media_type"),
            (422, "invalid"),
        ] {
            let text = format!("rejected with {status} {code}");
            let bad = text.clone();
            switchboard.respond_with(move |one| (one.text() == bad).then(|| problem(status, code)));
            example.types(&text).await;
            example.types(&format!("after {text}")).await;
            let next = format!("after {text}");
            switchboard
                .wait_until(&next, |all| count(all, &next) == 1)
                .await;
            assert_eq!(count(&switchboard.received(), &text), 1, "{file}: {text}");
        }

        switchboard.respond_with(|_| Some(problem(409, "channel_disconnected")));
        example.types("kept").await;
        switchboard
            .wait_until("kept", |all| count(all, "kept") == 1)
            .await;
        switchboard.respond_as_usual();
        example.connect(&switchboard).await;
        example.types("after the connect").await;
        let last = |all: &[Arc<Received>]| count(all, "after the connect") == 1;
        switchboard.wait_until("the last message", last).await;
        assert_eq!(count(&switchboard.received(), "kept"), 2, "{file}");

        switchboard.down().await;
        example.types("nobody listens").await;
        switchboard.up().await;
        let last = |all: &[Arc<Received>]| count(all, "nobody listens") == 1;
        switchboard.wait_until("nobody listens", last).await;
    }
}

#[tokio::test]
async fn a_message_that_is_too_long_does_not_stop_the_examples() {
    for file in ["messenger_minimal.py", "messenger_brix.py"] {
        let world = World::start().await;
        let mut example = Typist::start(file).await;
        let args = json!({
            "liveChat": world.live_chat, "name": "Example", "webhook": example.url, "code": CODE,
            "security": "token",
        });
        world.admin.call("channels.connect", args).await;
        for line in ["", &"x".repeat(10_001), "Hello"] {
            example.types(line).await;
        }
        let queue = json!({ "view": "queue" });
        let hello = world.olga.until("sessions.list", queue, |page| {
            (page["sessions"][0]["lastMessage"]["text"] == "Hello").then_some(())
        });
        hello.await;
    }
}

/// Runs an example that must fail at once. Returns the last line of its stderr.
async fn mistake(flags: &[&str], file: &str, args: &[&str]) -> String {
    let path = program::workspace().join("docs/examples").join(file);
    let mut command = program::command(program::python());
    let output = program::output(command.args(flags).arg(path).args(args)).await;
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success(), "{file} {args:?}");
    assert!(!stderr.contains("Traceback"), "{file} {args:?}: {stderr}");
    stderr.lines().last().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_mistake_at_the_start_of_an_example_ends_it_with_what_to_do() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let address = format!("127.0.0.1:{port}");
    let minimal = "messenger_minimal.py";
    let (brix, signed) = ("messenger_brix.py", "messenger_signed.py");
    let usage = "usage: python3 messenger_minimal.py PORT CODE";
    for (file, args, expected) in [
        (minimal, &[][..], usage),
        (minimal, &["8300"], usage),
        (minimal, &["code", "8300"], usage),
        (minimal, &[&port, "x"], "choose another port"),
        (brix, &[], "required: --code"),
        (brix, &["--code", ""], "--code"),
        (
            brix,
            &["--code", "x", "--listen", "7001"],
            "--listen HOST:PORT",
        ),
        (
            brix,
            &["--code", "x", "--listen", &address],
            "--listen HOST:PORT",
        ),
        (brix, &["--code", "x", "--webhook", "host"], "--webhook"),
        (signed, &[], "required: --code"),
        (signed, &["--code", "whsec_"], "base64"),
        (signed, &["--code", "whsec_secret!"], "base64"),
        (
            signed,
            &["--code", CODE, "--listen", "a:b"],
            "--listen HOST:PORT",
        ),
        (
            signed,
            &["--code", CODE, "--listen", &address],
            "--listen HOST:PORT",
        ),
        (
            signed,
            &["--code", CODE, "--webhook", "ftp://h"],
            "--webhook",
        ),
    ] {
        let line = mistake(&[], file, args).await;
        assert!(line.contains(expected), "{file} {args:?}: {line}");
    }
    // `-S` hides the installed packages.
    let line = mistake(&["-S"], signed, &["--code", CODE]).await;
    assert!(line.contains("pip install standardwebhooks"), "{line}");
}

#[tokio::test]
async fn a_line_that_is_not_json_does_not_stop_the_examples() {
    for file in ["messenger_brix.py", "messenger_signed.py"] {
        let mut example = Example::start(file, CODE).await;
        for line in ["{", "{\"type\": disconnect}", &"{\"a\":".repeat(100_000)] {
            example.types(line).await;
            let of_line = |event: &Value| event["invalid"].as_str() == Some(line);
            example.until("the line is shown", of_line).await;
        }
    }
}
