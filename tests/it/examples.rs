//! The example messengers of docs/examples.

use serde_json::{Value, json};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout};

use crate::program;
use crate::wait::within;
use crate::world::{World, has, text};

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
    let code = "whsec_bm8gbW9yZSBzZWNyZXRzLCBwbGVhc2Uh";
    let world = World::start().await;
    let mut example = Example::start("messenger_signed.py", code).await;
    let channel = example.connect(&world, code, json!({})).await;
    has(
        &channel,
        &json!({ "status": "active", "verified": "challenge" }),
    );
    assert_eq!(channel["capabilities"]["operatorInitiated"], true);
    let (session, id) = talk(&world, &mut example).await;
    world.delivery(&session, &id, "delivered").await;
}
