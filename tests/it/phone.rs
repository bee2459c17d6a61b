//! The messenger's page: what is written on it goes to the broker, what an operator answers comes.

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper::Request;
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::host;
use crate::http::{self, Reply};
use crate::patience::{until, within};
use crate::program::{self, Program};
use crate::scene::{Scene, text};

const CODE: &str = "open sesame too";

/// `switchboard messenger` with its page.
struct Phone {
    webhook: String,
    page: String,
    _program: Program,
}

impl Phone {
    /// Starts it, and connects it to the scene's live chat.
    async fn connected(scene: &Scene) -> Self {
        let [webhook, page] = host::free::<2>().map(|address| address.to_string());
        let mut command = program::command(program::switchboard());
        command.args(["messenger", "--json", "--listen", &webhook, "--page", &page]);
        let said = scene.house.beside().join("phone");
        let program = Program::start(command.args(["--code", CODE]), &said);
        until("the phone is there", async || {
            program.said().contains("\"page\"").then_some(())
        })
        .await;
        let phone = Self {
            webhook: format!("http://{webhook}/"),
            page: format!("http://{page}"),
            _program: program,
        };
        let args = json!({
            "liveChat": scene.live_chat, "name": "Phone", "webhook": phone.webhook, "code": CODE,
        });
        let made = scene.admin.call("channels.connect", args).await;
        assert_eq!(made["channel"]["status"], "active", "{made}");
        phone
    }

    /// Does something as the page does it.
    async fn does(&self, action: Value) {
        let origin = [("origin", self.page.as_str())];
        self.post(&origin, action).await.ok();
    }

    async fn post(&self, headers: &[(&str, &str)], action: Value) -> Reply {
        let url = format!("{}/do", self.page);
        http::post(&url, headers, action.to_string().as_bytes()).await
    }

    async fn says(&self, words: &str) {
        self.does(json!({ "do": "say", "person": "u1", "text": words }))
            .await;
    }

    /// Opens the page: everything that it shows, and what changes from then on.
    async fn opened(&self) -> Screen {
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

/// A page that is open.
struct Screen {
    body: Incoming,
    text: String,
    _connected: JoinSet<hyper::Result<()>>,
}

impl Screen {
    /// The next update in which something is found.
    async fn shows<T>(&mut self, what: &str, look: impl Fn(&Value) -> Option<T>) -> T {
        loop {
            if let Some(found) = look(&within(what, self.next()).await) {
                return found;
            }
        }
    }

    /// Waits for a message of ours to be in this state.
    async fn shows_state(&mut self, words: &str, state: &str) {
        let what = format!("{words} is {state}");
        self.shows(&what, |update| {
            let entry = entry(update, words)?;
            (entry["state"] == state).then_some(())
        })
        .await;
    }

    async fn next(&mut self) -> Value {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let data = event.lines().find_map(|line| line.strip_prefix("data: "));
                let update = data.map(|data| serde_json::from_str(data).unwrap());
                self.text = rest.to_owned();
                if let Some(update) = update {
                    return update;
                }
            }
            let frame = self.body.frame().await.expect("it goes on").unwrap();
            let bytes = frame.into_data().unwrap();
            self.text.push_str(std::str::from_utf8(&bytes).unwrap());
        }
    }
}

/// What an update has of a message.
fn entry(update: &Value, words: &str) -> Option<Value> {
    let mut entries = update["entries"].as_array().unwrap().iter();
    entries.find(|entry| entry["text"] == words).cloned()
}

/// The session that somebody's message opened, taken by the operator.
async fn taken(scene: &Scene) -> String {
    let queue = json!({ "view": "queue" });
    let session = scene
        .olga
        .until("sessions.list", queue, |page| {
            page["sessions"][0]["id"].as_str().map(str::to_owned)
        })
        .await;
    let args = json!({ "session": session });
    scene.olga.call("sessions.take", args).await;
    session
}

#[tokio::test]
async fn a_phone_writes_to_an_operator_and_shows_the_answer() {
    let scene = Scene::open().await;
    let phone = Phone::connected(&scene).await;
    let mut screen = phone.opened().await;
    let names = screen
        .shows("everybody", |update| {
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

    phone.says("is anybody there?").await;
    screen.shows_state("is anybody there?", "confirmed").await;
    let session = taken(&scene).await;
    let subject = format!("sb.default.feed.{}.{session}.typing", scene.live_chat);
    let mut typing = scene.olga.subscribe(&subject).await;
    phone.does(json!({ "do": "type", "person": "u1" })).await;
    assert!(typing.next().await["contact"].is_string());
    let args = json!({ "session": session });
    let shown = scene.admin.call("sessions.get", args.clone()).await;
    assert_eq!(shown["contact"]["username"], "Ann");
    scene.olga.call("typing", args).await;
    screen
        .shows("the operator is writing", |update| {
            (update["chats"][0]["typing"] == true).then_some(())
        })
        .await;

    let answer = scene.answer(&session, "at your service").await;
    let shown = screen
        .shows("the answer", |update| entry(update, "at your service"))
        .await;
    assert_eq!(
        (&shown["by"], &shown["author"]),
        (&json!("operator"), &json!("OLGA"))
    );
    scene.delivery(&session, &answer, "delivered").await;
    phone.does(json!({ "do": "read", "message": answer })).await;
    scene.delivery(&session, &answer, "read").await;

    let history = scene.history(&session).await;
    let args = json!({ "session": session, "upTo": history[0]["id"] });
    scene.olga.call("messages.read", args).await;
    screen.shows_state("is anybody there?", "read").await;
}

#[tokio::test]
async fn a_phone_keeps_what_is_written_while_the_broker_is_away() {
    let mut scene = Scene::open().await;
    let phone = Phone::connected(&scene).await;
    let mut screen = phone.opened().await;
    phone.says("one").await;
    screen.shows_state("one", "confirmed").await;

    scene.house.kill().await;
    screen
        .shows("the broker is away", |update| {
            (update["link"] == "unreachable").then_some(())
        })
        .await;
    phone.says("two").await;
    screen
        .shows("it is kept", |update| (update["kept"] == 1).then_some(()))
        .await;
    // A page that is opened only now shows the same.
    let reloaded = phone.opened().await.next().await;
    assert_eq!(entry(&reloaded, "one").unwrap()["state"], "confirmed");
    assert!(entry(&reloaded, "two").is_some(), "{reloaded}");

    scene.house.start().await;
    screen.shows_state("two", "confirmed").await;
    let admin = scene.house.admin().await;
    let queue = admin
        .call("sessions.list", json!({ "view": "queue" }))
        .await;
    assert_eq!(queue["sessions"][0]["lastMessage"]["text"], "two");
    assert_eq!(queue["sessions"][0]["unread"], 2, "each is there once");
}

#[tokio::test]
async fn a_phone_is_written_on_by_its_own_page_alone() {
    let scene = Scene::open().await;
    let phone = Phone::connected(&scene).await;
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
    let shown = phone.opened().await.next().await;
    assert_eq!(entry(&shown, "boo"), None);
}
