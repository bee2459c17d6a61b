//! The page of `switchboard messenger`, which exchanges messages with an operator.

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper::Request;
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::http::{self, Reply};
use crate::ports;
use crate::program::{self, Program};
use crate::wait::{until, within};
use crate::world::{World, has, text};

const CODE: &str = "open sesame too";

/// A running `switchboard messenger --page`.
struct Phone {
    webhook: String,
    page: String,
    _program: Program,
}

impl Phone {
    /// Starts it and connects it to the live chat.
    async fn connected(world: &World) -> Self {
        let [webhook, page] = ports::free::<2>().map(|address| address.to_string());
        let mut command = program::command(program::switchboard());
        command.args(["messenger", "--json", "--listen", &webhook, "--page", &page]);
        let log = world.broker.test_dir().join("phone");
        let program = Program::start(command.args(["--code", CODE]), &log);
        until("the page is served", async || {
            program.log().contains("\"page\"").then_some(())
        })
        .await;
        let phone = Self {
            webhook: format!("http://{webhook}/"),
            page: format!("http://{page}"),
            _program: program,
        };
        let args = json!({
            "liveChat": world.live_chat, "name": "Phone", "webhook": phone.webhook, "code": CODE,
        });
        let made = world.admin.call("channels.connect", args).await;
        assert_eq!(made["channel"]["status"], "active", "{made}");
        phone
    }

    /// Posts an action as the page does.
    async fn act(&self, action: Value) {
        let origin = [("origin", self.page.as_str())];
        self.post(&origin, action).await.ok();
    }

    async fn post(&self, headers: &[(&str, &str)], action: Value) -> Reply {
        let url = format!("{}/do", self.page);
        http::post(&url, headers, action.to_string().as_bytes()).await
    }

    async fn say(&self, content: &str) {
        self.act(json!({ "do": "say", "person": "u1", "text": content }))
            .await;
    }

    /// Opens the page. The first update has everything, later ones the changes.
    async fn open_page(&self) -> Screen {
        let host = self.page.trim_start_matches("http://");
        let stream = TcpStream::connect(host).await.unwrap();
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .unwrap();
        let mut connected = JoinSet::new();
        connected.spawn(connection);
        let request = Request::get("/events").header("host", host);
        let request = request.body(Empty::<Bytes>::new()).unwrap();
        let response = sender.send_request(request).await.unwrap();
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Screen {
            body: response.into_body(),
            text: String::new(),
            _connected: connected,
        }
    }
}

/// An open page.
struct Screen {
    body: Incoming,
    text: String,
    _connected: JoinSet<hyper::Result<()>>,
}

impl Screen {
    /// Waits for an update in which `look` finds a value.
    async fn shows<T>(&mut self, what: &str, look: impl Fn(&Value) -> Option<T>) -> T {
        let found = async {
            loop {
                if let Some(found) = look(&self.next().await) {
                    return found;
                }
            }
        };
        within(what, found).await
    }

    /// Waits until the message with this text is in this state.
    async fn shows_state(&mut self, content: &str, state: &str) {
        let what = format!("{content} is {state}");
        self.shows(&what, |update| {
            let entry = entry(update, content)?;
            (entry["state"] == state).then_some(())
        })
        .await;
    }

    async fn next(&mut self) -> Value {
        loop {
            if let Some(end) = self.text.find("\n\n") {
                let event: String = self.text.drain(..end + 2).collect();
                if let Some(data) = event.lines().find_map(|line| line.strip_prefix("data: ")) {
                    return serde_json::from_str(data).unwrap();
                }
            }
            let frame = self.body.frame().await.expect("an open stream").unwrap();
            let bytes = frame.into_data().unwrap();
            self.text.push_str(std::str::from_utf8(&bytes).unwrap());
        }
    }
}

/// The entry of the message with this text.
fn entry(update: &Value, content: &str) -> Option<Value> {
    let mut entries = update["entries"].as_array().unwrap().iter();
    entries.find(|entry| entry["text"] == content).cloned()
}

/// Waits for a session in the queue and assigns it to the operator.
async fn take_queued(world: &World) -> String {
    let queue = json!({ "view": "queue" });
    let session = world
        .olga
        .until("sessions.list", queue, |page| {
            page["sessions"][0]["id"].as_str().map(str::to_owned)
        })
        .await;
    let args = json!({ "session": session });
    world.olga.call("sessions.take", args).await;
    session
}

