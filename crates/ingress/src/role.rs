//! The role: the gateway in front of a workspace's session router.

use bus::{Bus, ServiceInfo};
use chat::subject::Subjects;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::router::Router;
use crate::server;

/// The role's name among NATS services.
pub const SERVICE: &str = "switchboard-ingress";

/// Why the role did not start. Once it runs, only the stop token ends it; without a router it responds
/// 503.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// NATS rejected the announcement, so it would reject requests too.
    #[error("cannot announce {SERVICE} on NATS; check that it is connected and permits it")]
    Announce(#[source] bus::Error),
}

/// Serves messengers on a listener until `stop` is cancelled, then drains
/// ([`Config::drain_timeout`]). The caller binds, so that it can name the setting of a port in use.
pub async fn run(
    config: Config,
    listener: TcpListener,
    bus: Bus,
    workspace: Subjects,
    stop: CancellationToken,
) -> Result<(), Error> {
    let description = format!("HTTP gateway for the messengers of {}", workspace.as_str());
    let info = ServiceInfo::of_role(SERVICE, description);
    let service = bus.announce(info).await.map_err(Error::Announce)?;
    let (router, batching) = Router::new(bus, &workspace, config.router_timeout);
    tokio::join!(server::serve(&config, listener, router, stop), batching);
    service.stop().await;
    Ok(())
}
