//! The commands of the console API and the feed, with the test as the session router.

use std::process::Output;

use bus::testing::Server;
use bus::{Bus, Subscription};
use chat::id::UserId;
use chat::subject::Subjects;
use serde_json::{Value, json};

use crate::program::{Running, switchboard, text};

const LIVE_CHAT: &str = "01890000-0000-7000-8000-000000000001";

/// NATS and the test as the session router.
struct World {
    server: Server,
    bus: Bus,
    requests: Subscription,
}

impl World {
    async fn start() -> Self {
        let server = Server::start().await;
        let bus = server.bus().await;
        let requests = bus.subscribe("sb.default.api.admin.>", None).await.unwrap();
        bus.flush().await.unwrap();
        Self {
            server,
            bus,
            requests,
        }
    }

    /// Runs the program, lets it sign in, and answers its requests in this order: method, request,
    /// answer.
    async fn call(
        &mut self,
        args: &[&str],
        answers: &[(&str, Value, Value)],
    ) -> (i32, String, String) {
        let url = self.server.url();
        let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
        let output = tokio::task::spawn_blocking(move || {
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            let mut command = switchboard(&args);
            command
                .args(["--nats", &url])
                .env("SWITCHBOARD_PASSWORD", "12345678");
            command.output().unwrap()
        });
        self.sign_in().await;
        for (method, request, answer) in answers {
            self.answer(method, request, answer).await;
        }
        outputs(output.await.unwrap())
    }

    /// Answers the request that every command sends first.
    async fn sign_in(&mut self) {
        let me = json!({ "ok": { "id": "admin", "groups": ["supervisors"], "liveChats": [] } });
        self.answer("me", &json!({}), &me).await;
    }

    async fn publish(&self, subject: &str, event: &Value) {
        let payload = event.to_string().into_bytes().into();
        self.bus
            .publish(subject.to_owned(), &[], payload)
            .await
            .unwrap();
        self.bus.flush().await.unwrap();
    }

    async fn answer(&mut self, method: &str, request: &Value, answer: &Value) {
        let message = self.requests.next().await.unwrap();
        assert_eq!(message.subject, format!("sb.default.api.admin.{method}"));
        assert_eq!(
            serde_json::from_slice::<Value>(&message.payload).unwrap(),
            *request
        );
        assert!(message.reply.as_ref().unwrap().starts_with("_INBOX.admin."));
        let payload = answer.to_string().into_bytes().into();
        self.bus.respond(&message, &[], payload).await.unwrap();
    }
}

