//! Binds listeners. The error for a port in use names the setting and the process that holds it.

use std::fmt;
use std::fs;
use std::io;
use std::net::SocketAddr;

use tokio::net::TcpListener;

use crate::exit::{Exit, Failure, Result};
use crate::settings::Address;

/// Binds the listener of a setting or flag.
pub(crate) async fn bind(key: &str, address: Address) -> Result<TcpListener> {
    TcpListener::bind(address.0)
        .await
        .map_err(|error| bind_failure(key, address.0, error))
}

/// Checks that an address can be bound; another program will bind it.
pub(crate) async fn probe(key: &str, address: Address) -> Result {
    bind(key, address).await.map(drop)
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "a foreign enum: all other kinds get the same message"
)]
fn bind_failure(key: &str, address: SocketAddr, error: io::Error) -> Failure {
    let port = address.port();
    let message = match error.kind() {
        io::ErrorKind::AddrInUse => {
            let holder = match holder(port) {
                Some(holder) => holder.to_string(),
                None => format!("another program (to find it: ss -ltnp 'sport = :{port}')"),
            };
            format!(
                "port {port} of {key} is in use by {holder}; stop it, or set {key} to another port"
            )
        }
        io::ErrorKind::AddrNotAvailable => {
            format!("{key} is {address}, which is not an address of this machine")
        }
        io::ErrorKind::PermissionDenied => {
            format!("{key} is {address}, and ports below 1024 need privileges; set a higher port")
        }
        _ => format!("cannot listen on {address} of {key}"),
    };
    Failure::new(Exit::Failure, anyhow::Error::new(error).context(message))
}

/// A process that listens.
pub(crate) struct Holder {
    /// Its id.
    pub(crate) pid: u32,
    /// Its name.
    pub(crate) name: String,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (process {})", self.name, self.pid)
    }
}

/// The process that listens on a TCP port of this machine, if `/proc` shows it.
pub(crate) fn holder(port: u16) -> Option<Holder> {
    let inodes: Vec<String> = ["/proc/net/tcp", "/proc/net/tcp6"]
        .into_iter()
        .filter_map(|table| fs::read_to_string(table).ok())
        .flat_map(|table| listening(&table, port))
        .map(|inode| format!("socket:[{inode}]"))
        .collect();
    let pid = processes().find(|pid| holds(*pid, &inodes))?;
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    let name = name.trim_end().to_owned();
    Some(Holder { pid, name })
}

/// The inodes of the sockets that listen on a port, from `/proc/net/tcp`.
fn listening(table: &str, port: u16) -> Vec<String> {
    /// The state of a listening socket (Linux, `include/net/tcp_states.h`).
    const LISTEN: &str = "0A";
    let local = format!(":{port:04X}");
    table
        .lines()
        .skip(1)
        .filter_map(|line| {
            let mut fields = line.split_whitespace();
            let (address, state) = (fields.nth(1)?, fields.nth(1)?);
            let inode = fields.nth(5)?;
            (address.ends_with(&local) && state == LISTEN).then(|| inode.to_owned())
        })
        .collect()
}

fn processes() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// Whether a process has one of the sockets open; false for processes of other users.
fn holds(process: u32, sockets: &[String]) -> bool {
    let files = fs::read_dir(format!("/proc/{process}/fd"))
        .into_iter()
        .flatten()
        .flatten();
    files
        .filter_map(|file| fs::read_link(file.path()).ok())
        .any(|target| {
            sockets
                .iter()
                .any(|socket| target.as_os_str() == socket.as_str())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listening_sockets_are_found_in_the_kernel_table() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   \
            0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 41234 1 0 100 0 0 10 0\n   \
            1: 0100007F:1F90 0100007F:9999 01 00000000:00000000 00:00000000 00000000  1000        0 41235 1 0 20 4 30 10 -1\n   \
            2: 0100007F:1F91 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 41236 1 0 100 0 0 10 0\n";
        assert_eq!(listening(table, 8080), ["41234"]);
        assert_eq!(listening(table, 8082), [""; 0]);
    }

    #[test]
    fn the_error_for_a_port_in_use_names_the_key_and_the_process() {
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let failure = runtime
            .block_on(bind("ops.listen", Address(address)))
            .unwrap_err();
        let message = failure.to_string();
        assert!(
            message.contains(&format!("port {} of ops.listen", address.port())),
            "{message}"
        );
        assert!(
            message.contains(&format!("(process {})", std::process::id())),
            "{message}"
        );
    }
}
