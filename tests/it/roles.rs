//! Each role in its own process, with an external `nats-server`.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;

use serde_json::{Value, json};

use crate::broker::TestBroker;
use crate::http::{self, Reply};
use crate::messenger::{Messenger, message};
use crate::operator::Operator;
use crate::ports;
use crate::program::{self, Program};
use crate::response::Behaviour;
use crate::wait::until;
use crate::world::{connect, create_live_chat, create_user, text};

/// A public key for the encryption of auth callouts, from the documentation of NATS.
const XKEY: &str = "XAB3NANV3M6N7AHSQP2U5FRWKKUT7EG2ZXXABV4XVXYQRJGM4S2CZGHT";

/// A `nats-server` and one process per role.
pub(crate) struct SeparateRoles {
    pub(crate) running: BTreeMap<&'static str, Program>,
    /// The addresses of the roles' ops listeners.
    ops: BTreeMap<&'static str, SocketAddr>,
    pub(crate) broker: TestBroker,
}

impl SeparateRoles {
    /// Everything.
    pub(crate) async fn start() -> Self {
        let mut roles = Self::only_nats().await;
        for role in ["session-router", "egress", "console", "ingress"] {
            roles.run(role).await;
        }
        roles
    }

    /// The `nats-server` and a data directory.
    pub(crate) async fn only_nats() -> Self {
        let mut roles = Self::init().await;
        roles.run_nats().await;
        roles
    }

    /// A data directory and the configuration of the `nats-server`.
    async fn init() -> Self {
        let broker = TestBroker::init(&[]).await;
        let config = broker.call(&["config", "nats"]).await;
        assert!(config.status.success(), "{config:?}");
        let file = broker.test_dir().join("nats.conf");
        std::fs::write(&file, config.stdout).unwrap();
        Self {
            running: BTreeMap::new(),
            ops: BTreeMap::new(),
            broker,
        }
    }

    /// Starts the server and waits until it listens.
    async fn run_nats(&mut self) {
        let dir = self.broker.test_dir();
        let mut command = program::command(program::find("nats-server"));
        command.arg("--config").arg(dir.join("nats.conf"));
        let nats = Program::start(&mut command, &dir.join("nats"));
        self.running.insert("nats", nats);
        let url = self.broker.nats_url();
        let address = url.trim_start_matches("nats://");
        until("nats-server listens", async || {
            tokio::net::TcpStream::connect(address).await.ok().map(drop)
        })
        .await;
    }

    /// Starts a role and waits until it is ready.
    pub(crate) async fn run(&mut self, role: &'static str) {
        let (mut running, ops) = self.spawn(role, &self.broker.data());
        until(&format!("{role} is ready"), async || {
            assert!(running.exit_status().is_none(), "{role} exited");
            is_ready(ops).await.then_some(())
        })
        .await;
        self.running.insert(role, running);
        self.ops.insert(role, ops);
    }

    /// What `/readyz` of a role answers.
    async fn readiness(&self, role: &str) -> Reply {
        let url = format!("http://{}/readyz", self.ops[role]);
        (http::send(&hyper::Method::GET, &url, &[], b"").await).unwrap()
    }

    /// Starts a role on a data directory, which may be a copy. Returns the address of its ops listener too.
    pub(crate) fn spawn(&self, role: &str, data: &Path) -> (Program, SocketAddr) {
        let [ops] = ports::free();
        let mut command = self
            .broker
            .command_on(data, &["run", "--adopt", "--role", role]);
        command.env("SWITCHBOARD__NATS__URL", self.broker.nats_url());
        command.env("SWITCHBOARD__OPS__LISTEN", ops.to_string());
        let log = format!("{role}-{}", ops.port());
        (
            Program::start(&mut command, &self.broker.test_dir().join(log)),
            ops,
        )
    }

    /// Kills a role, or the `nats-server`.
    pub(crate) async fn kill(&mut self, role: &str) {
        let mut running = self.running.remove(role).unwrap();
        running.signal("KILL");
        running.wait().await;
    }
}

