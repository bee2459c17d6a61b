//! The command line as a client: exit codes, tables, and errors while parts of the broker are down.

use std::process::Output;

use serde_json::{Value, json};
use tokio::process::Command;

use crate::broker::TestBroker;
use crate::messenger::{Messenger, message};
use crate::program;
use crate::response::Behaviour;
use crate::roles::SeparateRoles;
use crate::wait::until;
use crate::world::World;

/// A command as the administrator.
fn command(broker: &TestBroker, args: &[&str]) -> Command {
    let password = broker.test_dir().join("password");
    let mut command = program::command(program::switchboard());
    command.args(args).arg("--nats").arg(broker.nats_url());
    command.arg("--password-file").arg(password);
    command
}

/// Runs a command as the administrator.
async fn run(broker: &TestBroker, args: &[&str]) -> Output {
    program::output(&mut command(broker, args)).await
}

/// Runs a command that must succeed. Returns its output.
async fn table(broker: &TestBroker, args: &[&str]) -> String {
    let output = run(broker, args).await;
    assert!(output.status.success(), "{args:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The number of UUIDs in a line.
fn ids(line: &str) -> usize {
    let words = line.split(|c: char| !(c.is_ascii_hexdigit() || c == '-'));
    let is_id = |word: &&str| word.len() == 36 && word.matches('-').count() == 4;
    words.filter(is_id).count()
}

#[tokio::test]
async fn a_connect_that_fails_exits_with_1_and_can_be_repeated() {
    let world = World::start().await;
    let other = Messenger::start("other code", Behaviour::complete()).await;
    let connect = async |code: &str, webhook: &str| {
        let args = [
            "channel",
            "connect",
            "--live-chat",
            "Sales",
            "--name",
            "Second",
            "--webhook",
            webhook,
            "--code",
            code,
        ];
        run(&world.broker, &args).await
    };
    let channels = async || {
        let listed = table(&world.broker, &["channel", "list", "--json"]).await;
        let listed: Value = serde_json::from_str(&listed).unwrap();
        let all = listed["channels"].as_array().unwrap().clone();
        let second = all.iter().filter(|c| c["name"] == "Second");
        second.cloned().collect::<Vec<_>>()
    };
    let nowhere = format!("http://{}/", crate::ports::free::<1>()[0]);
    for (code, webhook) in [("x", &*nowhere), ("wrong", &other.url())] {
        let failed = connect(code, webhook).await;
        let error = String::from_utf8_lossy(&failed.stderr);
        assert_eq!(failed.status.code(), Some(1), "{error}");
        assert!(
            error.contains("the messenger was not verified: "),
            "{error}"
        );
        assert!(error.contains("the channel is kept: "), "{error}");
        assert_eq!(channels().await.len(), 1);
    }
    let test = run(
        &world.broker,
        &["channel", "test", "--channel", "Second", "--json"],
    )
    .await;
    assert_eq!(test.status.code(), Some(1), "{test:?}");
    let connected = connect("other code", &other.url()).await;
    assert!(connected.status.success(), "{connected:?}");
    let second = channels().await;
    assert_eq!(second.len(), 1);
    assert_eq!(second[0]["status"], "active");
}

#[tokio::test]
async fn tables_show_names_and_texts_instead_of_ids() {
    let world = World::start().await;
    let session = world.assigned_session("ann").await;
    let sent = world.send(&session, "an answer").await;
    world.delivery(&session, &sent, "accepted").await;
    // The last message is a file, and the one before it was deleted.
    world.messenger.say("m2", "ann", "to go").await;
    let delete = json!({ "externalMessageId": "m2" });
    world.messenger.accepted("messageDeleted", delete).await;
    let mut file = message("m3", "ann", "");
    file["data"]["files"] = json!([{ "name": "plan.pdf", "URL": "http://x.example/plan.pdf" }]);
    world.messenger.post(&file).await.ok();
    let broker = &world.broker;
    let session = session.as_str();
    for (args, words) in [
        (&["live-chat", "list"][..], &["Sales"][..]),
        (&["channel", "list"], &["Shop", "Sales"]),
        (
            &["session", "list", "--view", "active"],
            &["user-of-ann", "olga", "(file)"],
        ),
        (
            &["session", "get", "--session", session],
            &["Shop", "Sales", "user-of-ann"],
        ),
        (
            &["session", "history", "--session", session],
            &["user-of-ann", "hello", "olga", "(deleted)", "plan.pdf"],
        ),
        (&["delivery", "list"], &["Shop", "an answer", "accepted"]),
        (&["contact", "list"], &["user-of-ann", "Shop"]),
        (&["audit", "list"], &["channel Shop", "live chat Sales"]),
    ] {
        let shown = table(broker, args).await;
        for word in words {
            assert!(shown.contains(word), "{args:?} lacks {word:?}:\n{shown}");
        }
        for line in shown.lines() {
            assert!(ids(line) <= 1, "{args:?}: {line}");
        }
    }
}

#[tokio::test]
async fn a_broker_that_is_down_and_a_nats_that_is_down_are_told_apart() {
    let mut roles = SeparateRoles::only_nats().await;
    let check = async |roles: &SeparateRoles, exit: i32, words: &str| {
        let output = run(&roles.broker, &["me"]).await;
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(exit), "{error}");
        assert!(error.contains(words), "{error}");
    };
    let unanswered = "runs, but the broker does not answer the sign-in";
    check(&roles, 4, unanswered).await;
    // Without its session router the console role cannot check a password.
    roles.run("console").await;
    check(&roles, 4, unanswered).await;
    roles.run("session-router").await;
    check(&roles, 0, "").await;
    std::fs::write(roles.broker.test_dir().join("password"), "a wrong one").unwrap();
    check(&roles, 5, "cannot sign in as admin").await;
    roles.kill("nats").await;
    check(&roles, 4, "cannot reach NATS").await;
}

#[tokio::test]
async fn up_on_a_new_directory_says_that_it_is_for_development() {
    let broker = TestBroker::init(&[]).await;
    let data = broker.test_dir().join("new");
    let log = broker.test_dir().join("new.log");
    let mut up = broker.command_on(&data, &["up"]);
    let mut running = program::Program::start(&mut up, &log);
    until("the directory is created", async || {
        assert!(running.exit_status().is_none(), "{}", running.log());
        data.join("master.key").exists().then_some(())
    })
    .await;
    running.signal("TERM");
    running.wait().await;
    let said = running.log();
    for words in ["for development", "For production", "egress.allow"] {
        assert!(said.contains(words), "{said}");
    }
}

#[tokio::test]
async fn the_feed_goes_on_after_a_crash_of_the_broker() {
    let mut world = World::start().await;
    let log = world.broker.test_dir().join("feed");
    let feed = program::Program::start(&mut command(&world.broker, &["feed"]), &log);
    let shown = async |words: &str| {
        until(words, async || feed.log().contains(words).then_some(())).await;
    };
    world.messenger.say("m1", "ann", "before the crash").await;
    shown("before the crash").await;
    world.broker.kill().await;
    shown("connection lost, reconnecting").await;
    world.broker.start().await;
    world.messenger.say("m2", "ann", "after the crash").await;
    shown("after the crash").await;
    let received = feed.log();
    let received = received.lines().filter(|l| l.contains("message-received"));
    assert_eq!(received.count(), 2, "each message once");
}
