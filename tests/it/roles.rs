//! Each role in a process of its own, with a `nats-server` of its own.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::answer::Manners;
use crate::host;
use crate::house::House;
use crate::http::{self, Reply};
use crate::messenger::{Messenger, message};
use crate::operator::Operator;
use crate::patience::until;
use crate::program::{self, Program};
use crate::scene::{connect, hire, open_live_chat, text};

/// A broker in pieces.
struct Pieces {
    running: BTreeMap<&'static str, Program>,
    house: House,
}

impl Pieces {
    async fn start() -> Self {
        let house = House::init(&[]).await;
        let config = house.call(&["config", "nats"]).await;
        assert!(config.status.success(), "{config:?}");
        let file = house.beside().join("nats.conf");
        std::fs::write(&file, config.stdout).unwrap();
        let mut pieces = Self {
            running: BTreeMap::new(),
            house,
        };
        pieces.run_nats().await;
        for role in ["session-router", "egress", "console", "ingress"] {
            pieces.run(role).await;
        }
        pieces
    }

    /// Runs the server and waits until it listens: a role that finds none gives up.
    async fn run_nats(&mut self) {
        let beside = self.house.beside();
        let mut command = program::command(program::find("nats-server"));
        command.arg("--config").arg(beside.join("nats.conf"));
        let nats = Program::start(&mut command, &beside.join("nats"));
        self.running.insert("nats", nats);
        let url = self.house.nats_url();
        let address = url.trim_start_matches("nats://");
        until("nats-server listens", async || {
            tokio::net::TcpStream::connect(address).await.ok().map(drop)
        })
        .await;
    }

    /// Runs a role and waits until it is ready.
    async fn run(&mut self, role: &'static str) {
        let [ops] = host::free();
        let mut command = self.house.command(&["run", "--role", role]);
        command.env("SWITCHBOARD__NATS__URL", self.house.nats_url());
        command.env("SWITCHBOARD__OPS__LISTEN", ops.to_string());
        let mut running = Program::start(&mut command, &self.house.beside().join(role));
        let url = format!("http://{ops}/readyz");
        until(&format!("{role} is ready"), async || {
            assert!(running.ended().is_none(), "{role} ended");
            let reply = http::send(&hyper::Method::GET, &url, &[], b"").await.ok()?;
            (reply.status == 200).then_some(())
        })
        .await;
        self.running.insert(role, running);
    }

    async fn kill(&mut self, role: &str) {
        let mut running = self.running.remove(role).unwrap();
        running.signal("KILL");
        running.end().await;
    }
}

/// Says it until it is accepted; what it was told before.
async fn insist(messenger: &Messenger, id: &str) -> (Reply, Vec<u16>) {
    let mut before = Vec::new();
    let accepted = until("it is accepted", async || {
        let reply = messenger.post(&message(id, "ann", id)).await;
        if reply.status == 200 {
            return Some(reply);
        }
        reply.problem(503, "unavailable");
        before.push(reply.status);
        None
    })
    .await;
    (accepted, before)
}

/// A conversation through the pieces.
struct Talk {
    messenger: Messenger,
    olga: Operator,
    session: String,
    pieces: Pieces,
}

impl Talk {
    async fn start() -> Self {
        let pieces = Pieces::start().await;
        let admin = pieces.house.admin().await;
        hire(&admin, "olga", "operators").await;
        let live_chat = open_live_chat(&admin, "Sales", &["olga"]).await;
        let olga = pieces.house.sign_in("olga").await;
        let messenger = Messenger::start("open sesame", Manners::good()).await;
        let answer = connect(&admin, &live_chat, &messenger, json!({})).await;
        assert_eq!(answer["channel"]["status"], "active", "{answer}");
        let accepted = messenger.say("m1", "ann", "hello").await;
        let session = text(&accepted["sessionId"]);
        let talk = Self {
            messenger,
            olga,
            session,
            pieces,
        };
        let take = json!({ "session": talk.session });
        talk.olga.call("sessions.take", take).await;
        talk
    }

    /// The operator answers: the message's id.
    async fn answer(&self, words: &str) -> Value {
        let args = json!({ "session": self.session, "text": words });
        self.olga.call("messages.send", args).await["messageId"].clone()
    }

    /// Waits until it is recorded that the messenger has a message.
    async fn accepted(&self, message: &Value) {
        let args = json!({ "session": self.session });
        let accepted = |page: &Value| {
            let all = page["messages"].as_array()?;
            let found = all.iter().find(|one| one["id"] == *message)?;
            (found["delivery"]["state"] == "accepted").then_some(())
        };
        self.olga.until("sessions.history", args, accepted).await;
    }
}

#[tokio::test]
async fn roles_in_processes_of_their_own_do_without_each_other_for_a_while() {
    let mut talk = Talk::start().await;
    let one = talk.answer("one").await;
    talk.accepted(&one).await;

    // Without egress what is sent waits.
    talk.pieces.kill("egress").await;
    let two = talk.answer("two").await;
    talk.pieces.run("egress").await;
    talk.accepted(&two).await;

    // Without the router nothing is taken, and whoever asks is told when to come back.
    talk.pieces.kill("session-router").await;
    let refused = talk.messenger.post(&message("m2", "ann", "m2")).await;
    refused.problem(503, "unavailable");
    assert!(refused.header("retry-after").parse::<u32>().unwrap() >= 1);
    talk.pieces.run("session-router").await;
    let (reply, _) = insist(&talk.messenger, "m2").await;
    assert_eq!(reply.ok()["sessionId"], talk.session.as_str());

    // Without the console whoever is in goes on.
    talk.pieces.kill("console").await;
    let three = talk.answer("three").await;
    talk.pieces.run("console").await;
    talk.pieces.house.sign_in("olga").await;
    talk.accepted(&three).await;

    talk.pieces.kill("ingress").await;
    talk.pieces.run("ingress").await;
    let (_, before) = insist(&talk.messenger, "m3").await;
    assert!(before.is_empty(), "{before:?}");
    let sent = talk.messenger.received_of("message");
    let texts: Vec<&str> = sent.iter().map(|one| one.text()).collect();
    assert_eq!(texts, ["one", "two", "three"]);
}

#[tokio::test]
async fn roles_survive_their_nats_server_and_end_in_good_order() {
    let mut talk = Talk::start().await;
    talk.pieces.kill("nats").await;
    let refused = talk.messenger.post(&message("m2", "ann", "m2")).await;
    refused.problem(503, "unavailable");
    talk.pieces.run_nats().await;
    insist(&talk.messenger, "m2").await;
    talk.olga = talk.pieces.house.sign_in("olga").await;
    let one = talk.answer("one").await;
    talk.accepted(&one).await;
    for role in ["ingress", "console", "egress", "session-router"] {
        let mut running = talk.pieces.running.remove(role).unwrap();
        running.signal("TERM");
        let status = running.end().await;
        assert_eq!(status.code(), Some(0), "{role}: {}", running.said());
    }
}
