//! Kills the writer, or cuts its power, and checks that no acknowledged event is lost.
//!
//! ```text
//! cargo test -p event-log --test crash -- --mode kill --rounds 500
//! cargo test -p event-log --test crash -- --mode power-portable --rounds 100
//! cargo test -p event-log --test crash -- --mode power-loop --rounds 25            (as root)
//! cargo test -p event-log --test crash -- --mode power-loop --rounds 25 --no-sync  (the control)
//! cargo test -p event-log --test crash -- --mode disk-full --rounds 3              (as root)
//! ```
//!
//! Without `--mode` it runs a few rounds of `kill` and `power-portable`, as part of `cargo test`.
//! `--no-sync` acknowledges without syncing and succeeds only if events are lost, which proves that
//! the harness detects a loss. `--seed N` repeats the random choices of a run, but not its timing.

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

/// Rounds of each mode without `--rounds`.
const ROUNDS_DEFAULT: u64 = 4;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Kill,
    PowerPortable,
    PowerLoop,
    DiskFull,
}

impl Mode {
    const ALL: [Self; 4] = [
        Self::Kill,
        Self::PowerPortable,
        Self::PowerLoop,
        Self::DiskFull,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Kill => "kill",
            Self::PowerPortable => "power-portable",
            Self::PowerLoop => "power-loop",
            Self::DiskFull => "disk-full",
        }
    }
}

/// The result of a round.
enum Outcome {
    /// No acknowledged event is missing. Contains the number of events in the log.
    Whole(u64),
    /// Why acknowledged events are missing, or why the log does not open.
    Lost(String),
}

struct Arguments {
    modes: Vec<Mode>,
    rounds: u64,
    sync: bool,
    seed: u64,
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let [first, dir, sync] = &args[..]
        && first == "--write"
    {
        writer::run(&PathBuf::from(dir), sync == "sync");
        return ExitCode::SUCCESS;
    }
    // Test runners list the tests first; this one has none to list.
    if args.iter().any(|arg| arg == "--list") {
        return ExitCode::SUCCESS;
    }
    let arguments = parse(&args);
    let passed = arguments.modes.iter().all(|mode| run(*mode, &arguments));
    if passed {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn parse(args: &[String]) -> Arguments {
    let value_of = |name: &str| {
        let at = args.iter().position(|arg| arg == name)?;
        args.get(at + 1).cloned()
    };
    let modes = match value_of("--mode").as_deref() {
        None => vec![Mode::Kill, Mode::PowerPortable],
        Some(name) => {
            let mode = Mode::ALL.into_iter().find(|mode| mode.name() == name);
            vec![mode.unwrap_or_else(|| panic!("unknown mode {name}"))]
        }
    };
    let number = |name| value_of(name).map(|value| value.parse().unwrap());
    Arguments {
        modes,
        rounds: number("--rounds").unwrap_or(ROUNDS_DEFAULT),
        sync: !args.iter().any(|arg| arg == "--no-sync"),
        seed: number("--seed").unwrap_or_else(random::seed),
    }
}

/// Runs the rounds of one mode. Returns whether the results are as expected.
fn run(mode: Mode, arguments: &Arguments) -> bool {
    let Arguments {
        rounds, sync, seed, ..
    } = *arguments;
    let (name, no_sync) = (mode.name(), if sync { "" } else { " --no-sync" });
    println!("crash: --mode {name} --rounds {rounds} --seed {seed}{no_sync}");
    // Every mode starts from the seed, so that the printed arguments repeat its choices.
    let random = &mut Random::new(seed);
    let results = match mode {
        Mode::Kill => kill::rounds(rounds, sync, random),
        Mode::PowerPortable => portable::rounds(rounds, sync, random),
        Mode::PowerLoop => image::rounds(rounds, sync, random),
        Mode::DiskFull => image::full_rounds(rounds),
    };
    let (mut events, mut lost) = (0, 0_u64);
    for (round, outcome) in results.iter().enumerate() {
        match outcome {
            Outcome::Whole(count) => events += count,
            Outcome::Lost(reason) => {
                lost += 1;
                println!("crash: round {round}: {reason}");
            }
        }
    }
    println!("crash: {name}: {lost} of {rounds} rounds lost events, {events} events checked");
    // A kill loses nothing even without syncs, because the page cache survives it.
    if sync || mode == Mode::Kill {
        lost == 0
    } else {
        lost > 0
    }
}
