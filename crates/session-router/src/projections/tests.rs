//! Failures of the projections, and rows that are hard to load.

mod faults;

use event_log::GENESIS;
use metrics_exporter_prometheus::PrometheusBuilder;
use projections::VALUE_BYTES_MAX;

use super::*;
use crate::view::tests::shell::Shell;
use serde_json::json;

/// A row that is too large, and a checkpoint to write it with.
fn failing_write() -> (Changes, Head) {
    let cold = vec![(b"key".to_vec(), Some(vec![0; VALUE_BYTES_MAX + 1]))];
    let changes = Changes {
        cold,
        ..Changes::default()
    };
    let checkpoint = Head {
        position: 1,
        hash: GENESIS,
    };
    (changes, checkpoint)
}

#[test]
fn a_failed_write_shows_in_a_metric() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(dir.path(), Options::default()).unwrap();
    let recorder = PrometheusBuilder::new().build_recorder();
    let failed = |value: u8| format!("\n{FAILED} {value}\n");
    metrics::with_local_recorder(&recorder, || {
        let (jobs, inbox) = sync_channel(1);
        let projector = Projector::start(
            Store::open(&dir.path().join("other"), Options::default())
                .unwrap()
                .0,
        );
        assert!(recorder.handle().render().contains(&failed(0)));
        let (too_long, checkpoint) = failing_write();
        jobs.send((too_long, checkpoint)).unwrap();
        let busy = AtomicBool::new(true);
        assert!(write_jobs(&store, &inbox, &busy).is_err());
        assert!(recorder.handle().render().contains(&failed(1)));
        projector.unwrap().stop(None).unwrap();
    });
}

#[test]
fn rows_are_dropped_after_a_failed_write() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(dir.path(), Options::default()).unwrap();
    let projector = Projector::start(store).unwrap();
    let (too_long, checkpoint) = failing_write();
    let idle = || {
        while !projector.is_idle() {
            thread::yield_now();
        }
    };
    projector.offer(too_long, checkpoint);
    for _ in 0..3 {
        idle();
        projector.offer(Changes::default(), checkpoint);
    }
    idle();
    assert!(projector.stop(None).is_err());
}

#[test]
fn rows_of_another_version_are_removed() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["v1", "v2", "v11", "mine"] {
        std::fs::create_dir(dir.path().join(name)).unwrap();
        std::fs::write(dir.path().join(name).join("rows"), "rows").unwrap();
    }
    remove_others(dir.path(), "v2");
    let left = ["v1", "v2", "v11", "mine"].map(|name| dir.path().join(name).exists());
    assert_eq!(left, [false, true, false, true]);
}

#[test]
fn a_live_chat_with_many_long_replies_can_be_loaded() {
    let mut shell = Shell::new();
    let live_chat = shell.live_chat("Desk", &[]);
    for n in 0..20 {
        let text = "я".repeat(chat::content::TEXT_CHARS_MAX);
        let reply = json!({ "liveChat": live_chat, "shortcut": format!("r{n}"), "text": text });
        shell.ok("root", "replies.create", &reply);
    }
    let dir = tempfile::tempdir().unwrap();
    let index_key = shell.sealed_log.keyring.master().index_key();
    for replayed in [shell.workspace().position, 0] {
        let (workspace, store, loaded) =
            open(dir.path(), &shell.sealed_log.reader, &index_key).unwrap();
        assert_eq!(loaded.replayed, replayed);
        assert!(workspace == *shell.workspace());
        drop(store);
    }
}
