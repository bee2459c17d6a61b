//! The broker as this process runs it: listeners, NATS, roles, readiness, and back again.

use std::net::SocketAddr;

use bus::Bus;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::daemon::{Daemon, Role};
use crate::exit::{Exit, Failure, Result};
use crate::nats_server::{self, NatsServer};
use crate::ops::{self, Health};
use crate::resolve::{Loaded, Resolved, reachable};
use crate::settings::{Address, Environment, Settings};
use crate::signals::Signals;
use crate::{output, ports, telemetry};

/// Everything that this process is to run.
pub(crate) struct Broker<'a> {
    pub(crate) loaded: &'a Loaded,
    pub(crate) resolved: Resolved,
    pub(crate) roles: &'a [Role],
    pub(crate) environment: &'a Environment,
}

/// The listeners of the roles that run here.
struct Listeners {
    ops: TcpListener,
    ingress: Option<TcpListener>,
    console: Option<TcpListener>,
}

impl Listeners {
    async fn bind(settings: &Settings, roles: &[Role]) -> Result<Self> {
        let wanted = async |role, key, address| {
            if roles.contains(&role) {
                ports::bind(key, address).await.map(Some)
            } else {
                Ok(None)
            }
        };
        Ok(Self {
            ops: ports::bind("ops.listen", settings.ops.listen).await?,
            ingress: wanted(Role::Ingress, "ingress.listen", settings.ingress.listen).await?,
            console: wanted(Role::Console, "console.listen", settings.console.listen).await?,
        })
    }
}

impl Broker<'_> {
    /// Runs it until it is told to stop, or cannot go on.
    pub(crate) async fn serve(mut self) -> Result {
        let mut signals = Signals::new()?;
        let metrics = telemetry::count()?;
        // Before anything is started or connected: a taken port is the commonest fault of all.
        let listeners = Listeners::bind(&self.loaded.settings, self.roles).await?;
        let mut websocket = self.loaded.settings.nats.websocket.0;
        let mut nats = JoinSet::new();
        let stop_nats = CancellationToken::new();
        if let Some(server) = self.nats_server().await? {
            self.resolved.nats.url = format!("nats://{}", reachable(Address(server.listen())));
            websocket = server.websocket();
            nats.spawn(server.run(stop_nats.clone()));
        }
        let served = self
            .with_nats(&mut signals, metrics, listeners, websocket)
            .await;
        // Last: everything before wants to say good-bye through it.
        stop_nats.cancel();
        while nats.join_next().await.is_some() {}
        served
    }

    /// Starts the child, when there is to be one.
    async fn nats_server(&self) -> Result<Option<NatsServer>> {
        let (true, Some(data)) = (self.resolved.nats.child, &self.loaded.data) else {
            return Ok(None);
        };
        let settings = &self.loaded.settings;
        let found = nats_server::find(settings.nats.server.as_deref(), self.environment)?;
        let server = self.resolved.nats.server(settings, data.nats(""))?;
        tracing::debug!(program = %found.program.display(), version = found.version, "nats-server");
        NatsServer::start(found.program, data.clone(), server)
            .await
            .map(Some)
    }

    async fn with_nats(
        &self,
        signals: &mut Signals,
        metrics: PrometheusHandle,
        listeners: Listeners,
        websocket: SocketAddr,
    ) -> Result {
        let settings = &self.loaded.settings;
        let bus = connect(&self.resolved.nats.bus(settings, "switchboard")).await?;
        let router = self.roles.contains(&Role::SessionRouter);
        let health = Health::new(bus.clone(), self.resolved.workspace.clone(), router);
        let mut watching = JoinSet::new();
        let stop_watching = CancellationToken::new();
        let addresses = Addresses::of(&listeners, websocket, &self.resolved.nats.url)?;
        watching.spawn(ops::run(
            listeners.ops,
            health.clone(),
            metrics,
            stop_watching.clone(),
        ));

        let mut daemon = Daemon::new();
        let mut served = self
            .start(
                &mut daemon,
                &bus,
                listeners.ingress,
                listeners.console,
                websocket,
            )
            .await;
        if served.is_ok() {
            served = tokio::select! {
                biased; // Who wants to stop need not wait until it serves.
                () = signals.next() => Ok(false),
                ready = daemon.ready(&health) => ready.map(|()| true),
            };
        }
        let served = match served {
            Ok(true) => {
                health.set_serving(true);
                self.tell(&addresses)?;
                tokio::select! {
                    biased; // A role that ended is the better reason.
                    failure = daemon.ended() => Err(failure),
                    () = signals.next() => Ok(()),
                }
            }
            Ok(false) => Ok(()),
            Err(failure) => Err(failure),
        };
        health.set_serving(false);
        output::talk("Stopping.");
        let stopped = daemon.stop(signals).await;
        drop(bus.drain().await);
        stop_watching.cancel();
        while watching.join_next().await.is_some() {}
        served.and(stopped)
    }
}

