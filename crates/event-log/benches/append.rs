//! Compares the log with a plain file on the same disk.
//!
//! `cargo bench -p event-log` prints a table. Compare the ratios: the sync time of a disk varies
//! from hour to hour. Each round measures the file, then the log; the ratio is the median over the
//! rounds. Pipelined frames share a sync, so the log can be faster than the file, which syncs each
//! commit.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench may panic and must print"
)]
#![expect(clippy::disallowed_methods, reason = "a bench reads the clock")]

use std::fs::File;
use std::io::{Read, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

use event_log::{EventLog, Frame, NewEvent, Options};

const EVENT_BYTES: usize = 300;
const ROUNDS: usize = 7;
const REPLAY_EVENTS: u64 = 1_000_000;

fn main() {
    let dir = tempfile::tempdir_in(target_dir()).unwrap();
    println!("events of {EVENT_BYTES} bytes, events/s, median of {ROUNDS} rounds\n");
    println!(
        "{:32} {:>11} {:>11} {:>8} {:>7}",
        "append and sync", "raw file", "log", "ratio", "budget"
    );
    for (per_commit, commits, budget) in [(1, 1_000, ""), (10, 1_000, ""), (100, 500, "50 %")] {
        let rounds: Vec<_> = (0..ROUNDS)
            .map(|round| {
                let round_dir = dir.path().join(format!("{per_commit}-{round}"));
                std::fs::create_dir(&round_dir).unwrap();
                let raw = raw_append(&round_dir, per_commit, commits);
                let (sequential, pipelined) = log_append(&round_dir, per_commit, commits);
                std::fs::remove_dir_all(&round_dir).unwrap();
                (raw, sequential, pipelined)
            })
            .collect();
        let raw = median(rounds.iter().map(|round| round.0));
        let row = |name: &str, pick: fn(&(f64, f64, f64)) -> f64| {
            let name = format!("{per_commit} per commit, {name}");
            let ratio = median(rounds.iter().map(|round| pick(round) / round.0));
            row(&name, raw, median(rounds.iter().map(pick)), ratio, budget);
        };
        row("one at a time", |round| round.1);
        row("pipelined", |round| round.2);
    }
    println!(
        "\n{:32} {:>11} {:>11} {:>8} {:>7}",
        "replay", "raw file", "log", "ratio", "budget"
    );
    replay(dir.path());
}

fn row(name: &str, raw: f64, log: f64, ratio: f64, budget: &str) {
    println!(
        "{name:32} {raw:>11.0} {log:>11.0} {:>6.0} % {budget:>7}",
        ratio * 100.0
    );
}

/// The build directory, which is on a disk; the temporary directory may be a `tmpfs`.
fn target_dir() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}

fn event(position: u64) -> Vec<u8> {
    let text = b"{\"text\":\"Good morning, where is my parcel?\",\"sealed\":\"";
    let mut state = position.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    // Half is plain text, half is random, as sealed content is.
    let noise = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_be_bytes()
    });
    let text = text.iter().copied().cycle().take(EVENT_BYTES / 2);
    text.chain(noise.flatten()).take(EVENT_BYTES).collect()
}

fn frame(first_position: u64, count: u64) -> Frame {
    let events = (first_position..first_position + count).map(|position| NewEvent {
        link: position - 1,
        bytes: event(position),
    });
    Frame {
        first_position,
        time_micros: 0,
        events: events.collect(),
    }
}

fn raw_append(dir: &Path, per_commit: u64, commits: u64) -> f64 {
    let mut file = File::create(dir.join("raw")).unwrap();
    let chunks: Vec<Vec<u8>> = (0..commits)
        .map(|commit| {
            let first = commit * per_commit + 1;
            (first..first + per_commit).flat_map(event).collect()
        })
        .collect();
    per_second(per_commit * commits, || {
        for chunk in &chunks {
            file.write_all(chunk).unwrap();
            file.sync_data().unwrap();
        }
    })
}

