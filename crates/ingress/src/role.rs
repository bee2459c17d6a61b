//! The role: the gateway in front of a workspace's session-router, known on the bus.

use bus::{Bus, ServiceInfo};
use chat::subject::Subjects;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::router::Router;
use crate::{clock, server};

/// What the role is called among NATS services.
pub const SERVICE: &str = "switchboard-ingress";

/// Why the role did not start. Once it runs, nothing ends it but being told to stop: without its
/// router it answers 503.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// NATS did not take the announcement, so it would not take questions either.
    #[error("cannot announce {SERVICE} on NATS; check that it is connected and permits it")]
    Announce(#[source] bus::Error),
}

/// Serves messengers on a listener until it is told to stop, then drains
/// ([`Config::drain_timeout`]). The caller binds, so that it can say which setting named a taken port.
pub async fn run(
    config: Config,
    listener: TcpListener,
    bus: Bus,
    workspace: Subjects,
    stop: CancellationToken,
) -> Result<(), Error> {
    let info = ServiceInfo {
        name: SERVICE.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        description: format!("HTTP gateway for the messengers of {}", workspace.as_str()),
        endpoints: Vec::new(),
        started: clock::now(),
    };
    let service = bus.announce(info).await.map_err(Error::Announce)?;
    let (router, passing_on) = Router::new(bus, &workspace, config.router_timeout);
    tokio::join!(server::serve(&config, listener, router, stop), passing_on);
    service.stop().await;
    Ok(())
}