/// Connects to NATS; who cannot has an exit code of its own.
async fn connect(config: &bus::Config) -> Result<Bus> {
    Bus::connect(config).await.map_err(|error| {
        let exit = match error {
            bus::Error::NotAuthorised { .. } => Exit::Denied,
            bus::Error::Url { .. } | bus::Error::UrlCredentials => Exit::Settings,
            _ => Exit::NotConnected,
        };
        Failure::new(exit, error)
    })
}

impl Broker<'_> {
    /// Starts every role that is to run here. `true`: all of them are started.
    async fn start(
        &self,
        daemon: &mut Daemon,
        bus: &Bus,
        ingress: Option<TcpListener>,
        console: Option<TcpListener>,
        websocket: SocketAddr,
    ) -> Result<bool> {
        let (resolved, settings) = (&self.resolved, &self.loaded.settings);
        let workspace = || resolved.workspace.clone();
        if let Some(listener) = console {
            let config = resolved.nats.console(websocket_url(settings, websocket))?;
            let system = match resolved.nats.system_bus(settings) {
                Some(config) => Some(connect(&config).await?),
                None => None,
            };
            let (bus, workspace) = (bus.clone(), workspace());
            daemon.start(Role::Console, |stop| {
                console::run(config, listener, bus, system, workspace, stop)
            });
        }
        if self.roles.contains(&Role::Egress) {
            let (config, bus, workspace) = (resolved.egress.clone(), bus.clone(), workspace());
            daemon.start(Role::Egress, |stop| {
                egress::run(config, bus, workspace, stop)
            });
        }
        if let Some(listener) = ingress {
            let (config, bus, workspace) = (resolved.ingress.clone(), bus.clone(), workspace());
            daemon.start(Role::Ingress, |stop| {
                ingress::run(config, listener, bus, workspace, stop)
            });
        }
        Ok(true)
    }

    /// Says where everything is, and what to do with it.
    fn tell(&self, addresses: &Addresses) -> Result {
        let workspace = self.resolved.workspace.as_str();
        let roles: Vec<&str> = self.roles.iter().map(|role| role.name()).collect();
        output::data(format_args!(
            "Switchboard {} is up: {}; workspace {workspace}.",
            env!("CARGO_PKG_VERSION"),
            roles.join(", ")
        ))?;
        if addresses.ingress.is_some() {
            output::data(format_args!("  messengers  {}", self.public_url(addresses)))?;
        }
        if let Some(console) = addresses.console {
            output::data(format_args!("  console     http://{}", shown(console)))?;
        }
        output::data(format_args!("  NATS        {}", addresses.nats))?;
        if self.resolved.nats.child {
            output::data(format_args!(
                "              ws://{}",
                shown(addresses.websocket)
            ))?;
        }
        output::data(format_args!(
            "  operations  http://{}/readyz",
            shown(addresses.ops)
        ))?;
        if self
            .loaded
            .settings
            .egress
            .allow
            .iter()
            .any(|entry| is_loopback(entry))
        {
            output::data("egress.allow lets webhooks be on this machine's loopback.")?;
        }
        if self.roles.len() == Role::ALL.len() {
            output::data("Try: switchboard messenger --code secret, and open the console.")?;
        }
        Ok(())
    }

    /// What messengers are told: as set, or where the listener truly is.
    fn public_url(&self, addresses: &Addresses) -> String {
        match (&self.loaded.settings.ingress.public_url, addresses.ingress) {
            (None, Some(listen)) => format!("http://{}", shown(listen)),
            _ => self.resolved.public_url.clone(),
        }
    }
}

/// Where everything is, ports that were any included.
struct Addresses {
    ops: SocketAddr,
    ingress: Option<SocketAddr>,
    console: Option<SocketAddr>,
    nats: String,
    websocket: SocketAddr,
}

impl Addresses {
    fn of(listeners: &Listeners, websocket: SocketAddr, nats: &str) -> std::io::Result<Self> {
        let address = |listener: &Option<TcpListener>| {
            listener.as_ref().map(TcpListener::local_addr).transpose()
        };
        Ok(Self {
            ops: listeners.ops.local_addr()?,
            ingress: address(&listeners.ingress)?,
            console: address(&listeners.console)?,
            nats: nats.to_owned(),
            websocket,
        })
    }
}

/// An address that can be opened on this machine.
fn shown(address: SocketAddr) -> SocketAddr {
    reachable(Address(address))
}

/// Where browsers reach NATS.
fn websocket_url(settings: &Settings, websocket: SocketAddr) -> String {
    let set = settings.console.nats_websocket_url.clone();
    set.unwrap_or_else(|| format!("ws://{}", shown(websocket)))
}

fn is_loopback(entry: &str) -> bool {
    entry.starts_with("127.") || entry.starts_with("::1") || entry == "localhost"
}
