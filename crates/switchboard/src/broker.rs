//! The broker as this process runs it: listeners, NATS, roles, readiness, and back again.

mod addresses;
mod start;

use std::net::SocketAddr;
use std::time::Duration;

use bus::Bus;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio::sync::watch;
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
use addresses::Addresses;
use start::Starting;

/// The bound of saying good-bye to NATS, once every role has stopped.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(1);

/// Everything that this process is to run.
pub(crate) struct Broker<'a> {
    pub(crate) loaded: &'a Loaded,
    pub(crate) resolved: Resolved,
    pub(crate) roles: &'a [Role],
    pub(crate) environment: &'a Environment,
}

/// The listeners of the roles that run here.
struct Listeners {
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
            ingress: wanted(Role::Ingress, "ingress.listen", settings.ingress.listen).await?,
            console: wanted(Role::Console, "console.listen", settings.console.listen).await?,
        })
    }

    /// Where the console's page is, also when its port was to be any.
    fn page(&self) -> Option<SocketAddr> {
        self.console.as_ref()?.local_addr().ok()
    }
}

impl Broker<'_> {
    /// Runs it until it is told to stop, or cannot go on.
    pub(crate) async fn serve(mut self) -> Result {
        let mut signals = Signals::new()?;
        let metrics = telemetry::count()?;
        // Before anything is started or connected: a taken port is the commonest fault of all.
        let ops = ports::bind("ops.listen", self.loaded.settings.ops.listen).await?;
        let listeners = Listeners::bind(&self.loaded.settings, self.roles).await?;
        let mut websocket = self.loaded.settings.nats.websocket.0;
        let mut nats = JoinSet::new();
        let stop_nats = CancellationToken::new();
        if let Some(server) = self.nats_server(listeners.page()).await? {
            self.resolved.nats.url = format!("nats://{}", reachable(Address(server.listen())));
            websocket = server.websocket();
            nats.spawn(server.run(stop_nats.clone()));
        }
        let addresses = Addresses::of(&self, &ops, &listeners, websocket)?;
        let served = self
            .with_nats(&mut signals, metrics, ops, listeners, &addresses)
            .await;
        // Last: everything before wants to say good-bye through it.
        stop_nats.cancel();
        while nats.join_next().await.is_some() {}
        served
    }

    /// Starts the child, when there is to be one; it lets in the page that is served here.
    async fn nats_server(&self, page: Option<SocketAddr>) -> Result<Option<NatsServer>> {
        let (true, Some(data)) = (self.resolved.nats.child, &self.loaded.data) else {
            return Ok(None);
        };
        let settings = &self.loaded.settings;
        let found = nats_server::find(settings.nats.server.as_deref(), self.environment)?;
        let page = page.unwrap_or(settings.console.listen.0);
        let server = self.resolved.nats.server(settings, page, data.nats(""))?;
        tracing::debug!(program = %found.program.display(), version = found.version, "nats-server");
        NatsServer::start(found.program, data.clone(), server)
            .await
            .map(Some)
    }

    /// Runs the roles, watched over by the operations listener from before to after them.
    async fn with_nats(
        &self,
        signals: &mut Signals,
        metrics: PrometheusHandle,
        ops: TcpListener,
        listeners: Listeners,
        addresses: &Addresses,
    ) -> Result {
        let bus = connect(&self.resolved.nats.bus(&self.loaded.settings, "switchboard")).await?;
        let (ready, router) = watch::channel(false);
        let router = self.roles.contains(&Role::SessionRouter).then_some(router);
        let health = Health::new(bus.clone(), router.clone());
        let stop_watching = CancellationToken::new();
        let mut watching = JoinSet::new();
        watching.spawn(ops::run(
            ops,
            health.clone(),
            metrics,
            stop_watching.clone(),
        ));

        let mut daemon = Daemon::new();
        let starting = Starting {
            broker: self,
            bus: bus.clone(),
            ready,
            addresses,
        };
        let mut served = starting.start(&mut daemon, listeners).await;
        if served.is_ok() {
            served = self
                .run(&mut daemon, router, &health, signals, addresses)
                .await;
        }
        health.set_serving(false);
        let stopped = daemon.stop(signals).await;
        // What is still to be said is said, unless NATS is away.
        drop(tokio::time::timeout(DRAIN_TIMEOUT, bus.drain()).await);
        stop_watching.cancel();
        while watching.join_next().await.is_some() {}
        served.and(stopped)
    }

    /// Waits until everything serves, then until it is told to stop or a role ends.
    async fn run(
        &self,
        daemon: &mut Daemon,
        router: Option<watch::Receiver<bool>>,
        health: &Health,
        signals: &mut Signals,
        addresses: &Addresses,
    ) -> Result {
        tokio::select! {
            biased; // Who wants to stop need not wait until it serves.
            () = signals.next() => return Ok(()),
            ready = daemon.ready(router) => ready?,
        }
        health.set_serving(true);
        addresses.tell(self)?;
        tokio::select! {
            biased; // A role that ended is the better reason.
            failure = daemon.ended() => Err(failure),
            () = signals.next() => {
                output::talk("Stopping.");
                Ok(())
            }
        }
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
