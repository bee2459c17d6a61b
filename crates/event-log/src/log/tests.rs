use std::fs::File;
use std::path::Path;
use std::sync::mpsc::channel;

use super::EventLog;
use crate::start::open;
use crate::testing::frame;
use crate::{Error, Options};

/// A log of one event whose journal continues in a device that fails.
fn log_on_failing_device(dir: &Path, device: &str) -> EventLog {
    let (log, _) = EventLog::open(dir, Options::new(0)).unwrap();
    log.append(frame(1, &[5])).unwrap();
    log.close().unwrap();
    let mut parts = open::open(dir, &Options::new(0)).unwrap();
    let device = File::options().append(true).open(device).unwrap();
    parts.journal = parts.journal.with_file(device);
    EventLog::start(dir, parts, u64::MAX).unwrap().0
}

fn check(device: &str, action: &str) {
    let dir = tempfile::tempdir().unwrap();
    let log = log_on_failing_device(dir.path(), device);
    let (sender, receiver) = channel();
    let mut accepted = 0;
    for first in 2..30 {
        let sender = sender.clone();
        let submitted = log.submit(frame(first, &[5]), move |outcome| {
            sender.send(outcome).unwrap();
        });
        match submitted {
            Ok(()) => accepted += 1,
            Err(error) => {
                assert!(matches!(error, Error::Poisoned { .. }), "{error}");
                break;
            }
        }
    }
    drop(sender);
    let outcomes: Vec<_> = receiver.iter().map(Result::unwrap_err).collect();
    assert_eq!(outcomes.len(), accepted, "each frame has one outcome");
    let (first, others) = outcomes.split_first().unwrap();
    assert!(
        matches!(first, Error::Io { action: found, .. } if *found == action),
        "{first}"
    );
    assert!(
        others
            .iter()
            .all(|error| matches!(error, Error::Poisoned { .. }))
    );
    let error = log.append(frame(2, &[5])).unwrap_err();
    assert!(error.to_string().contains("restart the process"), "{error}");
    assert_eq!(log.head().position, 1);
    assert_eq!(log.reader().get(1).unwrap().unwrap().bytes, [1; 5]);
    assert_eq!(log.reader().get(2).unwrap(), None);
    assert!(matches!(log.close(), Err(Error::Poisoned { .. })));
    let (log, opened) = EventLog::open(dir.path(), Options::new(0)).unwrap();
    assert_eq!((opened.head.position, opened.rebuilt), (1, None));
    log.append(frame(2, &[5])).unwrap();
}

#[test]
fn a_failed_sync_poisons_the_log() {
    // The device accepts writes and rejects syncs.
    check("/dev/null", "sync");
}

#[test]
fn a_full_disk_poisons_the_log() {
    check("/dev/full", "append to");
}

#[test]
fn the_log_and_its_readers_can_be_shared_between_threads() {
    fn check<T: Send + Sync>() {}
    check::<EventLog>();
    check::<crate::Reader>();
}
