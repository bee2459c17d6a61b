//! `init --repair`.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Output;

use crate::broker::TestBroker;
use crate::operator::Operator;
use crate::program;
use crate::world::World;

/// The files of a directory and their content, without locks.
fn content(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(content(&path));
        } else if !path.ends_with("lock") {
            all.insert(path.clone(), fs::read(path).unwrap());
        }
    }
    all
}

/// Runs `init --repair`, and asserts that it changes no existing file.
async fn repair(broker: &TestBroker) -> Output {
    let before = content(&broker.data());
    let output = broker.call(&["init", "--repair"]).await;
    let after = content(&broker.data());
    for (path, bytes) in &before {
        assert_eq!(after.get(path), Some(bytes), "{}", path.display());
    }
    for path in after.keys() {
        let mode = fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", path.display());
    }
    if !output.status.success() {
        assert_eq!(before, after, "{output:?}");
    }
    output
}

/// Asserts that `up` refuses to start and names the repair.
async fn assert_up_names_it(broker: &TestBroker) {
    let output = program::output(&mut broker.command(&["up"])).await;
    assert_eq!(output.status.code(), Some(78), "{output:?}");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("init --repair --data"), "{error}");
}

#[tokio::test]
async fn lost_credentials_and_settings_are_made_again() {
    let mut world = World::start().await;
    let session = world.queued_session("ann").await;
    let data = world.broker.data();
    for lost in [
        "nats",
        "nats/roles.password",
        "nats/system.password",
        "nats/issuer.seed",
    ] {
        world.broker.stop().await;
        let path = data.join(lost);
        if path.is_dir() {
            fs::remove_dir_all(&path).unwrap();
        } else {
            fs::remove_file(&path).unwrap();
        }
        assert_up_names_it(&world.broker).await;
        let output = repair(&world.broker).await;
        assert!(output.status.success(), "{output:?}");
        let made = format!("made: {}", path.display());
        assert!(
            String::from_utf8_lossy(&output.stdout).contains(&made),
            "{output:?}"
        );
        world.broker.start().await;
        let admin = world.broker.admin().await;
        admin.on_session("sessions.get", &session).await;
    }
    world.broker.stop().await;
    let output = repair(&world.broker).await;
    assert!(
        output.stdout.starts_with(b"Nothing to repair."),
        "{output:?}"
    );
    fs::remove_file(data.join("switchboard.toml")).unwrap();
    assert!(repair(&world.broker).await.status.success());
    assert!(data.join("switchboard.toml").exists());
}

#[tokio::test]
async fn invalid_credentials_are_replaced_and_kept() {
    let mut broker = TestBroker::init(&[]).await;
    for (name, invalid) in [("issuer.seed", "SA\n"), ("roles.password", "")] {
        let path = broker.data().join("nats").join(name);
        fs::write(&path, invalid).unwrap();
        assert_up_names_it(&broker).await;
        let output = broker.call(&["init", "--repair"]).await;
        assert!(output.status.success(), "{output:?}");
        let aside = path.with_extension(format!("{}.invalid", name.rsplit('.').next().unwrap()));
        assert_eq!(fs::read_to_string(aside).unwrap(), invalid);
        broker.start().await;
        broker.admin().await;
        broker.stop().await;
    }
}

#[tokio::test]
async fn a_directory_that_never_ran_gets_a_new_administrator() {
    let mut broker = TestBroker::init(&[]).await;
    fs::remove_file(broker.data().join("first-administrator.toml")).unwrap();
    let output = repair(&broker).await;
    let text = String::from_utf8(output.stdout).unwrap();
    let password = text
        .lines()
        .find_map(|line| line.strip_prefix("password: "))
        .unwrap();
    broker.start().await;
    Operator::sign_in(&broker.nats_url(), "admin", password)
        .await
        .unwrap();
}

#[tokio::test]
async fn nothing_is_made_while_something_is_lost_or_the_broker_runs() {
    let mut world = World::start().await;
    world.queued_session("ann").await;
    let data = world.broker.data();
    let password = data.join("nats/roles.password");
    let refused = async |broker: &TestBroker, part: &str| {
        let output = repair(broker).await;
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(error.contains(part), "{part:?} is not in {error}");
    };
    fs::remove_file(&password).unwrap();
    let output = world.broker.call(&["init", "--repair"]).await;
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("stop it first"), "{output:?}");
    assert!(!output.status.success() && !password.exists());
    world.broker.stop().await;

    let aside = world.broker.test_dir().join("aside");
    fs::create_dir(&aside).unwrap();
    for (lost, part) in [
        (&["master.key"][..], "it cannot be made again"),
        (&["log"], "restore log/ and keys"),
        (&["keys", "keys.copy"], "restore log/ and keys"),
        (&["log", "keys", "keys.copy"], "restore log/, keys"),
    ] {
        for name in lost {
            fs::rename(data.join(name), aside.join(name)).unwrap();
        }
        refused(&world.broker, part).await;
        for name in lost {
            fs::rename(aside.join(name), data.join(name)).unwrap();
        }
    }
    let key = fs::read(data.join("master.key")).unwrap();
    fs::write(data.join("master.key"), format!("{}\n", "5a".repeat(32))).unwrap();
    refused(&world.broker, "restore the master.key").await;
    fs::write(data.join("master.key"), key).unwrap();
    assert!(repair(&world.broker).await.status.success());
    world.broker.start().await;
}
