//! The role: the gateway in front of a workspace's session router.

use std::time::Duration;

use bus::{Bus, ServiceInfo};
use chat::id::ChannelId;
use chat::rpc::{Access, AccessRequest};
use chat::subject::{Question, Subjects};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::router::Router;
use crate::server;

/// The role's name among NATS services.
pub const SERVICE: &str = "switchboard-ingress";

/// How often the session router is asked whether it is there.
const PROBE_INTERVAL: Duration = Duration::from_secs(1);
/// The same while it is not there, so that a start is noticed soon.
const PROBE_INTERVAL_SHORT: Duration = Duration::from_millis(100);
/// How long it may take to reply.
const PROBE_TIMEOUT: Duration = Duration::from_secs(2);

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
/// `router_replies` is true while a session router replies.
pub async fn run(
    config: Config,
    listener: TcpListener,
    bus: Bus,
    workspace: Subjects,
    router_replies: watch::Sender<bool>,
    stop: CancellationToken,
) -> Result<(), Error> {
    let description = format!("HTTP gateway for the messengers of {}", workspace.as_str());
    let info = ServiceInfo::of_role(SERVICE, description);
    let service = bus.announce(info).await.map_err(Error::Announce)?;
    let (router, batching) = Router::new(bus.clone(), &workspace, config.router_timeout);
    let served = async { tokio::join!(server::serve(&config, listener, router, stop), batching) };
    tokio::select! {
        ((), ()) = served => {}
        () = probe(bus, workspace.router(Question::Access), router_replies) => {}
    }
    service.stop().await;
    Ok(())
}

/// Asks the session router for a channel that does not exist, again and again.
async fn probe(bus: Bus, subject: String, router_replies: watch::Sender<bool>) {
    let request = AccessRequest {
        channel: ChannelId::from_bytes([0; 16]),
    };
    loop {
        let reply = bus.ask::<_, Option<Access>>(subject.clone(), &request, PROBE_TIMEOUT);
        let replies = reply.await.is_ok();
        router_replies.send_replace(replies);
        let pause = if replies {
            PROBE_INTERVAL
        } else {
            PROBE_INTERVAL_SHORT
        };
        tokio::time::sleep(pause).await;
    }
}
