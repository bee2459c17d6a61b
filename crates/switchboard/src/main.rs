//! The `switchboard` binary. `commands` has one module per command; the other modules
//! implement them: the broker, its nats-server, the settings and the data directory.

#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

mod broker;
mod cli;
mod commands;
mod data;
mod exit;
mod nats_server;
mod output;
mod ports;
mod resolve;
mod runtime;
mod settings;
mod signals;
mod telemetry;

use std::process::ExitCode;

/// glibc's allocator took a fifth of the broker's time (docs/performance.md).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Whatever the caller's mask: nearly all files are secret or private, also those that sled and the
    // nats-server create.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    let environment = settings::Environment::of_process();
    match cli::run(&environment) {
        Ok(()) => ExitCode::SUCCESS,
        // The reader of stdout has exited, like `head` does.
        Err(failure) if failure.is_closed_pipe() => ExitCode::SUCCESS,
        Err(failure) => {
            if !failure.is_printed() {
                output::message(format_args!("switchboard: {failure}"));
            }
            ExitCode::from(failure.exit as u8)
        }
    }
}