/// Whether `/readyz` of an ops listener returns 200.
pub(crate) async fn is_ready(ops: SocketAddr) -> bool {
    let url = format!("http://{ops}/readyz");
    let reply = http::send(&hyper::Method::GET, &url, &[], b"").await;
    reply.is_ok_and(|reply| reply.status == 200)
}

/// Posts a message until it is accepted. Returns the reply and the statuses before it.
async fn post_until_accepted(messenger: &Messenger, id: &str) -> (Reply, Vec<u16>) {
    let mut before = Vec::new();
    let accepted = until("an accepted message", async || {
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

/// A conversation through separate roles.
struct Talk {
    messenger: Messenger,
    olga: Operator,
    session: String,
    roles: SeparateRoles,
}

impl Talk {
    async fn start() -> Self {
        let roles = SeparateRoles::start().await;
        let admin = roles.broker.admin().await;
        create_user(&admin, "olga", "operators").await;
        let live_chat = create_live_chat(&admin, "Sales", &["olga"]).await;
        let olga = roles.broker.sign_in("olga").await;
        let messenger = Messenger::start("open sesame", Behaviour::complete()).await;
        let answer = connect(&admin, &live_chat, &messenger, json!({})).await;
        assert_eq!(answer["channel"]["status"], "active", "{answer}");
        let accepted = messenger.say("m1", "ann", "hello").await;
        let session = text(&accepted["sessionId"]);
        let talk = Self {
            messenger,
            olga,
            session,
            roles,
        };
        let take = json!({ "session": talk.session });
        talk.olga.call("sessions.take", take).await;
        talk
    }

    /// Sends a message of the operator. Returns its id.
    async fn send(&self, content: &str) -> Value {
        let args = json!({ "session": self.session, "text": content });
        self.olga.call("messages.send", args).await["messageId"].clone()
    }

    /// Waits until the delivery of a message is accepted.
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
async fn every_role_can_be_killed_and_started_again() {
    let mut talk = Talk::start().await;
    let one = talk.send("one").await;
    talk.accepted(&one).await;

    // Without egress messages are queued.
    talk.roles.kill("egress").await;
    let two = talk.send("two").await;
    talk.roles.run("egress").await;
    talk.accepted(&two).await;

    // Without the router ingress responds 503 with retry-after.
    talk.roles.kill("session-router").await;
    let refused = talk.messenger.post(&message("m2", "ann", "m2")).await;
    refused.problem(503, "unavailable");
    assert!(refused.header("retry-after").parse::<u32>().unwrap() >= 1);
    until("ingress is not ready", async || {
        let reply = talk.roles.readiness("ingress").await;
        let reason = "no session router replies; messengers get 503";
        (reply.status == 503 && reply.json()["reason"] == reason).then_some(())
    })
    .await;
    talk.roles.run("session-router").await;
    let ingress = talk.roles.ops["ingress"];
    until("ingress is ready", async || {
        is_ready(ingress).await.then_some(())
    })
    .await;
    let (reply, _) = post_until_accepted(&talk.messenger, "m2").await;
    assert_eq!(reply.ok()["sessionId"], talk.session.as_str());

    // Without the console role signed-in users are not affected.
    talk.roles.kill("console").await;
    let three = talk.send("three").await;
    talk.roles.run("console").await;
    talk.roles.broker.sign_in("olga").await;
    talk.accepted(&three).await;

    talk.roles.kill("ingress").await;
    talk.roles.run("ingress").await;
    let (_, before) = post_until_accepted(&talk.messenger, "m3").await;
    assert!(before.is_empty(), "{before:?}");
    let sent = talk.messenger.received_of("message");
    let texts: Vec<&str> = sent.iter().map(|one| one.text()).collect();
    assert_eq!(texts, ["one", "two", "three"]);
}

#[tokio::test]
async fn roles_survive_a_killed_nats_server_and_stop_gracefully() {
    let mut talk = Talk::start().await;
    talk.roles.kill("nats").await;
    let refused = talk.messenger.post(&message("m2", "ann", "m2")).await;
    refused.problem(503, "unavailable");
    talk.roles.run_nats().await;
    post_until_accepted(&talk.messenger, "m2").await;
    talk.olga = talk.roles.broker.sign_in("olga").await;
    let one = talk.send("one").await;
    talk.accepted(&one).await;
    for role in ["ingress", "console", "egress", "session-router"] {
        let mut running = talk.roles.running.remove(role).unwrap();
        running.signal("TERM");
        let status = running.wait().await;
        assert_eq!(status.code(), Some(0), "{role}: {}", running.log());
    }
}

#[tokio::test]
async fn roles_that_start_before_nats_wait_for_it() {
    let mut roles = SeparateRoles::init().await;
    let data = roles.broker.data();
    let mut started = Vec::new();
    for role in ["session-router", "egress", "console", "ingress"] {
        started.push((role, roles.spawn(role, &data)));
    }
    let url = roles.broker.nats_url();
    for (role, (running, ops)) in &mut started {
        until(&format!("{role} waits for NATS"), async || {
            assert_eq!(running.exit_status(), None, "{role}");
            let ready = format!("http://{ops}/readyz");
            let reply = http::send(&hyper::Method::GET, &ready, &[], b"")
                .await
                .ok()?;
            let log = running.log();
            let is_logged = log.matches("waiting for NATS").count() > 1 && log.contains(&url);
            let is_shown = reply.status == 503 && reply.text().contains("waiting for NATS");
            (is_logged && is_shown).then_some(())
        })
        .await;
    }
    roles.run_nats().await;
    for (role, (running, ops)) in &mut started {
        until(&format!("{role} is ready"), async || {
            assert_eq!(running.exit_status(), None, "{role}");
            is_ready(*ops).await.then_some(())
        })
        .await;
    }
    roles.broker.admin().await;
}

#[tokio::test]
async fn a_role_that_waits_for_nats_can_be_stopped() {
    let roles = SeparateRoles::init().await;
    let (mut running, _) = roles.spawn("console", &roles.broker.data());
    until("it waits", async || {
        running.log().contains("waiting for NATS").then_some(())
    })
    .await;
    running.signal("TERM");
    assert_eq!(running.wait().await.code(), Some(0));
}

#[tokio::test]
async fn credentials_that_do_not_fit_are_refused_with_their_file() {
    let roles = SeparateRoles::only_nats().await;
    let other = TestBroker::init(&[]).await;
    let foreign = std::fs::read_to_string(other.data().join("nats/issuer.seed")).unwrap();
    for (role, file, content, code) in [
        ("session-router", "roles.password", "something else\n", 5),
        ("console", "system.password", "something else\n", 5),
        ("console", "issuer.seed", "something else\n", 78),
        ("console", "issuer.seed", &foreign, 78),
    ] {
        let path = roles.broker.data().join("nats").join(file);
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, content).unwrap();
        let (mut running, _) = roles.spawn(role, &roles.broker.data());
        assert_eq!(running.wait().await.code(), Some(code), "{}", running.log());
        let named = path.to_str().unwrap();
        assert!(running.log().contains(named), "{named}: {}", running.log());
        std::fs::write(&path, whole).unwrap();
    }
}

#[tokio::test]
async fn a_nats_that_encrypts_or_skips_sign_ins_is_refused() {
    let mut roles = SeparateRoles::init().await;
    let file = roles.broker.test_dir().join("nats.conf");
    let config = std::fs::read_to_string(&file).unwrap();
    let open = config.find("accounts {").unwrap();
    let encrypted = format!("auth_callout {{\n    xkey: {XKEY}");
    for (config, named) in [
        (config.replace("auth_callout {", &encrypted), "remove xkey"),
        // Without accounts and without the auth callout.
        (config[..open].to_owned(), "without credentials"),
    ] {
        std::fs::write(&file, config).unwrap();
        roles.run_nats().await;
        let (mut running, _) = roles.spawn("console", &roles.broker.data());
        let code = running.wait().await.code();
        assert_eq!(code, Some(78), "{}", running.log());
        assert!(running.log().contains(named), "{}", running.log());
        roles.kill("nats").await;
    }
}