/// Measures commits one at a time, then pipelined, each until the last frame is committed. Returns
/// both in events per second.
fn log_append(dir: &Path, per_commit: u64, commits: u64) -> (f64, f64) {
    let events = per_commit * commits;
    let frames = |first: u64| -> Vec<_> {
        (0..commits)
            .map(|commit| frame(first + commit * per_commit, per_commit))
            .collect()
    };
    let (log, _) = EventLog::open(&dir.join("sequential"), Options::new(0)).unwrap();
    let all = frames(1);
    let sequential = per_second(events, || {
        for frame in all {
            log.append(frame).unwrap();
        }
    });
    log.close().unwrap();

    let (log, _) = EventLog::open(&dir.join("pipelined"), Options::new(0)).unwrap();
    let all = frames(1);
    let pipelined = per_second(events, || {
        let (sender, receiver) = sync_channel(all.len());
        for frame in all {
            let sender = sender.clone();
            log.submit(frame, move |outcome| sender.send(outcome).unwrap())
                .unwrap();
        }
        drop(sender);
        assert_eq!(receiver.iter().flatten().count() as u64, commits);
    });
    log.close().unwrap();
    (sequential, pipelined)
}

fn replay(dir: &Path) {
    let log_dir = dir.join("replay");
    // Segments of 16 MiB, so that most of them are sealed.
    let options = Options {
        segment_bytes: 16 * 1024 * 1024,
        ..Options::new(0)
    };
    let (log, _) = EventLog::open(&log_dir, options).unwrap();
    for first in (1..=REPLAY_EVENTS).step_by(250) {
        log.submit(frame(first, 250), |outcome| assert!(outcome.is_ok()))
            .unwrap();
    }
    // Also waits for the sealer.
    log.close().unwrap();
    let (log, _) = EventLog::open(&log_dir, options).unwrap();
    let reader = log.reader();
    let raw = dir.join("raw");
    std::fs::write(
        &raw,
        event(1).repeat(usize::try_from(REPLAY_EVENTS).unwrap()),
    )
    .unwrap();

    let rounds = |mut run: Box<dyn FnMut() -> f64>| median((0..ROUNDS).map(|_| run()));
    let read_raw = rounds(Box::new(|| per_second(REPLAY_EVENTS, || read_file(&raw))));
    let scan = rounds(Box::new(|| {
        per_second(REPLAY_EVENTS, || {
            let mut bytes = 0;
            let last = reader.scan(1, |event| {
                bytes += event.bytes.len();
                ControlFlow::Continue(())
            });
            assert_eq!(
                (last.unwrap(), bytes as u64),
                (REPLAY_EVENTS, REPLAY_EVENTS * 300)
            );
        })
    }));
    let read = rounds(Box::new(|| {
        per_second(REPLAY_EVENTS, || {
            let mut from = 1;
            while from <= REPLAY_EVENTS {
                from += reader.read(from, 1_000, usize::MAX).unwrap().len() as u64;
            }
        })
    }));
    row(
        "scan (journal, mostly sealed)",
        read_raw,
        scan,
        scan / read_raw,
        "2 M/s",
    );
    row(
        "read (sled, 1000 at a time)",
        read_raw,
        read,
        read / read_raw,
        "",
    );
    print_sizes(&log_dir);
}

fn print_sizes(log_dir: &Path) {
    for name in ["journal", "sled"] {
        let bytes: u64 = std::fs::read_dir(log_dir.join(name))
            .unwrap()
            .map(|entry| entry.unwrap().metadata().unwrap().len())
            .sum();
        #[expect(clippy::cast_precision_loss, reason = "a ratio with two digits")]
        let ratio = bytes as f64 / (REPLAY_EVENTS * EVENT_BYTES as u64) as f64;
        println!("{name:32} {ratio:>11.2} bytes on disk per byte of events");
    }
}

fn read_file(path: &Path) {
    let mut file = File::open(path).unwrap();
    let mut buffer = vec![0; 256 * 1024];
    while file.read(&mut buffer).unwrap() > 0 {}
}

fn per_second(count: u64, run: impl FnOnce()) -> f64 {
    let start = Instant::now();
    run();
    let took: Duration = start.elapsed();
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    let count = count as f64;
    count / took.as_secs_f64()
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
