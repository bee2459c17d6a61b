//! Starts with damaged, missing or foreign files: nothing that was acknowledged is lost silently.

use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::json;

use crate::broker::{TestBroker, copy_dir};
use crate::program;
use crate::world::World;

/// The length of the header of a key file, and of a slot.
const HEADER: usize = 108;
const SLOT: usize = 80;

/// A stopped broker with one contact, and its session.
async fn stopped() -> (World, String) {
    let mut world = World::start().await;
    let session = world.assigned_session("ann").await;
    world.broker.stop().await;
    (world, session)
}

fn change(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
}

/// The texts of a session.
async fn texts(world: &World, session: &str) -> Vec<String> {
    let admin = world.broker.admin().await;
    let history = admin
        .call("sessions.history", json!({ "session": session }))
        .await;
    let messages = history["messages"].as_array().unwrap();
    messages
        .iter()
        .map(|message| message["text"].as_str().unwrap_or("").to_owned())
        .collect()
}

/// Asserts that `up` refuses with this exit code, and that its error contains each text.
async fn assert_refused(broker: &TestBroker, code: i32, texts: &[&str]) {
    let Output { status, stderr, .. } = broker.call(&["up"]).await;
    let stderr = String::from_utf8(stderr).unwrap();
    assert_eq!(status.code(), Some(code), "{stderr}");
    for text in texts {
        assert!(stderr.contains(text), "{text:?} is not in {stderr}");
    }
}

async fn accept_loss(broker: &TestBroker) {
    let accepted = broker.call(&["log", "recover", "--accept-loss"]).await;
    assert!(accepted.status.success(), "{accepted:?}");
}

#[tokio::test]
async fn a_damaged_key_file_is_repaired_and_nothing_is_lost() {
    type Damage = fn(&mut Vec<u8>);
    let damages: [Damage; 3] = [
        |bytes| bytes[HEADER + 20] ^= 1,
        |bytes| bytes.fill(0),
        |bytes| bytes.truncate(HEADER + SLOT / 2),
    ];
    let (mut world, session) = stopped().await;
    for (nth, damage) in damages.into_iter().enumerate() {
        change(&world.broker.data().join("keys"), damage);
        world.broker.start().await;
        let known = format!("after damage {nth}");
        world.messenger.say(&known, "ann", &known).await;
        let new = world
            .messenger
            .say(&format!("new {nth}"), &format!("bob{nth}"), "hi")
            .await;
        let found = texts(&world, &session).await;
        assert_eq!(found.first().map(String::as_str), Some("hello"));
        assert_eq!(found.last(), Some(&known));
        assert_eq!(
            texts(&world, new["sessionId"].as_str().unwrap()).await,
            ["hi"]
        );
        world.broker.stop().await;
    }
}

#[tokio::test]
async fn keys_that_are_lost_in_both_files_stop_the_start_until_the_loss_is_accepted() {
    let (mut world, session) = stopped().await;
    let whole = fs::read(world.broker.data().join("keys")).unwrap();
    for name in ["keys", "keys.copy"] {
        change(&world.broker.data().join(name), |bytes| {
            bytes[HEADER + 20] ^= 1;
        });
    }
    assert_refused(
        &world.broker,
        3,
        &["keys that contacts of the log use", "restore"],
    )
    .await;
    let doctor = world.broker.call(&["doctor"]).await;
    assert!(!doctor.status.success());
    assert!(
        String::from_utf8(doctor.stdout)
            .unwrap()
            .contains("damaged in both files")
    );
    let recover = world.broker.call(&["log", "recover"]).await;
    assert_eq!(recover.status.code(), Some(3));

    // A backup of one file is enough.
    let damaged = fs::read(world.broker.data().join("keys")).unwrap();
    fs::write(world.broker.data().join("keys"), whole).unwrap();
    world.broker.start().await;
    assert_eq!(texts(&world, &session).await, ["hello"]);
    world.broker.stop().await;

    // Without one, the person is forgotten, and writes again under a new key.
    for name in ["keys", "keys.copy"] {
        fs::write(world.broker.data().join(name), &damaged).unwrap();
    }
    accept_loss(&world.broker).await;
    world.broker.start().await;
    let admin = world.broker.admin().await;
    let contact = admin
        .call("sessions.get", json!({ "session": session }))
        .await;
    assert_eq!(contact["session"]["status"], "closed", "{contact}");
    let again = world.messenger.say("again", "ann", "me again").await;
    assert_eq!(
        texts(&world, again["sessionId"].as_str().unwrap()).await,
        ["", "me again"]
    );
    world.broker.restart().await;
}