fn outputs(output: Output) -> (i32, String, String) {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let code = output.status.code().unwrap();
    (code, text(output.stdout), text(output.stderr))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_a_table_for_people_and_json_for_programs() {
    let mut world = World::start().await;
    let ok = json!({ "sessions": [{ "id": "s1", "status": "queued", "unread": 2, "chatName": "A\u{1b}[31m" }], "next": "c1" });
    let answer = json!({ "ok": ok });
    let request = json!({ "view": "queue", "limit": 1 });
    let args = ["session", "list", "--view", "queue", "--limit", "1"];

    let (code, stdout, stderr) = world
        .call(&args, &[("sessions.list", request.clone(), answer.clone())])
        .await;
    assert_eq!(code, 0, "{stderr}");
    let lines: Vec<&str> = stdout.lines().collect();
    assert_eq!(lines.len(), 2, "{stdout}");
    assert!(
        lines[0].contains("STATUS") && lines[1].contains("queued"),
        "{stdout}"
    );
    assert!(
        !stdout.contains('\u{1b}'),
        "control characters are replaced"
    );
    assert!(stderr.contains("--before c1"), "{stderr}");

    let args = [&args[..], &["--json"]].concat();
    let (_, stdout, _) = world
        .call(&args, &[("sessions.list", request, answer)])
        .await;
    assert_eq!(serde_json::from_str::<Value>(&stdout).unwrap(), ok);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_resolved_to_an_id() {
    let mut world = World::start().await;
    let args = "live-chat rename --live-chat Sales --name Shop --command-id c";
    let args: Vec<_> = args.split(' ').collect();
    let list = json!({ "ok": { "liveChats": [{ "id": LIVE_CHAT, "name": "Sales" }, { "id": "2", "name": "Help" }] } });
    let request = json!({ "liveChat": LIVE_CHAT, "name": "Shop", "commandId": "c" });
    let renamed = json!({ "ok": { "liveChat": { "id": LIVE_CHAT, "name": "Shop" } } });
    let answers = [
        ("live-chats.list", json!({}), list.clone()),
        ("live-chats.rename", request, renamed),
    ];
    let (code, stdout, stderr) = world.call(&args, &answers).await;
    assert_eq!(code, 0, "{stderr}");
    assert!(stdout.contains("Shop"), "{stdout}");

    let args = ["channel", "list", "--live-chat", "Nowhere"];
    let (code, _, stderr) = world
        .call(&args, &[("live-chats.list", json!({}), list)])
        .await;
    assert_eq!(code, 1);
    assert!(stderr.contains("\"Nowhere\""), "{stderr}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejection_is_printed_with_its_code_and_a_denial_exits_with_5() {
    let mut world = World::start().await;
    let exits = [
        ("forbidden", 5),
        ("not_assigned", 5),
        ("conflict", 1),
        ("new_code", 1),
    ];
    for (code, exit) in exits {
        let error = json!({ "error": { "code": code, "message": "not allowed" } });
        let answers = [("sessions.take", json!({ "session": "s" }), error)];
        let (found, stdout, stderr) = world
            .call(&["session", "take", "--session", "s"], &answers)
            .await;
        assert_eq!((found, stdout.as_str()), (exit, ""), "{code}");
        assert!(
            stderr.contains(&format!("not allowed ({code})")),
            "{stderr}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_the_router_is_too_busy_for_is_repeated() {
    let mut world = World::start().await;
    let busy = json!({ "error": {
        "code": "unavailable", "message": "too many requests", "details": { "retryAfter": 1 },
    }});
    let request = json!({ "view": "queue" });
    let ok = json!({ "ok": { "sessions": [], "next": null } });
    let answers = [busy, ok].map(|answer| ("sessions.list", request.clone(), answer));
    let args = ["session", "list", "--view", "queue"];
    let (code, _, stderr) = world.call(&args, &answers).await;
    assert_eq!(code, 0, "{stderr}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_denied_sign_in_exits_with_5_and_a_missing_router_with_4() {
    let locked = Server::start_with("authorization { user: x, password: y }").await;
    let call = |url: String| {
        tokio::task::spawn_blocking(move || {
            let mut command = switchboard(&["me", "--nats", &url]);
            command.env("SWITCHBOARD_PASSWORD", "12345678");
            outputs(command.output().unwrap())
        })
    };
    let (code, _, stderr) = call(locked.url()).await.unwrap();
    assert_eq!(code, 5, "{stderr}");
    assert!(stderr.contains("cannot sign in as admin"), "{stderr}");

    let empty = Server::start().await;
    let (code, _, stderr) = call(empty.url()).await.unwrap();
    assert_eq!(code, 4, "{stderr}");
}

/// An event of the live chat, and the position of the one before it.
fn event(position: u64, previous: u64) -> Value {
    json!({ "position": position, "previous": previous, "livechat": LIVE_CHAT })
}

/// A page of the history.
fn page(events: &[Value], next: Option<u64>, position: u64) -> Value {
    json!({ "ok": { "events": events, "next": next, "position": position } })
}

/// Runs `feed` as a supervisor, until it has signed in and then read the rights of its user.
async fn start_feed(world: &mut World) -> Running {
    let password = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(password.path(), "12345678").unwrap();
    let (url, file) = (world.server.url(), text(password.path()));
    let sign_in = ["--nats", &url, "--password-file", file];
    let feed = Running::start(&[&["feed", "--from", "10"][..], &sign_in].concat());
    world.sign_in().await;
    world.sign_in().await;
    feed
}

#[tokio::test(flavor = "multi_thread")]
async fn the_feed_has_no_gaps_and_no_duplicates() {
    let mut world = World::start().await;
    let workspace: Subjects = "default".parse().unwrap();
    let admin: UserId = "admin".parse().unwrap();
    let session = chat::id::SessionId::from_bytes([1; 16]);
    let subject = workspace.feed(LIVE_CHAT.parse().unwrap(), session, "message-sent");
    assert_eq!(workspace.api(&admin, "me"), "sb.default.api.admin.me");
    let feed = start_feed(&mut world).await;

    let after = |position: u64| json!({ "position": position, "limit": 1_000 });
    // History in two pages; the caller may read nothing on the first one.
    let first = page(&[], Some(20), 22);
    world.answer("events.after", &after(10), &first).await;
    // Published while the history is read, so it arrives twice.
    world.publish(&subject, &event(22, 21)).await;
    let second = page(&[event(21, 5), event(22, 21)], None, 22);
    world.answer("events.after", &after(20), &second).await;
    // The next event, a transient signal, and an event whose predecessor, 25, is missing.
    world.publish(&subject, &event(24, 22)).await;
    world.publish(&subject, &json!({ "type": "typing" })).await;
    world.publish(&subject, &event(27, 25)).await;
    let missing = page(&[event(24, 22), event(25, 24), event(27, 25)], None, 27);
    world.answer("events.after", &after(22), &missing).await;
    world.publish(&subject, &event(27, 25)).await;
    world.publish(&subject, &event(28, 27)).await;

    for position in [21, 22, 24, 25, 27, 28] {
        assert_eq!(feed.event("position")["position"], position);
    }
    feed.signal("-INT");
    assert_eq!(feed.wait(), Some(0));
}
