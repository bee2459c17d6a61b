//! What the files of the data directory do not contain in clear, and who can read them.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use serde_json::json;
use tokio::process::Command;

use crate::broker::TestBroker;
use crate::forgetting::assert_no_trace;
use crate::program::{self, Program};
use crate::roles::is_ready;
use crate::wait::until;
use crate::world::World;

#[tokio::test]
async fn canned_replies_are_stored_sealed() {
    let mut world = World::start().await;
    let texts = [
        "zebrashortcut",
        "The zebra is out of stock",
        "The zebra is back",
    ];
    let args = json!({ "liveChat": world.live_chat, "shortcut": texts[0], "text": texts[1] });
    let reply = world.admin.call("replies.create", args.clone()).await["reply"].clone();
    assert_eq!(
        (&reply["shortcut"], &reply["text"]),
        (&json!(texts[0]), &json!(texts[1]))
    );
    let other = world
        .admin
        .call(
            "replies.create",
            json!({
                "liveChat": world.live_chat, "shortcut": "other", "text": texts[1],
            }),
        )
        .await;
    world
        .admin
        .rejected("replies.create", args, "conflict")
        .await;
    let update = json!({ "liveChat": world.live_chat, "reply": reply["id"], "text": texts[2] });
    world.admin.call("replies.update", update).await;
    for restarted in [false, true] {
        if restarted {
            world.broker.restart().await;
            world.admin = world.broker.admin().await;
        }
        let args = json!({ "liveChat": world.live_chat });
        let listed = world.admin.call("replies.list", args).await["replies"].clone();
        let updated = json!({
            "id": reply["id"], "liveChat": world.live_chat, "shortcut": texts[0], "text": texts[2],
        });
        assert_eq!(listed, json!([updated, other["reply"]]));
        let audit = world.admin.call("audit.list", json!({ "limit": 1 })).await;
        let change = &audit["audit"][0]["data"];
        assert_eq!(
            (&change["shortcut"], &change["text"]),
            (&json!(texts[0]), &json!(texts[2]))
        );
        assert_no_trace(&world.broker, &texts).await;
    }
}

/// The same command with a umask that gives everybody access to new files.
fn open_to_all(command: &Command) -> Command {
    let command = command.as_std();
    let mut shell = program::command("sh");
    shell.args(["-c", r#"umask 0; exec "$0" "$@""#]);
    shell.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell
}

/// Calls `visit` with a path and everything below it.
fn walk(path: &Path, visit: &mut impl FnMut(&Path)) {
    visit(path);
    if path.is_dir() {
        for entry in std::fs::read_dir(path).unwrap() {
            walk(&entry.unwrap().path(), visit);
        }
    }
}

/// Asserts that only the owner has access, and returns the number of files.
fn assert_private(data: &Path) -> usize {
    let mut count = 0;
    walk(data, &mut |path| {
        let mode = path.metadata().unwrap().mode();
        assert_eq!(mode & 0o077, 0, "{:o} {}", mode, path.display());
        count += 1;
    });
    count
}

#[tokio::test]
async fn only_the_owner_has_access_to_files_whatever_the_umask() {
    let broker = TestBroker::init(&[]).await;
    let data = broker.data();
    let run = async || {
        let mut up = open_to_all(&broker.command(&["up"]));
        let mut up = Program::start(&mut up, &broker.test_dir().join("up"));
        until("the broker is ready", async || {
            assert_eq!(up.exit_status(), None);
            is_ready(broker.listener("ops.listen")).await.then_some(())
        })
        .await;
        assert_private(&data);
        up.signal("TERM");
        assert!(up.wait().await.success());
    };
    run().await;
    // What a repair moves aside.
    let segment = data.join("log/journal/00000000000000000001.seg");
    let mut bytes = std::fs::read(&segment).unwrap();
    bytes[90] ^= 1;
    std::fs::write(&segment, bytes).unwrap();
    let repaired = program::output(&mut open_to_all(&broker.command(&["log", "repair"]))).await;
    let text = String::from_utf8_lossy(&repaired.stdout);
    assert!(text.contains("moved aside"), "{repaired:?}");
    assert!(assert_private(&data) > 15);

    // As in a directory of an older version.
    walk(&data, &mut |path| {
        let mode = if path.is_dir() { 0o755 } else { 0o644 };
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    });
    run().await;
}
