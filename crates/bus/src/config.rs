//! Where NATS is, and the first connection to it.

use std::time::Duration;

use async_nats::{Client, ConnectErrorKind, ConnectOptions, ServerAddr};
use chat::secret::Secret;
use tokio::sync::watch;

use crate::bus::COMMANDS_MAX;
use crate::error::Error;
use crate::link::{self, Link};
use crate::subscription::SUBSCRIPTION_MESSAGES_MAX;

/// The bound of the first connection, all servers of the URL and their names' resolution included.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The bound of one server's handshake, also when reconnecting.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);
/// How often a silent connection is probed; two probes without an answer end it.
const PING_INTERVAL: Duration = Duration::from_secs(10);
/// The longest pause between two attempts to reconnect.
const RECONNECT_DELAY_MAX: Duration = Duration::from_secs(2);

/// Where NATS is and who we are.
#[derive(Clone, Debug)]
pub struct Config {
    /// `nats://host:port`, or `tls://`, `ws://`, `wss://`; several servers of one cluster separated
    /// by commas. It must hold no credentials.
    pub url: String,
    /// The user's name; it takes effect together with `password`.
    pub user: Option<String>,
    /// The user's password.
    pub password: Option<Secret>,
    /// A token, for servers that want one instead of user and password.
    pub token: Option<Secret>,
    /// What the connection is called in NATS's own reports, such as `switchboard-egress`.
    pub name: String,
    /// Where answers come to, when it is not `_INBOX` ([`chat::subject::inbox_prefix`]).
    pub inbox_prefix: Option<String>,
}

impl Config {
    /// Connects once, within [`CONNECT_TIMEOUT`]; afterwards the connection mends itself.
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

    /// Whether the URL can be used at all, before anything is tried.
    pub fn check(&self) -> Result<(), Error> {
        self.servers().map(drop)
    }

    fn servers(&self) -> Result<Vec<ServerAddr>, Error> {
        // Before anything that repeats the URL: what cannot be parsed may hold a password too.
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
            // Every request brings its own bound.
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
                Error::NotAuthorised { url }
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

/// At once, then 2, 4, 8 ... ms up to [`RECONNECT_DELAY_MAX`].
fn reconnect_delay(attempts: usize) -> Duration {
    let doublings = u32::try_from(attempts.saturating_sub(1)).unwrap_or(u32::MAX);
    match doublings {
        0 => Duration::ZERO,
        n => Duration::from_millis(2_u64.saturating_pow(n)).min(RECONNECT_DELAY_MAX),
    }
}
