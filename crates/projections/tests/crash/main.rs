//! Kills the writer with `kill -9` and checks that the rows are those of the checkpoint.
//!
//! ```text
//! cargo test -p projections --test crash -- --rounds 100
//! ```

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may panic and must report"
)]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use event_log::{Hash, Head};
use projections::{Changes, Options, Row, Store};

/// Rounds without `--rounds`. They continue the same store.
const ROUNDS_DEFAULT: u64 = 8;

/// Keys of each part. Every write changes all of them.
const KEYS: u64 = 100;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if args.iter().any(|arg| arg == "--list") {
        return;
    }
    if let [first, dir] = &args[..]
        && first == "--write"
    {
        write(Path::new(dir));
        return;
    }
    let rounds = match &args[..] {
        [name, rounds] if name == "--rounds" => rounds.parse().unwrap(),
        _ => ROUNDS_DEFAULT,
    };
    let dir = tempfile::tempdir().unwrap();
    let mut last = 0;
    for round in 0..rounds {
        let acknowledged = kill_after(dir.path(), 1 + round * 37 % 31);
        last = acknowledged.max(last);
        let found = check(dir.path());
        assert!(
            found >= last,
            "round {round}: {last} was acknowledged, {found} is stored"
        );
        println!("round {round}: acknowledged {last}, stored {found}");
    }
}

fn head(position: u64) -> Head {
    Head {
        position,
        hash: Hash([7; 32]),
    }
}

fn changes(position: u64) -> Changes {
    let row = |n: u64| -> Row { (n.to_be_bytes().to_vec(), Some(value(position))) };
    let rows: Vec<Row> = (0..KEYS).map(row).collect();
    Changes {
        resident: rows.clone(),
        cold: rows,
    }
}

fn value(position: u64) -> Vec<u8> {
    position.to_be_bytes().repeat(50)
}

/// Writes until the process is killed, and prints each position.
fn write(dir: &Path) {
    let (store, discarded) = Store::open(dir, Options::default()).unwrap();
    assert_eq!(discarded, None);
    let first = store.checkpoint().map_or(0, |head| head.position) + 1;
    for position in first.. {
        store.write(&changes(position), head(position)).unwrap();
        let mut out = std::io::stdout().lock();
        if writeln!(out, "{position}")
            .and_then(|()| out.flush())
            .is_err()
        {
            return;
        }
    }
}

/// Kills a writer after `count` writes. Returns the last position that it printed.
fn kill_after(dir: &Path, count: u64) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .arg("--write")
        .arg(dir)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut last = 0;
    for _ in 0..count {
        last = lines.next().unwrap().unwrap().parse().unwrap();
    }
    // Hits any part of the next write.
    std::thread::sleep(Duration::from_micros(count * 7_919 % 12_000));
    child.kill().unwrap();
    child.wait().unwrap();
    last
}

/// Checks every row. Returns the checkpoint's position.
fn check(dir: &Path) -> u64 {
    let (store, discarded) = Store::open(dir, Options::default()).unwrap();
    assert_eq!(discarded, None);
    let position = store.checkpoint().unwrap().position;
    let mut count = 0;
    let visit = |_: &[u8], found: &[u8]| {
        assert!(found == value(position), "a resident row of another write");
        count += 1;
    };
    store.snapshot().unwrap().residents(visit).unwrap();
    assert_eq!(count, KEYS);
    for n in 0..KEYS {
        let found = store.snapshot().unwrap().get(&n.to_be_bytes()).unwrap();
        assert!(
            found == Some(value(position)),
            "a cold row of another write"
        );
    }
    position
}
