//! Each role in a process of its own, with a `nats-server` of its own.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::answer::Manners;
use crate::host;
use crate::house::House;
use crate::http::{self, Reply};
use crate::messenger::{Messenger, message};
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
        let mut nats = program::command(program::find("nats-server"));
        let nats = Program::start(
            nats.arg("--config").arg(&file),
            &house.beside().join("nats"),
        );
        let mut pieces = Self {
            running: BTreeMap::from([("nats", nats)]),
            house,
        };
        for role in ["session-router", "egress", "console", "ingress"] {
            pieces.run(role).await;
        }
        pieces
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

#[tokio::test]
async fn roles_in_processes_of_their_own_are_one_broker() {
    let mut pieces = Pieces::start().await;
    let admin = pieces.house.admin().await;
    hire(&admin, "olga", "operators").await;
    let live_chat = open_live_chat(&admin, "Sales", &["olga"]).await;
    let olga = pieces.house.sign_in("olga").await;
    let messenger = Messenger::start("open sesame", Manners::good()).await;
    let answer = connect(&admin, &live_chat, &messenger, json!({})).await;
    assert_eq!(answer["channel"]["status"], "active", "{answer}");
    let accepted = messenger.say("m1", "ann", "hello").await;
    let session = text(&accepted["sessionId"]);
    olga.call("sessions.take", json!({ "session": session }))
        .await;
    olga.call(
        "messages.send",
        json!({ "session": session, "text": "one" }),
    )
    .await;
    messenger.wait_for("message", 1).await;

    // Without egress what is sent waits.
    pieces.kill("egress").await;
    let args = json!({ "session": session, "text": "two" });
    let two = olga.call("messages.send", args).await["messageId"].clone();
    pieces.run("egress").await;
    let args = json!({ "session": session });
    let accepted = |page: &Value| {
        let all = page["messages"].as_array()?;
        let found = all.iter().find(|one| one["id"] == two)?;
        (found["delivery"]["state"] == "accepted").then_some(())
    };
    olga.until("sessions.history", args, accepted).await;

    // Without the router nothing is taken, and whoever asks is told when to come back.
    pieces.kill("session-router").await;
    let refused = messenger.post(&message("m2", "ann", "m2")).await;
    refused.problem(503, "unavailable");
    assert!(refused.header("retry-after").parse::<u32>().unwrap() >= 1);
    pieces.run("session-router").await;
    let (reply, _) = insist(&messenger, "m2").await;
    assert_eq!(reply.ok()["sessionId"], session.as_str());

    // Without the console nobody new gets in, and whoever is in goes on.
    pieces.kill("console").await;
    olga.call(
        "messages.send",
        json!({ "session": session, "text": "three" }),
    )
    .await;
    pieces.run("console").await;
    pieces.house.sign_in("olga").await;
    pieces.kill("ingress").await;
    pieces.run("ingress").await;
    let (_, before) = insist(&messenger, "m3").await;
    assert!(before.is_empty(), "{before:?}");
    let sent = messenger.wait_for("message", 3).await;
    assert_eq!(
        sent.iter().map(|one| one.text()).collect::<Vec<_>>(),
        ["one", "two", "three"]
    );
    for role in ["ingress", "console", "egress", "session-router"] {
        let mut running = pieces.running.remove(role).unwrap();
        running.signal("TERM");
        assert_eq!(
            running.end().await.code(),
            Some(0),
            "{role}: {}",
            running.said()
        );
    }
}
