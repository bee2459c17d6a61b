//! Whether a broker runs on the data directory, and what it says of itself.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::finding::Finding;
use crate::data::Data;
use crate::nats_server;
use crate::ports;
use crate::resolve::Loaded;
use crate::settings::reachable;

/// How long a program on this machine may take to answer.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);
/// The longest answer, in bytes.
const ANSWER_BYTES_MAX: u64 = 64 * 1024;

/// The processes of a data directory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Running {
    /// The process of `up`.
    pub(super) up: Option<u32>,
    /// Whether a process has the log open: a session router, or a command that changes the log.
    pub(super) log: bool,
    /// The nats-server that `up` started.
    pub(super) nats: Option<u32>,
}

impl Running {
    pub(super) fn find(data: &Data) -> Self {
        Self {
            up: data.locked_by(),
            log: event_log::is_in_use(&data.log()).unwrap_or(false),
            nats: nats_server::running(data),
        }
    }

    /// Whether a process is one of these.
    pub(super) fn has(&self, pid: u32) -> bool {
        [self.up, self.nats].contains(&Some(pid))
    }
}

/// What answers at `ops.listen`.
enum Answer {
    /// A broker: `None` if it is ready, otherwise why not.
    Broker(Option<String>),
    /// A program that accepts connections and says nothing.
    Silence,
    /// Another program, or nothing.
    None,
}

/// Asks the broker whether it is ready.
pub(super) async fn readiness(running: Running, loaded: &Loaded) -> Finding {
    let address = reachable(loaded.settings.ops.listen.0);
    let is_running = running.up.is_some() || running.log;
    let check = "broker";
    // Another broker may answer there. With an external NATS, roles may run that lock nothing.
    if !is_running && loaded.settings.nats.url.is_none() {
        return Finding::ok(check, "not running");
    }
    let answer = match address.port() {
        0 if is_running => return Finding::ok(check, "a process has the data directory open"),
        0 => Answer::None,
        _ => ask(address).await,
    };
    match answer {
        Answer::Broker(None) => Finding::ok(check, format!("answers at {address} and is ready")),
        Answer::Broker(Some(reason)) => {
            Finding::wrong(check, format!("is not ready: {reason}; its log says more"))
        }
        Answer::Silence if is_running => {
            let process = match running.up {
                Some(pid) => format!("process {pid}"),
                None => "its process".to_owned(),
            };
            let message = format!(
                "runs, but does not answer at {address} within {PATIENCE:?}: {process} is stopped or hangs; \
                 if kill -CONT does not help, restart it (nothing acknowledged is lost)"
            );
            Finding::wrong(check, message)
        }
        // With an external NATS each role has its own operations listener.
        Answer::None if running.up.is_some() => {
            let message = format!(
                "runs, but does not answer at {address} of ops.listen; if it was started with other \
                 settings, give doctor the same"
            );
            Finding::warning(check, message)
        }
        Answer::Silence | Answer::None if is_running => {
            Finding::ok(check, "a process has the log open")
        }
        Answer::Silence | Answer::None => Finding::ok(check, "not running"),
    }
}

async fn ask(address: SocketAddr) -> Answer {
    let exchange = async {
        let mut stream = TcpStream::connect(address).await?;
        let request = "GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        stream
            .take(ANSWER_BYTES_MAX)
            .read_to_end(&mut answer)
            .await?;
        std::io::Result::Ok(answer)
    };
    match timeout(PATIENCE, exchange).await {
        Err(_) => Answer::Silence,
        Ok(Err(_)) => Answer::None,
        Ok(Ok(answer)) => parse(&answer).unwrap_or(Answer::None),
    }
}

/// Parses a reply of `/readyz`; `None` if it is none.
fn parse(answer: &[u8]) -> Option<Answer> {
    let text = str::from_utf8(answer).ok()?;
    let (_, body) = text.split_once("\r\n\r\n")?;
    let body: Value = serde_json::from_str(body).ok()?;
    if body.get("ready")?.as_bool()? {
        return Some(Answer::Broker(None));
    }
    let reason = body.get("reason").and_then(Value::as_str);
    let reason = reason.unwrap_or("it does not say why");
    Some(Answer::Broker(Some(reason.to_owned())))
}

/// Checks that the listeners are free, or in use by this directory's broker.
pub(super) fn ports(running: Running, loaded: &Loaded) -> Vec<Finding> {
    let is_external = loaded.settings.nats.url.is_some();
    let check = |key: &str, address: SocketAddr| match std::net::TcpListener::bind(address) {
        Ok(_) => Finding::ok("ports", format!("{key} {address} is free")),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            let holder = ports::holder(address.port());
            let is_ours = match &holder {
                // The roles may be several processes, which leave no record.
                Some(holder) if is_external => holder.name.starts_with("switchboard"),
                Some(holder) => running.has(holder.pid),
                // A process that this user cannot see.
                None => running.up.is_some(),
            };
            let holder = holder.map_or("another program".to_owned(), |holder| holder.to_string());
            let message = format!("{key} {address} is in use by {holder}");
            if is_ours {
                Finding::ok("ports", message)
            } else {
                let message = format!("{message}; stop it, or set {key} to another port");
                Finding::wrong("ports", message)
            }
        }
        Err(error) => Finding::wrong("ports", format!("{key} {address}: {error}")),
    };
    crate::resolve::listeners(&loaded.settings)
        .into_iter()
        .map(|(key, address)| check(key, address.0))
        .collect()
}
