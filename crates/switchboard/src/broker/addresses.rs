//! Where everything is, ports that were any included, and how that is told.

use std::net::SocketAddr;

use console::Websocket;
use tokio::net::TcpListener;

use super::{Broker, Listeners};
use crate::daemon::Role;
use crate::exit::Result;
use crate::output;
use crate::resolve::reachable;
use crate::settings::Address;

/// Addresses that can be opened on this machine.
pub(super) struct Addresses {
    ops: SocketAddr,
    ingress: bool,
    console: Option<SocketAddr>,
    nats: String,
    /// Where messengers reach us.
    pub(super) public_url: String,
    /// Where browsers reach NATS.
    pub(super) websocket: Websocket,
}

impl Addresses {
    pub(super) fn of(
        broker: &Broker<'_>,
        ops: &TcpListener,
        listeners: &Listeners,
        websocket: SocketAddr,
    ) -> std::io::Result<Self> {
        let address = |listener: &Option<TcpListener>| {
            let address = listener.as_ref().map(TcpListener::local_addr).transpose();
            address.map(|address| address.map(shown))
        };
        let settings = &broker.loaded.settings;
        let ingress = address(&listeners.ingress)?;
        // What is set, or else where the listener truly is.
        let public_url = match (&settings.ingress.public_url, ingress) {
            (None, Some(ingress)) => format!("http://{ingress}"),
            _ => broker.resolved.public_url.clone(),
        };
        let proxied = settings.console.nats_websocket_url.clone();
        Ok(Self {
            ops: shown(ops.local_addr()?),
            ingress: ingress.is_some(),
            console: address(&listeners.console)?,
            nats: broker.resolved.nats.url.clone(),
            public_url,
            websocket: proxied.unwrap_or_else(|| Websocket::listening(websocket)),
        })
    }

    /// Says where everything is, and what to do with it.
    pub(super) fn tell(&self, broker: &Broker<'_>) -> Result {
        let roles: Vec<&str> = broker.roles.iter().map(|role| role.name()).collect();
        output::data(format_args!(
            "Switchboard {} is up: {}; workspace {}.",
            env!("CARGO_PKG_VERSION"),
            roles.join(", "),
            broker.resolved.workspace.as_str()
        ))?;
        if self.ingress {
            output::data(format_args!("  messengers  {}", self.public_url))?;
        }
        if let Some(console) = self.console {
            output::data(format_args!("  console     http://{console}"))?;
        }
        output::data(format_args!("  NATS        {}", self.nats))?;
        if self.console.is_some() {
            output::data(format_args!("              {}", self.websocket))?;
        }
        output::data(format_args!("  operations  http://{}/readyz", self.ops))?;
        if broker
            .loaded
            .settings
            .egress
            .allow
            .iter()
            .any(|entry| is_loopback(entry))
        {
            output::data("egress.allow lets webhooks be on this machine's loopback.")?;
        }
        if broker.roles.len() == Role::ALL.len() {
            output::data("Next: open the console, or play a messenger with")?;
            output::data("  switchboard messenger --code secret")?;
        }
        Ok(())
    }
}

fn shown(address: SocketAddr) -> SocketAddr {
    reachable(Address(address))
}

fn is_loopback(entry: &str) -> bool {
    entry.starts_with("127.") || entry.starts_with("::1") || entry == "localhost"
}
