//! Kills and power cuts: whatever was acknowledged is there afterwards.
//!
//! ```text
//! cargo test -p event-log --test crash -- --mode kill --rounds 500
//! cargo test -p event-log --test crash -- --mode power-portable --rounds 100
//! cargo test -p event-log --test crash -- --mode power-loop --rounds 25            (as root)
//! cargo test -p event-log --test crash -- --mode power-loop --rounds 25 --no-sync  (the control)
//! cargo test -p event-log --test crash -- --mode disk-full --rounds 3              (as root)
//! ```
//!
//! Without a mode it runs a few rounds of the first two, so that every `cargo test` does.
//! `--no-sync` acknowledges without syncing and succeeds when the harness sees events lost: it
//! proves that it would notice. `--seed N` repeats the choices of a run, though not the machine's
//! timing.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test may panic and must report"
)]

mod check;
mod image;
mod kill;
mod portable;
mod random;
mod writer;

use std::path::PathBuf;
use std::process::ExitCode;

use crate::random::Random;

/// Rounds of each mode in an ordinary test run.
const ROUNDS_DEFAULT: u64 = 4;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Kill,
    PowerPortable,
    PowerLoop,
    DiskFull,
}

/// What a round found.
enum Outcome {
    /// All that was acknowledged is there; how many events.
    Whole(u64),
    /// Acknowledged events are not there, or the log does not open; in words.
    Lost(String),
}

struct Arguments {
    modes: Vec<Mode>,
    rounds: u64,
    sync: bool,
    seed: u64,
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let [first, dir, sync] = &words[..]
        && first == "--write"
    {
        writer::run(&PathBuf::from(dir), sync == "sync");
        return ExitCode::SUCCESS;
    }
    // Test runners ask what there is to run.
    if words.iter().any(|word| word == "--list") {
        return ExitCode::SUCCESS;
    }
    let arguments = parse(&words);
    let mut random = Random::new(arguments.seed);
    let good = arguments
        .modes
        .iter()
        .all(|mode| run(*mode, &arguments, &mut random));
    if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn parse(words: &[String]) -> Arguments {
    let after = |name: &str| {
        let at = words.iter().position(|word| word == name)?;
        words.get(at + 1).cloned()
    };
    let modes = match after("--mode").as_deref() {
        None => vec![Mode::Kill, Mode::PowerPortable],
        Some("kill") => vec![Mode::Kill],
        Some("power-portable") => vec![Mode::PowerPortable],
        Some("power-loop") => vec![Mode::PowerLoop],
        Some("disk-full") => vec![Mode::DiskFull],
        Some(other) => panic!("no mode {other}: kill, power-portable, power-loop or disk-full"),
    };
    let number = |name| after(name).map(|word| word.parse().unwrap());
    Arguments {
        modes,
        rounds: number("--rounds").unwrap_or(ROUNDS_DEFAULT),
        sync: !words.iter().any(|word| word == "--no-sync"),
        seed: number("--seed").unwrap_or_else(random::any),
    }
}

/// Runs the rounds of one mode; whether they went as they should.
fn run(mode: Mode, arguments: &Arguments, random: &mut Random) -> bool {
    let Arguments {
        rounds, sync, seed, ..
    } = *arguments;
    println!("crash: {mode:?}, {rounds} rounds, sync {sync}, --seed {seed}");
    let results = match mode {
        Mode::Kill => kill::rounds(rounds, sync, random),
        Mode::PowerPortable => portable::rounds(rounds, sync, random),
        Mode::PowerLoop => image::rounds(rounds, sync, random),
        Mode::DiskFull => image::full_rounds(rounds),
    };
    let (mut events, mut lost) = (0, 0_u64);
    for (round, outcome) in results.iter().enumerate() {
        match outcome {
            Outcome::Whole(more) => events += more,
            Outcome::Lost(why) => {
                lost += 1;
                println!("crash: round {round}: {why}");
            }
        }
    }
    println!("crash: {mode:?}: {lost} of {rounds} rounds lost events, {events} checked");
    // A kill loses nothing without syncs either: the page cache survives it.
    if sync || mode == Mode::Kill {
        lost == 0
    } else {
        lost > 0
    }
}
