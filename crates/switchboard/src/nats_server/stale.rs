//! Stops a nats-server whose parent was killed in an earlier run.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::data::{self, Data};
use crate::exit::{Exit, OrExit as _, Result};

/// The longest wait after SIGTERM before SIGKILL.
const STOP_TIMEOUT: Duration = Duration::from_secs(3);
const POLL: Duration = Duration::from_millis(20);

/// Records the process id and the start time of our child. Process ids are reused.
pub(super) fn record(data: &Data, pid: u32) -> io::Result<()> {
    let started = started(pid).unwrap_or_default();
    data::replace(&data.nats("child"), format!("{pid} {started}\n").as_bytes())
}

/// Removes the record of our child.
pub(super) fn remove_record(data: &Data) {
    drop(std::fs::remove_file(data.nats("child")));
}

/// The process id and the start time in the record.
fn recorded(data: &Data) -> Option<(u32, String)> {
    let text = std::fs::read_to_string(data.nats("child")).ok()?;
    let (pid, started) = text.trim_end().split_once(' ')?;
    Some((pid.parse().ok()?, started.to_owned()))
}

/// Whether the recorded process is still running, and belongs to this directory.
fn is_child(data: &Data, pid: u32, recorded: &str) -> bool {
    let command = command(pid);
    // The record of a copied directory names the child of another broker.
    started(pid).is_some_and(|started| started == recorded)
        && (command.is_empty() || is_of(data, pid, &command))
}

/// The process id of the recorded server, if it is running.
pub(crate) fn running(data: &Data) -> Option<u32> {
    let (pid, started) = recorded(data)?;
    is_child(data, pid, &started).then_some(pid)
}

/// Stops the recorded process if it is still running.
pub(super) async fn stop(data: &Data) -> Result {
    let Some((number, recorded)) = recorded(data) else {
        return Ok(());
    };
    let Some(pid) = i32::try_from(number).ok().and_then(Pid::from_raw) else {
        return Ok(());
    };
    let is_running = || started(number).is_some_and(|started| started == recorded);
    if !is_child(data, number, &recorded) {
        remove_record(data);
        return Ok(());
    }
    tracing::warn!(pid = number, "stopping the nats-server of an earlier run");
    let message = || format!("cannot stop the nats-server of an earlier run (process {number})");
    kill_process(pid, Signal::TERM).or_fail(Exit::Failure, message)?;
    let gone = async {
        while is_running() {
            tokio::time::sleep(POLL).await;
        }
    };
    if tokio::time::timeout(STOP_TIMEOUT, gone).await.is_err() {
        kill_process(pid, Signal::KILL).or_fail(Exit::Failure, message)?;
        while is_running() {
            tokio::time::sleep(POLL).await;
        }
    }
    remove_record(data);
    Ok(())
}

/// The arguments of a process, each with a zero byte at its end. Empty while it exits.
fn command(pid: u32) -> Vec<u8> {
    std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default()
}

/// Whether a command line has the configuration of this data directory.
fn is_of(data: &Data, pid: u32, command: &[u8]) -> bool {
    let mut args = command.split(|byte| *byte == 0);
    args.find(|arg| *arg == b"--config");
    let Some(config) = args.next() else {
        return false;
    };
    let directory = PathBuf::from(format!("/proc/{pid}/cwd"));
    let config = directory.join(OsStr::from_bytes(config)).canonicalize();
    let ours = data.nats("server.conf").canonicalize();
    matches!((config, ours), (Ok(config), Ok(ours)) if config == ours)
}

/// The start time of a process in ticks since boot (field 22 of `/proc/<pid>/stat`). `None` if it has
/// exited, even if it is still a zombie.
fn started(pid: u32) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The process name before it may contain spaces and brackets.
    let (_, fields) = stat.rsplit_once(") ")?;
    let fields: Vec<&str> = fields.split(' ').collect();
    let field = |number: usize| fields.get(number - 3).copied();
    // Its ports are in use until its last thread has exited.
    let threads: u32 = field(20)?.parse().ok()?;
    if field(3)? == "Z" && threads <= 1 {
        return None;
    }
    field(22).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_belongs_to_the_directory_of_its_configuration() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        for name in ["data", "copy"] {
            std::fs::create_dir_all(path(name).join("nats")).unwrap();
            std::fs::write(path(name).join("nats/server.conf"), "").unwrap();
        }
        let data = Data::at(path("data"));
        let command = |config: &str| format!("nats-server\0--config\0{config}\0").into_bytes();
        let config = |name: &str| path(name).join("nats/server.conf").display().to_string();
        let up = "../".repeat(20);
        for (line, ours) in [
            (command(&config("data")), true),
            (command(&config("copy")), false),
            (command(&config("copy/../data")), true),
            // Relative to the working directory of the process.
            (command(&format!("{up}{}", config("data"))), true),
            (command("nats/server.conf"), false),
            (b"sleep\0".to_vec(), false),
        ] {
            let shown = String::from_utf8_lossy(&line).into_owned();
            assert_eq!(is_of(&data, std::process::id(), &line), ours, "{shown}");
        }
    }
}
