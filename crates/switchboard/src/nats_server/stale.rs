//! A server that an earlier run of ours left behind because it was killed.

use std::io;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::data::{self, Data};
use crate::exit::{Exit, OrExit as _, Result};

/// How long it may take to end.
const STOP_TIMEOUT: Duration = Duration::from_secs(3);
const POLL: Duration = Duration::from_millis(20);

/// Records our child: its process id, and when it began, because ids are used again.
pub(super) fn record(data: &Data, pid: u32) -> io::Result<()> {
    let began = began(pid).unwrap_or_default();
    data::replace(&data.nats("child"), format!("{pid} {began}\n").as_bytes())
}

/// Our child has ended.
pub(super) fn forget(data: &Data) {
    drop(std::fs::remove_file(data.nats("child")));
}

/// Ends the recorded process if it is still the one that was recorded.
pub(super) async fn end(data: &Data) -> Result {
    let Ok(text) = std::fs::read_to_string(data.nats("child")) else {
        return Ok(());
    };
    let Some((pid, recorded)) = text.trim_end().split_once(' ') else {
        return Ok(());
    };
    let Ok(number) = pid.parse::<u32>() else {
        return Ok(());
    };
    let is_ours = || began(number).is_some_and(|began| began == recorded);
    let Some(pid) = i32::try_from(number).ok().and_then(Pid::from_raw) else {
        return Ok(());
    };
    if !is_ours() {
        forget(data);
        return Ok(());
    }
    tracing::warn!(
        pid = number,
        "ending the nats-server that an earlier run left behind"
    );
    let words = || format!("cannot end the nats-server {number} that an earlier run left behind");
    kill_process(pid, Signal::TERM).or_fail(Exit::Failure, words)?;
    let gone = async {
        while is_ours() {
            tokio::time::sleep(POLL).await;
        }
    };
    if tokio::time::timeout(STOP_TIMEOUT, gone).await.is_err() {
        kill_process(pid, Signal::KILL).or_fail(Exit::Failure, words)?;
        while is_ours() {
            tokio::time::sleep(POLL).await;
        }
    }
    forget(data);
    Ok(())
}

/// When a process began, in the kernel's ticks since boot (field 22 of `/proc/<pid>/stat`). None for
/// one that has ended, be it that nobody has asked for its status yet.
fn began(pid: u32) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in front may hold anything, also blanks and brackets.
    let (_, fields) = stat.rsplit_once(") ")?;
    let fields: Vec<&str> = fields.split(' ').collect();
    let field = |number: usize| fields.get(number - 3).copied();
    // While another of its threads is still ending, its ports are still taken.
    let threads: u32 = field(20)?.parse().ok()?;
    if field(3)? == "Z" && threads <= 1 {
        return None;
    }
    field(22).map(str::to_owned)
}
