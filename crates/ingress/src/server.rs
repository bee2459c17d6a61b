//! Serves the gateway on a listener.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::gateway::Gateway;
use crate::metric;
use crate::problem::Problem;
use crate::upstream::Upstream;

/// How often idle state is evicted.
const EVICT_EVERY: Duration = Duration::from_mins(1);

/// Serves HTTP on a listener until `stop` is cancelled; then stops accepting, and returns when the
/// requests in progress are done or [`Config::drain_timeout`] has elapsed.
pub async fn serve<U: Upstream>(
    config: &Config,
    listener: TcpListener,
    upstream: U,
    stop: CancellationToken,
) {
    let gateway = Arc::new(Gateway::new(config, upstream));
    let limits = http_server::Limits {
        connections_max: config.connections_max,
        connections_per_source_max: config.connections_per_source_max,
        headers_max: config.headers_max,
        header_bytes_max: config.header_bytes_max,
        header_read_timeout: config.header_read_timeout,
        idle_timeout: config.idle_timeout,
        write_timeout: config.write_timeout,
        drain_timeout: config.drain_timeout,
        refusal: Problem::too_many_connections().into_bytes().into(),
    };
    let shared = Arc::clone(&gateway);
    let handle = move |request, from| {
        let gateway = Arc::clone(&shared);
        async move {
            let started = bus::clock::instant();
            let response = gateway.handle(request, from, bus::clock::now()).await;
            metric::took(started.elapsed());
            response
        }
    };
    let evict_idle = async {
        let mut ticks = interval(EVICT_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            gateway.evict_idle();
        }
    };
    tokio::select! {
        () = http_server::serve(limits, metric::SERVER, listener, handle, stop) => {}
        () = evict_idle => {}
    }
}
