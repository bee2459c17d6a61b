//! The addresses of the broker, with the real ports of listeners on port 0.

use std::net::SocketAddr;

use console::Websocket;
use tokio::net::TcpListener;

use super::daemon::Role;
use super::listeners::Listeners;
use super::plan::Plan;
use crate::exit::Result;
use crate::output;
use crate::settings::reachable;

/// Addresses that this machine can connect to.
pub(super) struct Addresses {
    ops: SocketAddr,
    ingress: bool,
    console: Option<SocketAddr>,
    nats: String,
    /// The URL of ingress as messengers see it.
    pub(super) public_url: String,
    /// The URL of the NATS WebSocket as browsers see it.
    pub(super) websocket: Websocket,
}

impl Addresses {
    pub(super) fn of(
        plan: &Plan<'_>,
        ops: &TcpListener,
        listeners: &Listeners,
        websocket: SocketAddr,
    ) -> std::io::Result<Self> {
        let address = |listener: &Option<TcpListener>| {
            let address = listener.as_ref().map(TcpListener::local_addr).transpose();
            address.map(|address| address.map(reachable))
        };
        let settings = &plan.loaded.settings;
        let ingress = address(&listeners.ingress)?;
        let public_url = match (&settings.ingress.public_url, ingress) {
            (None, Some(ingress)) => format!("http://{ingress}"),
            _ => plan.resolved.public_url.clone(),
        };
        let proxied = settings.console.nats_websocket_url.clone();
        Ok(Self {
            ops: reachable(ops.local_addr()?),
            ingress: ingress.is_some(),
            console: address(&listeners.console)?,
            nats: plan.resolved.nats.url.clone(),
            public_url,
            websocket: proxied.unwrap_or_else(|| Websocket::listening(websocket)),
        })
    }

    /// Prints the addresses and what to do next.
    pub(super) fn print(&self, plan: &Plan<'_>) -> Result {
        let roles: Vec<&str> = plan.roles.iter().map(|role| role.name()).collect();
        output::data(format_args!(
            "Switchboard {} is up: {}; workspace {}.",
            env!("CARGO_PKG_VERSION"),
            roles.join(", "),
            plan.resolved.workspace.as_str()
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
        let allow = &plan.loaded.settings.egress.allow;
        let is_for_development = allow.iter().any(|entry| is_loopback(entry));
        if is_for_development {
            output::data("egress.allow permits webhooks on loopback addresses.")?;
        }
        if plan.roles.len() == Role::ALL.len() {
            if is_for_development {
                output::data("Next: open the console, or simulate a messenger with")?;
                output::data("  switchboard messenger --code secret")?;
            } else {
                output::data("Next: open the console and connect a messenger. To reach it from")?;
                output::data("other machines, see deploy/README.md.")?;
            }
        }
        Ok(())
    }
}

fn is_loopback(entry: &str) -> bool {
    entry.starts_with("127.") || entry.starts_with("::1") || entry == "localhost"
}
