//! The disk and the log.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use event_log::{JournalReader, Space};

use super::finding::{Finding, State};
use crate::data::Data;
use crate::exit::{Exit, Failure};

/// Checks the free space for the directory, and for a log on another disk.
pub(super) fn disk(data: &Data) -> Vec<Finding> {
    let device = |path: &Path| fs::metadata(path).map(|metadata| metadata.dev()).ok();
    let log = data.log();
    let mut places = vec![data.path()];
    if log.is_dir() && device(&log) != device(data.path()) {
        places.push(&log);
    }
    let check = |place: &Path| match event_log::free_space(place) {
        Ok(space) => space_of(place, space),
        Err(error) => Finding::failed("disk", &Failure::of_log(error)),
    };
    places.into_iter().map(check).collect()
}

fn space_of(place: &Path, space: Space) -> Finding {
    let gib = space.free_bytes / (1 << 30);
    if space.nearly_full() {
        let message = format!(
            "{gib} GiB are free on the disk of {}; new messages are rejected below 5 % or 1 GiB: free \
             some space, but delete nothing in the data directory",
            place.display()
        );
        Finding::wrong("disk", message)
    } else {
        Finding::ok("disk", format!("{gib} GiB are free"))
    }
}

/// Checks that the end of the log can be read.
pub(super) fn log(data: &Data) -> Vec<Finding> {
    let mut findings = Vec::new();
    let dir = data.log();
    if !dir.is_dir() {
        // Only a session router with a log makes projections.
        findings.push(if data.path().join("projections").exists() {
            let message = format!(
                "{} is missing; restore it and the contacts' keys from a backup before the next start",
                dir.display()
            );
            Finding::new("log", State::Wrong(Exit::Damaged), message)
        } else {
            Finding::ok("log", "no log yet")
        });
        return findings;
    }
    findings.push(match JournalReader::stats(&dir) {
        Ok(stats) => {
            let message = format!(
                "{} events in {} bytes; to verify them: switchboard log verify --data {}",
                stats.head.position,
                stats.bytes,
                data.path().display()
            );
            Finding::ok("log", message)
        }
        Err(error) => Finding::failed("log", &Failure::of_log(error)),
    });
    let entries = fs::read_dir(&dir).into_iter().flatten().flatten();
    for entry in entries.filter(|e| e.file_name().to_string_lossy().starts_with("quarantine-")) {
        let message = format!(
            "{} was moved aside because a copy of the log was damaged; keep it until switchboard log \
             verify and log recover find nothing, then it can go",
            entry.path().display()
        );
        findings.push(Finding::warning("log", message));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nearly_full_disk_is_wrong() {
        let gib = 1 << 30;
        for (free_bytes, total_bytes, word) in [
            (gib / 2, 10 * gib, "wrong"),
            (4 * gib, 100 * gib, "wrong"),
            (20 * gib, 100 * gib, "ok"),
        ] {
            let space = Space {
                free_bytes,
                total_bytes,
            };
            let finding = space_of(Path::new("/data"), space);
            assert_eq!(finding.word(), word, "{finding:?}");
        }
    }
}
