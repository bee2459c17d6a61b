//! Runs a `nats-server` as a child process.
//!
//! The child has its own process group, so that Ctrl-C does not reach it and it outlives the roles
//! while they drain. If this process is killed, the child is killed too (`commands/nats_child.rs`). Its
//! process id and start time are recorded, so that the next start waits for its end.

mod find;
mod stale;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context as _;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, ChildStderr, Command};
use tokio_util::sync::CancellationToken;
use tracing::Level;

use crate::data::{self, Data};
use crate::exit::{Exit, Failure, OrExit as _, Result};
use crate::ports;
use crate::settings::Address;
pub(crate) use find::{find, is_new_enough};
pub(crate) use stale::running;

/// This program, even if its file was replaced.
const OURSELVES: &str = "/proc/self/exe";
/// The longest wait until the server listens.
const START_TIMEOUT: Duration = Duration::from_secs(10);
/// The interval of checks whether it listens.
const POLL: Duration = Duration::from_millis(20);
/// The longest wait after SIGTERM before SIGKILL.
const STOP_TIMEOUT: Duration = Duration::from_secs(2);
/// The first pause before a restart; it doubles with each further one.
const RESTART_MIN: Duration = Duration::from_millis(100);
/// The longest pause.
const RESTART_MAX: Duration = Duration::from_secs(5);
/// The number of log lines in the error if the server does not start.
const LINES_MAX: usize = 5;

/// A running server.
pub(crate) struct NatsServer {
    program: PathBuf,
    data: Data,
    settings: console::nats_server::Settings,
    child: Child,
    lines: Lines,
}

/// Warnings at every start that do not apply: a proxy adds TLS for browsers on other machines, and
/// only the owner can read the file with the passwords.
const IGNORED: [&str; 2] = [
    "Websocket not configured with TLS",
    "Plaintext passwords detected",
];

/// Parts of lines that every client can cause, as often as it likes: the console role counts sign-ins
/// and logs them.
const OF_CLIENTS: [&str; 2] = [
    "Auth callout service returned an error",
    "Readloop processing time",
];

/// The log lines of the server.
type Lines = tokio::io::Lines<BufReader<ChildStderr>>;

impl NatsServer {
    /// Starts the server and waits until it listens.
    pub(crate) async fn start(
        program: PathBuf,
        data: Data,
        mut settings: console::nats_server::Settings,
    ) -> Result<Self> {
        stale::stop(&data).await?;
        ports::probe("nats.listen", Address(settings.listen)).await?;
        ports::probe("nats.websocket", Address(settings.websocket)).await?;
        let (child, lines, addresses) = launch(&program, &data, &settings).await?;
        // Port 0 is replaced by the real port, so that a restarted server gets the same one.
        (settings.listen, settings.websocket) = addresses;
        Ok(Self {
            program,
            data,
            settings,
            child,
            lines,
        })
    }

    /// The address for clients.
    pub(crate) fn listen(&self) -> SocketAddr {
        self.settings.listen
    }

    /// The address for browsers.
    pub(crate) fn websocket(&self) -> SocketAddr {
        self.settings.websocket
    }

    /// Logs the lines of the server and restarts it when it exits, until stopped. The kernel kills it
    /// when the thread ends that started it, so this must run on the main thread.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        let mut pause = RESTART_MIN;
        loop {
            tokio::select! {
                biased; // Do not restart a server that was stopped.
                () = stop.cancelled() => break,
                Ok(Some(line)) = self.lines.next_line() => {
                    log(&line);
                    continue;
                }
                status = self.child.wait() => {
                    tracing::error!(?status, "nats-server exited; restarting it");
                }
            }
            while !stop.is_cancelled() {
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(RESTART_MAX);
                match launch(&self.program, &self.data, &self.settings).await {
                    Ok((child, lines, _)) => {
                        (self.child, self.lines, pause) = (child, lines, RESTART_MIN);
                        break;
                    }
                    Err(failure) => tracing::error!(error = %failure, "cannot restart nats-server"),
                }
            }
        }
        terminate(&mut self.child).await;
        stale::remove_record(&self.data);
    }
}

/// Starts the program and waits until it listens.
async fn launch(
    program: &Path,
    data: &Data,
    settings: &console::nats_server::Settings,
) -> Result<(Child, Lines, (SocketAddr, SocketAddr))> {
    let config = data.nats("server.conf");
    data::replace(
        &config,
        console::nats_server::config(settings).expose().as_bytes(),
    )
    .or_fail(Exit::Failure, || {
        format!("cannot write {}", config.display())
    })?;
    remove_port_files(data);
    let config = config.canonicalize()?;
    let mut child = Command::new(OURSELVES)
        .args(["nats-child", &std::process::id().to_string()])
        .args([program, Path::new("--config"), &config])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .or_fail(Exit::Failure, || {
            format!("cannot start {}", program.display())
        })?;
    let pid = child.id().context("nats-server exited at once")?;
    stale::record(data, pid).or_fail(Exit::Failure, || {
        "cannot record the process id of nats-server".to_owned()
    })?;
    let stderr = child.stderr.take().context("nats-server has no stderr")?;
    let mut lines = BufReader::new(stderr).lines();
    let file = ports_file(data, pid);
    let started = tokio::time::timeout(START_TIMEOUT, listening(&mut child, &mut lines, &file));
    match started.await {
        Ok(Ok(addresses)) => Ok((child, lines, addresses)),
        Ok(Err(message)) => Err(Failure::message(Exit::Failure, message)),
        Err(_) => {
            terminate(&mut child).await;
            let message = format!("nats-server does not listen after {START_TIMEOUT:?}");
            Err(Failure::message(Exit::Failure, message))
        }
    }
}

