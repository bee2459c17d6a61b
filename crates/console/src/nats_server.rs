//! The configuration of the `nats-server` that switchboard runs as its child process.
//!
//! Two accounts: [`ACCOUNT`], which roles and users share, and [`SYSTEM_ACCOUNT`], through which
//! connections are closed. Each has one user in the file; all others go through the auth callout. An
//! external `nats-server` needs the same (docs/operating.md).

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chat::secret::Secret;

use crate::Error;
pub use crate::accounts::{ACCOUNT, ROLES_USER, SYSTEM_ACCOUNT, SYSTEM_USER};
use crate::issuer::Issuer;

/// How long NATS waits for the auth callout. Enough for some hundreds of clients that reconnect at the
/// same time after a restart, at argon2's speed.
pub const AUTH_TIMEOUT: Duration = Duration::from_secs(10);
/// The largest message, in bytes.
pub const PAYLOAD_BYTES_MAX: usize = 1024 * 1024;
/// The longest line of the protocol, in bytes: `CONNECT` holds the password, and 1,024 characters
/// may be 12 bytes each once they are escaped.
pub const CONTROL_LINE_BYTES_MAX: usize = 16 * 1024;
/// The most clients.
pub const CONNECTIONS_MAX: usize = 10_000;
/// The most subscriptions of a client. An operator has one per live chat.
pub const SUBSCRIPTIONS_MAX: usize = 4_096;
/// The most tokens of a subject; our longest has seven.
pub const SUBSCRIPTION_TOKENS_MAX: usize = 16;
/// The most bytes that wait for one client; beyond it the client is disconnected as too slow and
/// catches up with `events.after`. Eight of the largest replies. A user's connections can take 256 MiB
/// ([`CONNECTIONS_PER_USER_MAX`](crate::CONNECTIONS_PER_USER_MAX)). The roles have the same limit,
/// so it is not smaller: a flood of sign-ins sends the console role several MiB at once.
pub const PENDING_BYTES_MAX: usize = 8 * 1024 * 1024;
/// How long a write to a client may block before the client is disconnected as too slow. The kernel
/// buffers some MiB, so a phone on a slow network gets a reply of 1 MiB in that time or much later
/// without blocking a write.
pub const WRITE_DEADLINE: Duration = Duration::from_secs(5);
/// How often an idle client is pinged; [`PINGS_MAX`] pings without a reply disconnect it.
pub const PING_INTERVAL: Duration = Duration::from_secs(30);
/// The most pings without a reply.
pub const PINGS_MAX: usize = 2;
/// How long the upgrade to a WebSocket may take.
pub const WEBSOCKET_HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(2);

/// The settings of one installation.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The server's name.
    pub name: String,
    /// The address for clients. Port 0 chooses a free one.
    pub listen: SocketAddr,
    /// The WebSocket address for browsers. It has no TLS; a proxy must add it. Port 0 chooses a free
    /// one.
    pub websocket: SocketAddr,
    /// The origins of the pages that may connect: scheme, host and port, as browsers send them. If
    /// empty, only pages from the WebSocket's own address may.
    pub origins: Vec<String>,
    /// The public key of the issuer ([`issuer_key`]).
    pub issuer: String,
    /// The password of [`ROLES_USER`].
    pub roles_password: Secret,
    /// The password of [`SYSTEM_USER`].
    pub system_password: Secret,
    /// The directory for the server's process id (`nats-server.pid`) and, once it listens, its
    /// addresses (`nats-server_<pid>.ports`, JSON with the members `nats` and `websocket`). `None` for
    /// a server that is not a child.
    pub directory: Option<PathBuf>,
}

/// Creates the seed of an issuer, `SA…`, from 32 random bytes.
pub fn new_issuer(chance: [u8; 32]) -> Result<Secret, Error> {
    nkeys::KeyPair::new_from_raw(nkeys::KeyPairType::Account, chance)
        .and_then(|key| key.seed())
        .map(Secret::new)
        .map_err(Error::Issuer)
}

/// Returns the public key, `A…`, of an issuer's seed.
pub fn issuer_key(seed: &Secret) -> Result<String, Error> {
    let issuer = Issuer::from_seed(seed).map_err(Error::Issuer)?;
    Ok(issuer.public_key().to_owned())
}

/// Returns the text of the configuration file. It contains passwords, so only its owner may read the
/// file.
pub fn config(settings: &Settings) -> Secret {
    let mut text = String::from("# Written by switchboard at every start.\n");
    for block in [
        addresses(settings),
        bounds(),
        accounts(settings),
        callout(settings),
    ] {
        text.push('\n');
        text.push_str(&block);
    }
    Secret::new(text)
}

fn addresses(settings: &Settings) -> String {
    let origins: Vec<String> = settings.origins.iter().map(|o| quoted(o)).collect();
    format!(
        "server_name: {name}\n\
         listen: {listen}\n\
         {files}\
         websocket {{\n  \
           listen: {websocket}\n  \
           no_tls: true\n  \
           # Without a list any page in the world could connect.\n  \
           same_origin: {same_origin}\n  \
           allowed_origins: [{origins}]\n  \
           handshake_timeout: {handshake}\n\
         }}\n",
        name = quoted(&settings.name),
        listen = quoted(&address(settings.listen)),
        files = (settings.directory.as_deref()).map_or_else(String::new, files),
        websocket = quoted(&address(settings.websocket)),
        same_origin = settings.origins.is_empty(),
        origins = origins.join(", "),
        handshake = seconds(WEBSOCKET_HANDSHAKE_TIMEOUT),
    )
}

