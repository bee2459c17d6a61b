//! Memory, disk space and reading speed of a large log.
//!
//! ```text
//! cargo bench -p event-log --bench memory -- --events 10000000 --frame 1
//! ```
//!
//! `--frame` is the number of events in a frame, 1 to 256; 0 mixes sizes. One process fills the log
//! without syncs, another opens and reads it, so that the memory is that of the log alone. The log
//! is deleted at the end, unless `--dir` names its directory.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench may panic and must print"
)]
#![expect(clippy::disallowed_methods, reason = "a bench reads the clock")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::str::FromStr;
use std::time::{Duration, Instant};

use event_log::{EventLog, Frame, NewEvent, Options, Reader};

const EVENT_BYTES: usize = 300;
const EVENTS_DEFAULT: u64 = 200_000;
const RANDOM_READS: u64 = 100_000;
/// Length of the back-links read for each history page, and of the pages read in order.
const PAGE_EVENTS: u64 = 50;

fn main() {
    let events = argument("--events").unwrap_or(EVENTS_DEFAULT);
    let frame_events = argument("--frame").unwrap_or(1);
    if let Some(dir) = argument::<PathBuf>("--fill") {
        return fill(&dir, events, frame_events);
    }
    if let Some(dir) = argument::<PathBuf>("--read") {
        return read(&dir);
    }
    let temporary = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let dir = argument("--dir").unwrap_or(temporary.path().join("log"));
    println!("{events} events of {EVENT_BYTES} bytes, {frame_events} in a frame");
    if !dir.exists() {
        let counts = [events.to_string(), frame_events.to_string()];
        run(
            "--fill",
            &dir,
            &["--events", &counts[0], "--frame", &counts[1]],
        );
    }
    run("--read", &dir, &[]);
}

fn argument<T: FromStr>(name: &str) -> Option<T> {
    let mut args = std::env::args().skip_while(|arg| arg != name);
    args.nth(1).and_then(|value| value.parse().ok())
}

/// Runs this program again.
fn run(mode: &str, dir: &Path, arguments: &[&str]) {
    let program = std::env::current_exe().unwrap();
    let mut command = Command::new(program);
    let status = command.arg(mode).arg(dir).args(arguments).status();
    assert!(status.unwrap().success());
}

fn fill(dir: &Path, events: u64, frame_events: u64) {
    let options = Options {
        sync: false,
        ..Options::new(0)
    };
    let (log, _) = EventLog::open(dir, options).unwrap();
    let start = Instant::now();
    let (mut first, mut random) = (1, Random(1));
    while first <= events {
        let wanted = match frame_events {
            0 => 1 << random.below(9),
            count => count,
        };
        let count = wanted.min(events + 1 - first);
        log.submit(frame(first, count), |outcome| assert!(outcome.is_ok()))
            .unwrap();
        first += count;
    }
    log.close().unwrap();
    print_rate("filled, without syncs", events, start.elapsed());
    print_memory("memory after that");
}

fn read(dir: &Path) {
    for name in ["journal", "sled"] {
        println!("{name:32} {:>11} MiB on disk", size(&dir.join(name)) >> 20);
    }
    let start = Instant::now();
    let (log, _) = EventLog::open(dir, Options::new(0)).unwrap();
    println!("{:32} {:>11.3} s", "opened", start.elapsed().as_secs_f64());
    print_memory("memory after that");
    let (reader, head) = (log.reader(), log.head().position);

    let mut random = Random(7);
    measure("random get", RANDOM_READS, || {
        let position = 1 + random.below(head);
        assert!(reader.get(position).unwrap().is_some());
    });
    print_memory("memory after that");
    measure("page of 50 from a random event", RANDOM_READS / 50, || {
        let from = 1 + random.below(head);
        assert!(!page(&reader, from).is_empty());
    });
    measure("50 events back, each 7 before", RANDOM_READS / 50, || {
        let position = 1 + random.below(head);
        reader
            .back(position)
            .take(50)
            .for_each(|event| drop(event.unwrap()));
    });
    print_memory("memory after that");
    let (mut from, limit) = (1, head.min(1_000_000));
    let start = Instant::now();
    while from <= limit {
        from += reader.read(from, 1_000, usize::MAX).unwrap().len() as u64;
    }
    print_rate("read, 1000 at a time", limit, start.elapsed());
    print_memory("memory after that");
    drop(reader);
    log.close().unwrap();
}

fn page(reader: &Reader, from: u64) -> Vec<event_log::StoredEvent> {
    let events = usize::try_from(PAGE_EVENTS).unwrap();
    reader.read(from, events, usize::MAX).unwrap()
}

fn frame(first_position: u64, count: u64) -> Frame {
    let events = (first_position..first_position + count).map(|position| NewEvent {
        link: position.saturating_sub(7),
        bytes: event(position),
    });
    Frame {
        first_position,
        time_micros: i64::try_from(first_position).unwrap() * 1_000,
        events: events.collect(),
    }
}

/// Half is plain text, half is random, as sealed content is.
fn event(position: u64) -> Vec<u8> {
    let text = b"{\"text\":\"Good morning, where is my parcel?\",\"sealed\":\"";
    let mut random = Random(position.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let noise = std::iter::repeat_with(|| random.next().to_be_bytes());
    let text = text.iter().copied().cycle().take(EVENT_BYTES / 2);
    text.chain(noise.flatten()).take(EVENT_BYTES).collect()
}

/// Xorshift.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }
}

fn size(path: &Path) -> u64 {
    if !path.is_dir() {
        return path.metadata().unwrap().len();
    }
    let entries = path.read_dir().unwrap();
    entries.map(|entry| size(&entry.unwrap().path())).sum()
}

/// Calls `run` this many times and prints the median and the 99th percentile.
fn measure(name: &str, count: u64, mut run: impl FnMut()) {
    let mut times: Vec<Duration> = (0..count)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed()
        })
        .collect();
    times.sort();
    let micros = |percent: usize| {
        let time = times.get(times.len() * percent / 100).unwrap();
        time.as_secs_f64() * 1e6
    };
    println!(
        "{name:32} {:>8.0} us p50 {:>8.0} us p99",
        micros(50),
        micros(99)
    );
}

fn print_rate(name: &str, events: u64, took: Duration) {
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    let events = events as f64;
    println!("{name:32} {:>11.0} events/s", events / took.as_secs_f64());
}

/// Prints the resident memory, now and at most.
fn print_memory(name: &str) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mib = |field: &str| {
        let line = status.lines().find(|line| line.starts_with(field))?;
        let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
        Some(kib >> 10)
    };
    let (now, most) = (mib("VmRSS").unwrap_or(0), mib("VmHWM").unwrap_or(0));
    println!("{name:32} {now:>11} MiB, at most {most} MiB");
}
