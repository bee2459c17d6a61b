//! The address and credentials of NATS, and the first connection to it.

use std::time::Duration;

use async_nats::{Client, ConnectErrorKind, ConnectOptions, ServerAddr};
use chat::secret::Secret;
use tokio::sync::watch;

use crate::error::Error;
use crate::limits::{COMMANDS_MAX, SUBSCRIPTION_MESSAGES_MAX};
use crate::link::{self, Link};

/// The timeout of the first connection, including name resolution and all servers of the URL.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The timeout of one server's handshake, on connecting and reconnecting.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);
/// How often an idle connection is pinged; two pings without a reply close it.
const PING_INTERVAL: Duration = Duration::from_secs(10);
/// The longest pause between two attempts to reconnect.
const RECONNECT_DELAY_MAX: Duration = Duration::from_secs(2);

/// The address of NATS and our credentials.
#[derive(Clone, Debug)]
pub struct Config {
    /// `nats://host:port`, or `tls://`, `ws://`, `wss://`; several servers of one cluster separated
    /// by commas. It must not contain credentials.
    pub url: String,
    /// The user name; used only together with `password`.
    pub user: Option<String>,
    /// The user's password.
    pub password: Option<Secret>,
    /// A token, for servers that require one instead of user and password.
    pub token: Option<Secret>,
    /// The connection's name in NATS's own reports, such as `switchboard-egress`.
    pub name: String,
    /// The prefix of reply subjects, if not `_INBOX` ([`chat::subject::inbox_prefix`]).
    pub inbox_prefix: Option<String>,
}

impl Config {
    /// Connects within [`CONNECT_TIMEOUT`]; afterwards the client reconnects in the background.
    pub(crate) async fn connect(&self) -> Result<(Client, watch::Receiver<Link>), Error> {
        let servers = self.servers()?;
        let (sender, link) = watch::channel(Link::STARTED);
        let options = self.options().event_callback(move |event| {
            link::observe(&sender, &event);
            std::future::ready(())
        });
        match tokio::time::timeout(CONNECT_TIMEOUT, options.connect(servers)).await {
            Ok(Ok(client)) => Ok((client, link)),
            Ok(Err(error)) => Err(self.explain(error)),
            Err(late) => Err(Error::Unreachable {
                url: self.url.clone(),
                source: late.into(),
            }),
        }
    }

    /// Connects once, and closes the connection.
    pub async fn probe(&self) -> Result<(), Error> {
        self.connect().await.map(drop)
    }

    /// Checks the URL without connecting.
    pub fn check(&self) -> Result<(), Error> {
        self.servers().map(drop)
    }

    fn servers(&self) -> Result<Vec<ServerAddr>, Error> {
        // Checked before any error that repeats the URL: a malformed one may contain a password too.
        if self.url.contains('@') {
            return Err(Error::UrlCredentials);
        }
        let mut servers = Vec::new();
        for one in self.url.split(',') {
            let server = match one.trim().parse::<ServerAddr>() {
                Ok(server) if server.host().is_empty() => Err("it names no host".into()),
                Ok(server) => Ok(server),
                Err(source) => Err(source.into()),
            };
            servers.push(server.map_err(|source| Error::Url {
                url: self.url.clone(),
                source,
            })?);
        }
        Ok(servers)
    }

    fn options(&self) -> ConnectOptions {
        let mut options = ConnectOptions::new()
            .name(&self.name)
            .connection_timeout(HANDSHAKE_TIMEOUT)
            .ping_interval(PING_INTERVAL)
            .client_capacity(COMMANDS_MAX)
            .subscription_capacity(SUBSCRIPTION_MESSAGES_MAX)
            .max_reconnects(None)
            .reconnect_delay_callback(reconnect_delay)
            // Every request has its own timeout.
            .request_timeout(None);
        if let (Some(user), Some(password)) = (&self.user, &self.password) {
            options = options.user_and_password(user.clone(), password.expose().to_owned());
        }
        if let Some(token) = &self.token {
            options = options.token(token.expose().to_owned());
        }
        if let Some(prefix) = &self.inbox_prefix {
            options = options.custom_inbox_prefix(prefix);
        }
        options
    }

    fn explain(&self, error: async_nats::ConnectError) -> Error {
        let url = self.url.clone();
        match error.kind() {
            ConnectErrorKind::AuthorizationViolation | ConnectErrorKind::Authentication => {
                Error::NotAuthorised(url)
            }
            ConnectErrorKind::ServerParse => Error::Url {
                url,
                source: error.into(),
            },
            ConnectErrorKind::Tls => Error::Tls {
                url,
                source: error.into(),
            },
            ConnectErrorKind::Dns
            | ConnectErrorKind::TimedOut
            | ConnectErrorKind::Io
            | ConnectErrorKind::MaxReconnects => Error::Unreachable {
                url,
                source: error.into(),
            },
        }
    }
}

/// Returns 0, then 2, 4, 8 … ms up to [`RECONNECT_DELAY_MAX`].
fn reconnect_delay(attempts: usize) -> Duration {
    let doublings = u32::try_from(attempts.saturating_sub(1)).unwrap_or(u32::MAX);
    match doublings {
        0 => Duration::ZERO,
        n => Duration::from_millis(2_u64.saturating_pow(n)).min(RECONNECT_DELAY_MAX),
    }
}