fn bounds() -> String {
    format!(
        "max_payload: {PAYLOAD_BYTES_MAX}\n\
         max_control_line: {CONTROL_LINE_BYTES_MAX}\n\
         max_connections: {CONNECTIONS_MAX}\n\
         max_subscriptions: {SUBSCRIPTIONS_MAX}\n\
         max_subscription_tokens: {SUBSCRIPTION_TOKENS_MAX}\n\
         max_pending: {PENDING_BYTES_MAX}\n\
         write_deadline: {write}\n\
         ping_interval: {ping}\n\
         ping_max: {PINGS_MAX}\n",
        write = seconds(WRITE_DEADLINE),
        ping = seconds(PING_INTERVAL),
    )
}

fn accounts(settings: &Settings) -> String {
    format!(
        "accounts {{\n  \
           {ACCOUNT} {{ users: [{{ user: {ROLES_USER}, password: {roles} }}] }}\n  \
           {SYSTEM_ACCOUNT} {{ users: [{{ user: {SYSTEM_USER}, password: {system} }}] }}\n\
         }}\n\
         system_account: {SYSTEM_ACCOUNT}\n",
        roles = quoted(settings.roles_password.expose()),
        system = quoted(settings.system_password.expose()),
    )
}

fn callout(settings: &Settings) -> String {
    format!(
        "authorization {{\n  \
           timeout: {timeout}\n  \
           auth_callout {{\n    \
             issuer: {issuer}\n    \
             account: {ACCOUNT}\n    \
             auth_users: [{ROLES_USER}, {SYSTEM_USER}]\n  \
           }}\n\
         }}\n",
        timeout = AUTH_TIMEOUT.as_secs(),
        issuer = quoted(&settings.issuer),
    )
}

/// Formats an address for NATS, which writes a free port as -1.
fn address(address: SocketAddr) -> String {
    match address.port() {
        0 => {
            let text = address.to_string();
            format!("{}-1", text.trim_end_matches('0'))
        }
        _ => address.to_string(),
    }
}

/// The files that a child writes.
fn files(directory: &Path) -> String {
    let pid_file = directory.join("nats-server.pid");
    format!(
        "pid_file: {}\nports_file_dir: {}\n",
        quoted(&pid_file.display().to_string()),
        quoted(&directory.display().to_string())
    )
}

fn seconds(duration: Duration) -> String {
    quoted(&format!("{}s", duration.as_secs()))
}

/// Quotes any text as a string of NATS's configuration language.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for char in text.chars() {
        match char {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            _ => quoted.push(char),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        Settings {
            name: "switchboard".to_owned(),
            listen: "127.0.0.1:4222".parse().unwrap(),
            websocket: "[::1]:0".parse().unwrap(),
            origins: vec!["http://a".to_owned(), "https://b:8443".to_owned()],
            issuer: "ABC".to_owned(),
            roles_password: Secret::new("r\"\\\n1"),
            system_password: Secret::new("s2"),
            directory: Some("/data/nats".into()),
        }
    }

    #[test]
    fn the_configuration_reads_as_follows() {
        let wanted = r#"# Written by switchboard at every start.

server_name: "switchboard"
listen: "127.0.0.1:4222"
pid_file: "/data/nats/nats-server.pid"
ports_file_dir: "/data/nats"
websocket {
  listen: "[::1]:-1"
  no_tls: true
  # Without a list any page in the world could connect.
  same_origin: false
  allowed_origins: ["http://a", "https://b:8443"]
  handshake_timeout: "2s"
}

max_payload: 1048576
max_control_line: 16384
max_connections: 10000
max_subscriptions: 4096
max_subscription_tokens: 16
max_pending: 8388608
write_deadline: "5s"
ping_interval: "30s"
ping_max: 2

accounts {
  SB { users: [{ user: ROLES, password: "r\"\\\n1" }] }
  SYS { users: [{ user: SYSTEM, password: "s2" }] }
}
system_account: SYS

authorization {
  timeout: 10
  auth_callout {
    issuer: "ABC"
    account: SB
    auth_users: [ROLES, SYSTEM]
  }
}
"#;
        assert_eq!(config(&settings()).expose(), wanted);
    }

    #[test]
    fn without_origins_the_websocket_is_closed_to_pages_and_not_open_to_all() {
        let mut settings = settings();
        settings.origins.clear();
        let text = config(&settings);
        assert!(
            text.expose()
                .contains("same_origin: true\n  allowed_origins: []\n")
        );
    }

    #[test]
    fn no_login_is_a_user_of_the_configuration() {
        for user in [ROLES_USER, SYSTEM_USER] {
            assert!(user.parse::<chat::id::UserId>().is_err());
        }
    }

    #[test]
    fn an_issuers_key_goes_with_its_seed() {
        let seed = new_issuer([1; 32]).unwrap();
        assert!(seed.expose().starts_with("SA"));
        assert!(issuer_key(&seed).unwrap().starts_with('A'));
        assert_ne!(seed, new_issuer([2; 32]).unwrap());
        assert!(issuer_key(&Secret::new("SAx")).is_err());
    }
}
