//! A power cut simulated on any file system. The writer is suspended, its directory is copied, and
//! data in the copy that may not have been synced is truncated and overwritten with zeros.
//!
//! Three facts show how much of the journal was synced: the last acknowledgement, the end of the
//! sled copy (which gets only synced frames), and the headers of later frames. After that point any
//! sector may be missing. All of sled may be missing.

use std::fs;
use std::path::{Path, PathBuf};

use event_log::{CopyReport, verify};

use crate::Outcome;
use crate::check::check;
use crate::random::Random;
use crate::writer::Writer;

/// Size in bytes of a disk sector, which a disk writes atomically.
const SECTOR: usize = 512;

/// Length of a frame header; see `journal/frame.rs` for its fields.
const HEADER: usize = 72;

pub(crate) fn rounds(rounds: u64, sync: bool, random: &mut Random) -> Vec<Outcome> {
    (0..rounds).map(|_| round(sync, random)).collect()
}

fn round(sync: bool, random: &mut Random) -> Outcome {
    let (live, copy) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut writer = Writer::start(live.path(), sync);
    writer.wait_for(1 + random.below(300));
    writer.stop();
    let acknowledged = writer.acknowledged.clone();
    copy_dir(live.path(), copy.path());
    copy_dir(live.path(), &copy.path().join("probe"));
    writer.kill();

    let sled = match verify(&copy.path().join("probe")).unwrap().copy {
        CopyReport::Compared { position, .. } => position,
        CopyReport::Broken { .. } => 0,
        CopyReport::InUse => panic!("the copied log is locked"),
    };
    fs::remove_dir_all(copy.path().join("probe")).unwrap();
    let known = acknowledged
        .as_ref()
        .map_or(0, |(position, _)| *position)
        .max(sled);
    tear_journal(copy.path(), if sync { known } else { 0 }, sync, random);
    tear_sled(copy.path(), random);
    check(copy.path(), acknowledged.as_ref())
}

/// Damages the last segment after the part that is known to be synced.
fn tear_journal(dir: &Path, known: u64, sync: bool, random: &mut Random) {
    let Some(path) = files(&dir.join("journal"))
        .into_iter()
        .rfind(|path| raw(path))
    else {
        return;
    };
    let mut bytes = fs::read(&path).unwrap();
    let frames = frames(&bytes);
    let reported_durable = frames.iter().map(|frame| frame.durable).max().unwrap_or(0);
    let synced = if sync { known.max(reported_durable) } else { 0 };
    let ends = frames
        .iter()
        .filter(|frame| frame.last <= synced)
        .map(|frame| frame.end);
    let from = ends.max().unwrap_or(0);
    let unsynced = bytes.len() - from;
    if unsynced > 0 && random.below(3) > 0 {
        let kept = usize::try_from(random.below(unsynced as u64)).unwrap();
        bytes.truncate(from + kept);
    }
    let first = from.next_multiple_of(SECTOR);
    for start in (first..bytes.len()).step_by(SECTOR) {
        if random.below(4) == 0 {
            bytes
                .iter_mut()
                .skip(start)
                .take(SECTOR)
                .for_each(|byte| *byte = 0);
        }
    }
    fs::write(&path, bytes).unwrap();
}

/// Damages sled in one of several ways, or not at all.
fn tear_sled(dir: &Path, random: &mut Random) {
    let path = dir.join("sled/db");
    let Ok(mut bytes) = fs::read(&path) else {
        return;
    };
    let length = bytes.len() as u64;
    match random.below(6) {
        0 | 1 => {}
        2 => bytes.truncate(usize::try_from(random.below(length)).unwrap()),
        3 => bytes.clear(),
        4 => return fs::remove_dir_all(dir.join("sled")).unwrap(),
        _ => {
            for _ in 0..=random.below(20) {
                let start = usize::try_from(random.below(length)).unwrap() / SECTOR * SECTOR;
                bytes
                    .iter_mut()
                    .skip(start)
                    .take(SECTOR)
                    .for_each(|byte| *byte = 0);
            }
        }
    }
    fs::write(path, bytes).unwrap();
}

/// A frame in the raw segment.
struct Found {
    /// Its last position.
    last: u64,
    /// The last position that was durable when it was written.
    durable: u64,
    /// Offset of its end.
    end: usize,
}

fn frames(bytes: &[u8]) -> Vec<Found> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(header) = bytes.get(at..at + HEADER) {
        let number = |from: usize, length: usize| {
            let mut eight = [0; 8];
            eight[..length].copy_from_slice(&header[from..from + length]);
            u64::from_le_bytes(eight)
        };
        let (count, payload, unsynced, first) =
            (number(6, 2), number(8, 4), number(12, 4), number(16, 8));
        let end = at + HEADER + usize::try_from(payload).unwrap();
        if &header[..4] != b"SBF1" || end > bytes.len() {
            break;
        }
        found.push(Found {
            last: first + count - 1,
            durable: first - 1 - unsynced,
            end,
        });
        at = end;
    }
    found
}

fn raw(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "seg")
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
}

fn copy_dir(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for path in files(from) {
        let to = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_dir(&path, &to);
        } else {
            fs::copy(&path, to).unwrap();
        }
    }
}