#[tokio::test]
async fn a_missing_log_is_not_replaced_by_an_empty_one() {
    let (mut world, session) = stopped().await;
    let data = world.broker.data();
    let aside = world.broker.test_dir().join("log-aside");
    // The keys, which record the end of the log, may be lost with it.
    fs::rename(data.join("log"), &aside).unwrap();
    let keys = ["keys", "keys.copy"].map(|name| (data.join(name), aside.join(name)));
    for (key, aside) in &keys {
        fs::rename(key, aside).unwrap();
    }
    assert_refused(&world.broker, 3, &["once had a log", "from a backup"]).await;
    for (key, aside) in &keys {
        fs::rename(aside, key).unwrap();
    }
    fs::rename(&aside, data.join("log")).unwrap();
    for projections in [true, false] {
        fs::rename(data.join("log"), &aside).unwrap();
        if projections {
            fs::remove_dir_all(data.join("projections")).unwrap();
        }
        assert_refused(&world.broker, 3, &["once reached position", "log recover"]).await;
        assert!(!data.join("log").exists());
        fs::rename(&aside, data.join("log")).unwrap();
    }
    // An empty directory in its place is no log either.
    fs::rename(data.join("log"), &aside).unwrap();
    fs::create_dir(data.join("log")).unwrap();
    for _ in 0..2 {
        assert_refused(&world.broker, 3, &["once reached position", "log recover"]).await;
    }
    fs::remove_dir_all(data.join("log")).unwrap();
    fs::rename(&aside, data.join("log")).unwrap();
    world.broker.start().await;
    assert_eq!(texts(&world, &session).await, ["hello"]);
}

#[tokio::test]
async fn an_older_log_beside_newer_keys_is_refused_until_the_loss_is_accepted() {
    let (mut world, _) = stopped().await;
    let data = world.broker.data();
    let old = world.broker.test_dir().join("old-log");
    copy_dir(&data.join("log"), &old);
    world.broker.start().await;
    world.messenger.say("newer", "ann", "newer").await;
    world.broker.stop().await;
    fs::remove_dir_all(data.join("log")).unwrap();
    copy_dir(&old, &data.join("log"));
    assert_refused(&world.broker, 3, &["once reached position", "log recover"]).await;
    accept_loss(&world.broker).await;
    world.broker.start().await;
    let again = world.messenger.say("newer", "ann", "newer").await;
    let session = again["sessionId"].as_str().unwrap();
    assert_eq!(texts(&world, session).await, ["hello", "newer"]);
}

#[tokio::test]
async fn another_master_key_is_refused() {
    let (mut world, session) = stopped().await;
    let path = world.broker.data().join("master.key");
    let whole = fs::read(&path).unwrap();
    fs::write(&path, format!("{}\n", "5a".repeat(32))).unwrap();
    let data = world.broker.data();
    let keys = fs::read(data.join("keys")).unwrap();
    assert_refused(&world.broker, 1, &["master.key", data.to_str().unwrap()]).await;
    assert_eq!(fs::read(data.join("keys")).unwrap(), keys);
    let doctor = world.broker.call(&["doctor"]).await;
    assert!(
        String::from_utf8(doctor.stdout)
            .unwrap()
            .contains("master.key")
    );
    assert!(!doctor.status.success());
    fs::write(&path, whole).unwrap();
    world.broker.start().await;
    assert_eq!(texts(&world, &session).await, ["hello"]);
}

/// Copies what docs/operating.md names for a broker that runs, in its order.
fn back_up(data: &Path, copy: &Path) {
    fs::create_dir_all(copy.join("log")).unwrap();
    let file = |name: &str| fs::copy(data.join(name), copy.join(name)).unwrap();
    file("keys");
    copy_dir(&data.join("log/journal"), &copy.join("log/journal"));
    file("master.key");
    copy_dir(&data.join("nats"), &copy.join("nats"));
    file("switchboard.toml");
    file("place.toml");
}

#[tokio::test]
async fn a_backup_of_a_running_broker_is_complete_and_does_not_start_beside_it() {
    let mut world = World::start().await;
    let session = world.assigned_session("ann").await;
    let copy = world.broker.test_dir().join("backup");
    let data = world.broker.data();
    back_up(&data, &copy);
    let up = program::output(&mut world.broker.command_on(&copy, &["up"])).await;
    let stderr = String::from_utf8(up.stderr).unwrap();
    assert_eq!(up.status.code(), Some(78), "{stderr}");
    assert!(stderr.contains("may be a copy"), "{stderr}");

    world.broker.stop().await;
    fs::remove_dir_all(&data).unwrap();
    fs::rename(&copy, &data).unwrap();
    world.broker.start().await;
    assert_eq!(texts(&world, &session).await, ["hello"]);
}