/// Removes the port files of killed servers, because process ids are reused.
fn remove_port_files(data: &Data) {
    let files = std::fs::read_dir(data.nats(""))
        .into_iter()
        .flatten()
        .flatten();
    for file in files.filter(|file| file.path().extension().is_some_and(|e| e == "ports")) {
        drop(std::fs::remove_file(file.path()));
    }
}

/// Waits for the port file of the server, or for its exit.
async fn listening(
    child: &mut Child,
    lines: &mut Lines,
    file: &PathBuf,
) -> std::result::Result<(SocketAddr, SocketAddr), String> {
    let mut last = VecDeque::new();
    loop {
        if let Some(addresses) = std::fs::read(file).ok().and_then(|text| addresses(&text)) {
            return Ok(addresses);
        }
        tokio::select! {
            biased; // The last lines say why it exited.
            Ok(Some(line)) = lines.next_line() => {
                log(&line);
                last.push_back(line);
                if last.len() > LINES_MAX {
                    last.pop_front();
                }
            }
            status = child.wait() => {
                let status = status.map_or_else(|e| e.to_string(), |status| status.to_string());
                let last: Vec<String> = last.into();
                return Err(format!("nats-server exited ({status}):\n{}", last.join("\n")));
            }
            () = tokio::time::sleep(POLL) => {}
        }
    }
}

/// The file with the addresses of a server.
fn ports_file(data: &Data, pid: u32) -> PathBuf {
    data.nats(&format!("nats-server_{pid}.ports"))
}

/// The address for clients of the running server with this process id.
pub(crate) fn address(data: &Data, pid: u32) -> Option<SocketAddr> {
    let text = std::fs::read(ports_file(data, pid)).ok()?;
    addresses(&text).map(|(address, _)| address)
}

/// Parses `{"nats": ["nats://127.0.0.1:4222"], "websocket": ["ws://127.0.0.1:9222"]}`.
fn addresses(text: &[u8]) -> Option<(SocketAddr, SocketAddr)> {
    let ports: Value = serde_json::from_slice(text).ok()?;
    let address = |name: &str| {
        let url = ports.get(name)?.get(0)?.as_str()?;
        url.split("://").nth(1)?.parse().ok()
    };
    Some((address("nats")?, address("websocket")?))
}

/// Stops the server with SIGTERM, then SIGKILL.
async fn terminate(child: &mut Child) {
    let pid = child
        .id()
        .and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?));
    if let Some(pid) = pid
        && kill_process(pid, Signal::TERM).is_ok()
        && tokio::time::timeout(STOP_TIMEOUT, child.wait())
            .await
            .is_ok()
    {
        return;
    }
    if let Err(error) = child.kill().await {
        tracing::debug!(%error, "nats-server has already exited");
    }
}

/// Logs a line of the server.
fn log(line: &str) {
    let (level, text) = read(line);
    match level {
        Level::ERROR => tracing::error!(target: "nats_server", "{text}"),
        Level::WARN => tracing::warn!(target: "nats_server", "{text}"),
        Level::INFO => tracing::info!(target: "nats_server", "{text}"),
        _ => tracing::debug!(target: "nats_server", "{text}"),
    }
}

/// The level and text of a line such as `[123] 2026/11/22 10:00:00.000000 [INF] Server is ready`.
fn read(line: &str) -> (Level, &str) {
    let Some((_, text)) = line.split_once("] ") else {
        return (Level::INFO, line);
    };
    let text = text.split_once("] ").map_or(text, |(_, text)| text);
    if let Some((text, _)) = text.split_once(" - User ") {
        // People type their password as the name.
        return (Level::DEBUG, text);
    }
    let is_minor = IGNORED.iter().any(|start| text.starts_with(start))
        || OF_CLIENTS.iter().any(|part| text.contains(part));
    let level = match ["[ERR]", "[FTL]", "[WRN]"].map(|level| line.contains(level)) {
        _ if is_minor => Level::DEBUG,
        [true, ..] | [_, true, _] => Level::ERROR,
        [_, _, true] => Level::WARN,
        // The server logs a dozen lines at every start.
        _ => Level::DEBUG,
    };
    (level, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_a_client_can_cause_is_not_logged_as_an_error_and_names_no_user() {
        for (line, level, text) in [
            (
                "[7] 2026/11/22 10:00:00.000000 [INF] Server is ready",
                Level::DEBUG,
                "Server is ready",
            ),
            (
                "[7] 2026/11/22 10:00:00.000000 [FTL] no disk",
                Level::ERROR,
                "no disk",
            ),
            (
                "[7] 2026/11/22 10:00:00.000000 [WRN] slow",
                Level::WARN,
                "slow",
            ),
            (
                "[7] 2026/11/22 10:00:00.000000 [ERR] 1.2.3.4:5 - cid:9 - authentication error - User \"secret\"",
                Level::DEBUG,
                "1.2.3.4:5 - cid:9 - authentication error",
            ),
            (
                "[7] 2026/11/22 10:00:00.000000 [WRN] Auth callout service returned an error: wrong credentials",
                Level::DEBUG,
                "Auth callout service returned an error: wrong credentials",
            ),
            (
                "[7] 2026/11/22 10:00:00.000000 [WRN] 1.2.3.4:5 - cid:9 - Readloop processing time: 5s",
                Level::DEBUG,
                "1.2.3.4:5 - cid:9 - Readloop processing time: 5s",
            ),
            ("usage: nats-server", Level::INFO, "usage: nats-server"),
        ] {
            assert_eq!(read(line), (level, text), "{line}");
        }
    }
}
