//! Faults of the data directory.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::{Report, examine, examine_with, is_root, text};
use crate::broker::TestBroker;
use crate::program;
use crate::world::{World, create_user};

/// A stopped broker that has received a message.
async fn stopped() -> TestBroker {
    stopped_after(&["ann"]).await
}

/// A broker that was stopped after these people wrote.
async fn stopped_after(people: &[&str]) -> TestBroker {
    let mut world = World::start().await;
    for person in people {
        world.queued_session(person).await;
    }
    world.broker.stop().await;
    world.broker
}

/// A valid master key of another directory.
const OTHER_KEY: &str = "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a\n";

/// A file, its content (`None` deletes it), and then the exit code, the check and the advice.
const LOSSES: [(&str, Option<&str>, i32, &str, &str); 8] = {
    let (credentials, again) = ("credentials", "init --repair");
    [
        (
            "master.key",
            Some("5a5a\n"),
            78,
            "keys",
            "restore it from a backup",
        ),
        (
            "master.key",
            Some(OTHER_KEY),
            1,
            "keys",
            "restore the master.key",
        ),
        ("master.key", None, 1, "data", "restore it from a backup"),
        ("nats/issuer.seed", None, 1, credentials, again),
        ("nats/issuer.seed", Some("SA"), 1, credentials, again),
        ("nats/roles.password", None, 1, credentials, again),
        ("nats/roles.password", Some(""), 1, credentials, again),
        ("nats/system.password", None, 1, credentials, again),
    ]
};

