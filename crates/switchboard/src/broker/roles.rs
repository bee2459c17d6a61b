//! Starts each role with its configuration.

use bus::Bus;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::addresses::Addresses;
use super::daemon::{Daemon, Role, RoleError};
use super::listeners::Listeners;
use super::plan::Plan;
use crate::exit::Result;

/// Starts the roles, with what they share.
pub(super) struct Starting<'a> {
    pub(super) plan: &'a Plan<'a>,
    pub(super) bus: Bus,
    /// The console's connection to the system account.
    pub(super) system: Option<Bus>,
    /// Set by the session router when it is ready.
    pub(super) ready: watch::Sender<bool>,
    /// Set by ingress while a session router replies, here or in another process.
    pub(super) router_replies: watch::Sender<bool>,
    pub(super) addresses: &'a Addresses,
}

impl Starting<'_> {
    /// Starts the roles, each one before the roles that send requests to it.
    pub(super) fn start(self, daemon: &mut Daemon, listeners: Listeners) -> Result {
        if self.plan.roles.contains(&Role::Egress) {
            self.egress(daemon);
        }
        if self.plan.roles.contains(&Role::SessionRouter) {
            self.session_router(daemon)?;
        }
        if let Some(listener) = listeners.console {
            self.console(daemon, listener)?;
        }
        if let Some(listener) = listeners.ingress {
            self.ingress(daemon, listener);
        }
        Ok(())
    }

    fn egress(&self, daemon: &mut Daemon) {
        let resolved = &self.plan.resolved;
        let (config, bus) = (resolved.egress.clone(), self.bus.clone());
        let workspace = resolved.workspace.clone();
        daemon.start(Role::Egress, |stop| {
            egress::run(config, bus, workspace, stop)
        });
    }

    fn session_router(&self, daemon: &mut Daemon) -> Result {
        let resolved = &self.plan.resolved;
        let public_url = self.addresses.public_url.clone();
        let config = resolved.router(self.plan.loaded, public_url)?;
        let (bus, ready) = (self.bus.clone(), self.ready.clone());
        let workspace = resolved.workspace.clone();
        daemon.start(Role::SessionRouter, |stop| {
            session_router::run(config, bus, workspace, ready, stop)
        });
        Ok(())
    }

    fn console(&self, daemon: &mut Daemon, listener: TcpListener) -> Result {
        let resolved = &self.plan.resolved;
        let settings = &self.plan.loaded.settings;
        let page = listener.local_addr().unwrap_or(settings.console.listen.0);
        let websocket = self.addresses.websocket.clone();
        let config = resolved.nats.console(settings, page, websocket)?;
        let (bus, system) = (self.bus.clone(), self.system.clone());
        let workspace = resolved.workspace.clone();
        let seed = resolved.nats.issuer_seed.as_ref();
        let seed = seed.map(|given| given.source.clone()).unwrap_or_default();
        let url = resolved.nats.url.clone();
        daemon.start(Role::Console, async move |stop| {
            let ended = console::run(config, listener, bus, system, workspace, stop);
            // Boxed, because its future is large.
            Box::pin(ended)
                .await
                .map_err(|error| RoleError::of_console(error, &seed, &url))
        });
        Ok(())
    }

    fn ingress(&self, daemon: &mut Daemon, listener: TcpListener) {
        let resolved = &self.plan.resolved;
        let (config, bus) = (resolved.ingress.clone(), self.bus.clone());
        let (workspace, replies) = (resolved.workspace.clone(), self.router_replies.clone());
        daemon.start(Role::Ingress, |stop| {
            ingress::run(config, listener, bus, workspace, replies, stop)
        });
    }
}
