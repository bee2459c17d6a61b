//! The one binary: settings in, roles up, exit code out; and the commands of whoever operates it.

mod api;
mod broker;
mod cli;
mod clock;
mod config;
mod daemon;
mod data;
mod doctor;
mod exit;
mod feed;
mod http;
mod init;
mod journal;
mod messenger;
mod nats_server;
mod ops;
mod output;
mod ports;
mod resolve;
mod settings;
mod signals;
mod telemetry;
mod up;

use std::process::ExitCode;

/// A fifth of the broker's time went into glibc's allocator (docs/performance.md).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let environment = settings::Environment::of_process();
    match cli::run(&environment) {
        Ok(()) => ExitCode::SUCCESS,
        // Our reader has seen enough.
        Err(failure) if failure.is_closed_pipe() => ExitCode::SUCCESS,
        Err(failure) => {
            if !failure.is_said() {
                output::talk(format_args!("switchboard: {failure}"));
            }
            ExitCode::from(failure.exit as u8)
        }
    }
}
