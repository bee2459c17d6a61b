//! `nats-child`: becomes the nats-server of a broker, and ends with it. The broker runs it.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Command;

use rustix::process::{Pid, Signal, getppid, set_parent_process_death_signal};

use crate::exit::{Exit, Failure, OrExit as _, Result};

/// Run a nats-server that is killed when the broker ends.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// The process id of the broker.
    parent: i32,
    /// The nats-server program.
    program: PathBuf,
    /// Its arguments.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

/// Replaces this process with the nats-server.
pub(crate) fn run(args: &Args) -> Result {
    // It has nothing to save, so it need not end gracefully.
    set_parent_process_death_signal(Some(Signal::KILL))?;
    // The broker may have ended before the signal was set.
    if getppid().map(Pid::as_raw_pid) != Some(args.parent) {
        let message = "the broker that started this nats-server has ended";
        return Err(Failure::message(Exit::Failure, message));
    }
    let error = Command::new(&args.program).args(&args.arguments).exec();
    Err(error).or_fail(Exit::Failure, || {
        format!("cannot start {}", args.program.display())
    })
}