#[tokio::test]
async fn a_page_sends_messages_and_shows_the_operators_messages() {
    let world = World::start().await;
    let phone = Phone::connected(&world).await;
    let mut screen = phone.open_page().await;
    let names = screen
        .shows("all chats", |update| {
            let chats = update["chats"].as_array()?;
            Some(
                chats
                    .iter()
                    .map(|chat| text(&chat["name"]))
                    .collect::<Vec<_>>(),
            )
        })
        .await;
    assert_eq!(names, ["Ann", "Boris", "陈"]);

    phone.say("is anybody there?").await;
    screen.shows_state("is anybody there?", "confirmed").await;
    let session = take_queued(&world).await;
    let subject = format!("sb.default.feed.{}.{session}.typing", world.live_chat);
    let mut typing = world.olga.subscribe(&subject).await;
    phone.act(json!({ "do": "type", "person": "u1" })).await;
    assert!(typing.next().await["contact"].is_string());
    let args = json!({ "session": session });
    let shown = world.admin.call("sessions.get", args.clone()).await;
    assert_eq!(shown["contact"]["username"], "Ann");
    world.olga.call("typing", args).await;
    screen
        .shows("the operator is typing", |update| {
            (update["chats"][0]["typing"] == true).then_some(())
        })
        .await;

    let answer = world.send(&session, "at your service").await;
    let shown = screen
        .shows("the answer", |update| entry(update, "at your service"))
        .await;
    has(&shown, &json!({ "by": "operator", "author": "OLGA" }));
    world.delivery(&session, &answer, "delivered").await;
    phone.act(json!({ "do": "read", "message": answer })).await;
    world.delivery(&session, &answer, "read").await;

    let history = world.history(&session).await;
    let args = json!({ "session": session, "upTo": history[0]["id"] });
    world.olga.call("messages.read", args).await;
    screen.shows_state("is anybody there?", "read").await;
}

#[tokio::test]
async fn a_page_keeps_messages_while_the_broker_is_down() {
    let mut world = World::start().await;
    let phone = Phone::connected(&world).await;
    let mut screen = phone.open_page().await;
    phone.say("one").await;
    screen.shows_state("one", "confirmed").await;

    world.broker.kill().await;
    screen
        .shows("the broker is down", |update| {
            (update["link"] == "unreachable").then_some(())
        })
        .await;
    phone.say("two").await;
    screen
        .shows("one kept message", |update| {
            (update["kept"] == 1).then_some(())
        })
        .await;
    // A page that is opened now shows the same.
    let reloaded = phone.open_page().await.next().await;
    assert_eq!(entry(&reloaded, "one").unwrap()["state"], "confirmed");
    assert!(entry(&reloaded, "two").is_some(), "{reloaded}");

    world.broker.start().await;
    screen.shows_state("two", "confirmed").await;
    let admin = world.broker.admin().await;
    let queue = admin
        .call("sessions.list", json!({ "view": "queue" }))
        .await;
    assert_eq!(queue["sessions"][0]["lastMessage"]["text"], "two");
    assert_eq!(queue["sessions"][0]["unread"], 2, "each message once");
}

#[tokio::test]
async fn a_page_accepts_actions_only_from_its_own_origin() {
    let world = World::start().await;
    let phone = Phone::connected(&world).await;
    let say = json!({ "do": "say", "person": "u1", "text": "boo" });
    for origin in ["http://evil.example", "null"] {
        let reply = phone.post(&[("origin", origin)], say.clone()).await;
        assert_eq!(reply.status, 403, "{origin}");
    }
    assert_eq!(phone.post(&[], say).await.status, 403);
    let ours = [("origin", phone.page.as_str())];
    for (action, status) in [
        (
            json!({ "do": "say", "person": "nobody", "text": "boo" }),
            404,
        ),
        (json!({ "do": "say", "person": "u1", "text": " " }), 422),
        (
            json!({ "do": "say", "person": "u1", "text": "x".repeat(10_001) }),
            413,
        ),
        (
            json!({ "do": "file", "person": "u1", "url": "javascript:alert(1)" }),
            422,
        ),
        (json!({ "do": "shout" }), 400),
    ] {
        let reply = phone.post(&ours, action).await;
        assert_eq!(reply.status, status, "{}", reply.text());
        assert!(reply.json()["error"].is_string());
    }
    for path in [
        "/",
        "/app.js",
        "/view.js",
        "/texts.js",
        "/style.css",
        "/icon.svg",
    ] {
        let url = format!("{}{path}", phone.page);
        let reply = http::send(&hyper::Method::GET, &url, &[], b"")
            .await
            .unwrap();
        assert_eq!(reply.status, 200, "{path}");
        assert!(
            reply
                .header("content-security-policy")
                .starts_with("default-src 'none'")
        );
        for forbidden in ["innerHTML", "style=", "onclick", "<script>"] {
            assert!(!reply.text().contains(forbidden), "{path} has {forbidden}");
        }
    }
    let shown = phone.open_page().await.next().await;
    assert_eq!(entry(&shown, "boo"), None);
}