#[tokio::test]
async fn lost_and_damaged_files_are_found() {
    let broker = stopped().await;
    let data = broker.data();
    for (name, content, code, check, advice) in LOSSES {
        let path = data.join(name);
        let whole = fs::read(&path).unwrap();
        match content {
            Some(content) => fs::write(&path, content).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
        let report = examine(&broker).await;
        let named = if content == Some(OTHER_KEY) {
            data.join("keys")
        } else {
            path.clone()
        };
        report.finds(code, check, &[text(&named), advice]);
        fs::write(&path, whole).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        examine(&broker).await.is_healthy();
    }
}

#[tokio::test]
async fn lost_keys_and_a_lost_log_are_found() {
    let broker = stopped().await;
    let (data, aside) = (broker.data(), broker.test_dir().join("aside"));
    let path = |name: &str| data.join(name);
    fs::rename(path("keys"), &aside).unwrap();
    (examine(&broker).await).warns("keys", &[text(&path("keys")), "from its copy"]);
    fs::rename(path("keys.copy"), broker.test_dir().join("copy")).unwrap();
    let advice = "restore it from a backup";
    (examine(&broker).await).finds(3, "keys", &[text(&path("keys.copy")), "missing", advice]);
    fs::rename(&aside, path("keys")).unwrap();
    fs::rename(broker.test_dir().join("copy"), path("keys.copy")).unwrap();

    fs::rename(path("log"), &aside).unwrap();
    (examine(&broker).await).finds(3, "log", &["lost events", advice, text(&data)]);
    // Without its keys it could be a new directory.
    for name in ["keys", "keys.copy"] {
        fs::rename(path(name), broker.test_dir().join(name)).unwrap();
    }
    (examine(&broker).await).finds(3, "log", &[text(&path("log")), "is missing; restore it"]);
    for name in ["keys", "keys.copy"] {
        fs::rename(broker.test_dir().join(name), path(name)).unwrap();
    }
    // The log of another directory, with more events.
    let other = stopped_after(&["ann", "bob", "cyril"]).await;
    fs::rename(other.data().join("log"), path("log")).unwrap();
    (examine(&broker).await).finds(3, "log", &[text(&path("log")), "is not the log", advice]);
    fs::remove_dir_all(path("log")).unwrap();
    fs::rename(&aside, path("log")).unwrap();
    examine(&broker).await.is_healthy();
}

#[tokio::test]
async fn files_that_the_owner_cannot_use_or_others_can_are_found() {
    let broker = stopped().await;
    for (name, wrong, right, advice) in [
        (
            "log/journal/00000000000000000001.seg",
            0o400,
            0o600,
            "chmod u+rw ",
        ),
        ("keys", 0o000, 0o600, "chmod u+rw "),
        ("projections", 0o500, 0o700, "chmod u+rwx "),
        ("log/lock", 0o604, 0o600, "chmod go= "),
        ("master.key", 0o640, 0o600, "chmod go= "),
    ] {
        let path = broker.data().join(name);
        fs::set_permissions(&path, fs::Permissions::from_mode(wrong)).unwrap();
        let advice = format!("run: {advice}{}", path.display());
        (examine(&broker).await).finds(1, "permissions", &[&advice]);
        fs::set_permissions(&path, fs::Permissions::from_mode(right)).unwrap();
    }
    examine(&broker).await.is_healthy();
}

#[tokio::test]
async fn files_of_another_user_and_another_user_are_found() {
    let broker = stopped().await;
    if !is_root(&broker) {
        return;
    }
    let path = broker.data().join("keys");
    std::os::unix::fs::chown(&path, Some(12_345), None).unwrap();
    let advice = format!(
        "user 12345, the directory to user 0; run: chown 0 {}",
        path.display()
    );
    (examine(&broker).await).finds(1, "permissions", &[&advice]);
    std::os::unix::fs::chown(&path, Some(0), None).unwrap();

    let program = broker.test_dir().join("switchboard");
    fs::copy(program::switchboard(), &program).unwrap();
    for path in [broker.test_dir(), &program] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let mut other = program::command("setpriv");
    other.args(["--reuid", "12345", "--regid", "12345", "--clear-groups"]);
    other
        .arg(program)
        .args(["doctor", "--json", "--data"])
        .arg(broker.data());
    (examine_with(&mut other).await).finds(
        1,
        "permissions",
        &["belongs to user 0", "sudo -u '#0'"],
    );
}

#[tokio::test]
async fn nothing_is_advised_for_a_directory_of_other_files() {
    let broker = TestBroker::init(&[]).await;
    // A file that others can read.
    let other = broker.test_dir().join("other");
    fs::create_dir(&other).unwrap();
    fs::write(other.join("thesis.txt"), "chapter 1").unwrap();
    fs::set_permissions(&other, fs::Permissions::from_mode(0o755)).unwrap();
    let report = examine_with(&mut broker.command_on(&other, &["doctor", "--json"])).await;
    report.finds(1, "data", &[text(&other), "no data directory"]);
    assert_eq!(report.lines.len(), 1, "{report:?}");
}

#[tokio::test]
async fn a_copy_is_found() {
    let broker = stopped().await;
    let copy = broker.copy_data();
    let report = examine_with(&mut broker.command_on(&copy, &["doctor", "--json"])).await;
    let original = broker.data().canonicalize().unwrap();
    let parts = [
        text(&original),
        "original is stopped for good",
        "up --adopt",
    ];
    report.finds(1, "place", &parts);
}

/// Runs `doctor` after a shell command that mounts something, visible to it only. `None` where tests may
/// not mount.
async fn examine_mounted(broker: &TestBroker, mount: &str, data: &Path) -> Option<Report> {
    let mut doctor = program::command("unshare");
    doctor.args(["--mount", "sh", "-ec"]);
    doctor.arg(format!("{mount}\nexec \"$0\" doctor --json --data \"$1\""));
    doctor.arg(program::switchboard()).arg(data);
    doctor.current_dir(broker.test_dir());
    let output = program::output(&mut doctor).await;
    (!output.stdout.is_empty()).then(|| Report::of(output))
}

#[tokio::test]
async fn a_full_disk_and_a_read_only_one_are_found() {
    let broker = stopped().await;
    let data = broker.data();
    let small = broker.test_dir().join("small");
    fs::create_dir(&small).unwrap();
    let mount = "mount -t tmpfs -o size=64m,mode=700 none small; cp -a data/. small";
    if let Some(report) = examine_mounted(&broker, mount, &small).await {
        let parts = [text(&small), "0 GiB are free", "free some space"];
        report.has("wrong", "disk", &parts);
        report.is_harmless();
    }
    let mount = "mount --bind data data; mount -o remount,bind,ro data";
    if let Some(report) = examine_mounted(&broker, mount, &data).await {
        let parts = [text(&data), "mounted read-only", "remount"];
        report.has("wrong", "permissions", &parts);
    }
}

#[tokio::test]
async fn a_clock_that_does_not_fit_the_log_is_found() {
    let mut broker = TestBroker::init(&[]).await;
    broker.set_clock("+0");
    broker.start().await;
    let admin = broker.admin().await;
    broker.set_clock("+3h");
    create_user(&admin, "olga", "operators").await;
    broker.stop().await;
    (examine(&broker).await).is_healthy();
    broker.set_clock("+0");
    (examine(&broker).await).finds(1, "clock", &["the newest event of the log", "set it (NTP)"]);
    broker.set_clock("-20y");
    (examine(&broker).await).finds(1, "clock", &["the clock is at 20", "set it, or"]);
}
