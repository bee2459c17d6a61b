//! The broker in this process: binds the listeners, starts NATS and the roles, and stops them again.

mod addresses;
mod connect;
mod daemon;
mod listeners;
mod ops;
mod plan;
mod roles;

use std::net::SocketAddr;
use std::time::Duration;

use metrics_exporter_prometheus::PrometheusHandle;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::exit::Result;
use crate::nats_server::{self, NatsServer};
use crate::settings::reachable;
use crate::signals::Signals;
use crate::{output, ports, telemetry};
use addresses::Addresses;
use daemon::Daemon;
pub(crate) use daemon::Role;
use listeners::Listeners;
use ops::Health;
pub(crate) use plan::Plan;
use roles::Starting;

/// The timeout for sending buffered messages to NATS, after every role has stopped.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(1);

/// Runs the broker until a signal arrives or a role fails.
pub(crate) async fn serve(mut plan: Plan<'_>) -> Result {
    raise_open_files();
    let mut signals = Signals::new()?;
    let metrics = telemetry::install_recorder()?;
    let settings = &plan.loaded.settings;
    // Bind first, because a port in use is the most common failure.
    let ops = ports::bind("ops.listen", settings.ops.listen).await?;
    let listeners = Listeners::bind(settings, plan.roles).await?;
    let mut websocket = settings.nats.websocket.0;
    let stop_nats = CancellationToken::new();
    let server = start_nats(&plan, listeners.page()).await?;
    if let Some(server) = &server {
        plan.resolved.nats.url = format!("nats://{}", reachable(server.listen()));
        websocket = server.websocket();
    }
    let addresses = Addresses::of(&plan, &ops, &listeners, websocket)?;
    let roles = async {
        let served = serve_roles(&plan, &mut signals, metrics, ops, listeners, &addresses).await;
        // Stop NATS last, because the roles need it until they have stopped.
        stop_nats.cancel();
        served
    };
    let nats = async {
        if let Some(server) = server {
            server.run(stop_nats.clone()).await;
        }
    };
    tokio::join!(roles, nats).0
}

/// Raises the limit of open files to the highest allowed. Shells often set 1,024, and every request that
/// waits for a messenger has a socket.
fn raise_open_files() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        tracing::warn!(%error, "cannot raise the limit of open files");
    }
}

/// Starts the nats-server unless `nats.url` is set; it accepts the console page at this address.
async fn start_nats(plan: &Plan<'_>, page: Option<SocketAddr>) -> Result<Option<NatsServer>> {
    let (true, Some(data)) = (plan.resolved.nats.child, &plan.loaded.data) else {
        return Ok(None);
    };
    let settings = &plan.loaded.settings;
    let found = nats_server::find(settings.nats.server.as_deref(), plan.environment)?;
    let page = page.unwrap_or(settings.console.listen.0);
    let server = (plan.resolved.nats).server(settings, page, Some(data.nats("")))?;
    tracing::debug!(program = %found.program.display(), version = found.version, "starting nats-server");
    NatsServer::start(found.program, data.clone(), server)
        .await
        .map(Some)
}

/// Connects to NATS and runs the roles. The operations listener starts before and stops after.
async fn serve_roles(
    plan: &Plan<'_>,
    signals: &mut Signals,
    metrics: PrometheusHandle,
    ops: TcpListener,
    listeners: Listeners,
    addresses: &Addresses,
) -> Result {
    let (ready, router) = watch::channel(false);
    let router = plan.roles.contains(&Role::SessionRouter).then_some(router);
    let (router_replies, replies) = watch::channel(false);
    let replies = plan.roles.contains(&Role::Ingress).then_some(replies);
    let health = Health::new(router.clone(), replies.clone());
    let stop_ops = CancellationToken::new();
    let mut ops_task = JoinSet::new();
    ops_task.spawn(ops::run(ops, health.clone(), metrics, stop_ops.clone()));

    let connected = tokio::select! {
        biased; // A signal ends the wait for NATS.
        () = signals.next() => Ok(None),
        connected = connect::connect(plan) => connected.map(Some),
    };
    let served = match connected {
        Ok(Some((bus, system))) => {
            health.set_connection(bus.clone());
            let starting = Starting {
                plan,
                bus,
                system,
                ready,
                router_replies,
                addresses,
            };
            // Ingress here serves once it has noticed that the session router here does.
            let both = [router.clone(), router.and(replies)];
            run_roles(starting, listeners, both, &health, signals).await
        }
        Ok(None) => Ok(()),
        Err(failure) => Err(failure),
    };
    stop_ops.cancel();
    while ops_task.join_next().await.is_some() {}
    served
}

/// Runs the roles until a signal arrives or one of them fails.
async fn run_roles(
    starting: Starting<'_>,
    listeners: Listeners,
    ready: [Option<watch::Receiver<bool>>; 2],
    health: &Health,
    signals: &mut Signals,
) -> Result {
    let (plan, addresses) = (starting.plan, starting.addresses);
    let bus = starting.bus.clone();
    let mut daemon = Daemon::new();
    let mut served = starting.start(&mut daemon, listeners);
    if served.is_ok() {
        served = wait(plan, &mut daemon, ready, health, signals, addresses).await;
    }
    health.set_serving(false);
    let stopped = daemon.stop(signals).await;
    // Fails only if NATS is not connected: then the buffered messages are lost anyway.
    drop(tokio::time::timeout(DRAIN_TIMEOUT, bus.drain()).await);
    served.and(stopped)
}

/// Waits until every role is ready, then for a signal or the end of a role.
async fn wait(
    plan: &Plan<'_>,
    daemon: &mut Daemon,
    ready: [Option<watch::Receiver<bool>>; 2],
    health: &Health,
    signals: &mut Signals,
    addresses: &Addresses,
) -> Result {
    for ready in ready {
        tokio::select! {
            biased; // A signal ends the wait for readiness.
            () = signals.next() => return Ok(()),
            ready = daemon.ready(ready) => ready?,
        }
    }
    health.set_serving(true);
    addresses.print(plan)?;
    tokio::select! {
        biased; // The failure of a role takes precedence over a signal.
        failure = daemon.ended() => Err(failure),
        () = signals.next() => {
            output::message("Stopping.");
            Ok(())
        }
    }
}
