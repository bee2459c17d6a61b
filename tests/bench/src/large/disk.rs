//! The files of a data directory: their size, and what the operating system has cached of them.

use std::fs::File;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use chat::time::Timestamp;
use event_log::{EventLog, Options};
use rustix::fs::{Advice, fadvise};

/// The unit of `st_blocks`.
const BLOCK: u64 = 512;

/// The bytes that the files below a directory occupy.
pub(super) fn bytes(dir: &Path) -> u64 {
    let files = files(dir).into_iter();
    files
        .filter_map(|file| Some(file.metadata().ok()?.blocks() * BLOCK))
        .sum()
}

/// Drops what the operating system has cached of the files below a directory, so that the next
/// reads wait for the disk. Pages that a process has mapped stay.
pub(super) fn drop_cache(dir: &Path) {
    for file in files(dir) {
        // A segment may have been compressed, and deleted, meanwhile.
        let Ok(file) = File::open(file) else {
            continue;
        };
        // Pages that are not on the disk yet cannot be dropped.
        file.sync_data().unwrap();
        fadvise(&file, 0, None, Advice::DontNeed).unwrap();
    }
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.is_file() {
            found.push(path);
        }
    }
    found
}

/// The number of events in the log of a stopped broker.
pub(super) fn events(data: &Path, now: Timestamp) -> u64 {
    let (log, opened) = EventLog::open(&data.join("log"), Options::new(now.as_micros())).unwrap();
    log.close().unwrap();
    opened.head.position
}
