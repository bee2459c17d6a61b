//! Accepts, limits, serves and drains connections.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

use crate::config::Config;
use crate::connection_limits::ConnectionLimits;
use crate::gateway::Gateway;
use crate::metric;
use crate::problem::Problem;
use crate::upstream::Upstream;
use crate::wire::Wire;

/// The read buffer of a connection, in bytes; hyper's default is 400 KiB.
const BUFFER_BYTES_MAX: usize = 64 * 1024;
/// The most connections beyond the limit that get a 503 at a time; further ones are just closed.
const REFUSALS_MAX: usize = 64;
/// How long writing such a 503 may take.
const REFUSAL_TIMEOUT: Duration = Duration::from_secs(2);
/// How often idle state is evicted.
const EVICT_EVERY: Duration = Duration::from_mins(1);
/// The pause after a failed accept, as when the process is out of file descriptors, so as not to spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves HTTP on a listener until `stop` is cancelled; then stops accepting, and returns when the
/// requests in progress are done or [`Config::drain_timeout`] has elapsed.
///
/// HTTP/1.1 without TLS, which is left to a reverse proxy. A connection over the limit gets 503 and is
/// closed instead of waiting in the kernel's backlog, so that its sender can retry later.
pub async fn serve<U: Upstream>(
    config: &Config,
    listener: TcpListener,
    upstream: U,
    stop: CancellationToken,
) {
    let server = Arc::new(Server::new(config, upstream, stop));
    let connections = TaskTracker::new();
    let mut evict_idle = interval(EVICT_EVERY);
    evict_idle.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        // Stop first: a flood of connections must not delay it.
        tokio::select! {
            biased;
            () = server.stop.cancelled() => break,
            _ = evict_idle.tick() => server.gateway.evict_idle(),
            accepted = listener.accept() => server.start(&connections, accepted).await,
        }
    }
    drop(listener);
    connections.close();
    tracing::info!(open = connections.len(), "draining connections");
    connections.wait().await;
}

/// The state that all connections share.
struct Server<U> {
    gateway: Gateway<U>,
    http: http1::Builder,
    limits: ConnectionLimits,
    refusals: Arc<Semaphore>,
    write_timeout: Duration,
    drain_timeout: Duration,
    stop: CancellationToken,
}

impl<U: Upstream> Server<U> {
    fn new(config: &Config, upstream: U, stop: CancellationToken) -> Self {
        let mut http = http1::Builder::new();
        // Without a timer hyper applies no timeouts.
        http.timer(TokioTimer::new())
            .header_read_timeout(config.header_read_timeout)
            .max_headers(config.headers_max)
            .max_header_size(config.header_bytes_max)
            .max_buf_size(BUFFER_BYTES_MAX);
        Self {
            gateway: Gateway::new(config, upstream),
            http,
            limits: ConnectionLimits::new(
                config.connections_max,
                config.connections_per_source_max,
            ),
            refusals: Arc::new(Semaphore::new(REFUSALS_MAX)),
            write_timeout: config.write_timeout,
            drain_timeout: config.drain_timeout,
            stop,
        }
    }

    /// Starts to serve an accepted connection, or refuses it.
    async fn start(
        self: &Arc<Self>,
        connections: &TaskTracker,
        accepted: io::Result<(TcpStream, SocketAddr)>,
    ) {
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(error = %error, "cannot accept a connection");
                sleep(ACCEPT_PAUSE).await;
                return;
            }
        };
        // Responses are small and urgent. A socket that rejects the option is about to fail anyway.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%peer, error = %error, "cannot set TCP_NODELAY");
        }
        let span = tracing::debug_span!("connection", %peer);
        let wire = Wire::new(stream, self.write_timeout);
        let server = Arc::clone(self);
        if let Some(permit) = self.limits.acquire(peer.ip()) {
            let connection = async move {
                server.serve(wire).await;
                drop(permit);
            };
            connections.spawn(connection.instrument(span));
            return;
        }
        metrics::counter!(metric::CONNECTIONS_REFUSED).increment(1);
        if let Ok(permit) = Arc::clone(&self.refusals).try_acquire_owned() {
            let refusal = async move {
                refuse(wire).await;
                drop(permit);
            };
            connections.spawn(refusal.instrument(span));
        }
    }

    /// Serves one connection until it ends; after a stop, for [`Config::drain_timeout`] at most.
    async fn serve(self: Arc<Self>, wire: Wire) {
        let service = service_fn(|request| {
            let server = Arc::clone(&self);
            async move {
                let started = bus::clock::instant();
                let response = server.gateway.handle(request, bus::clock::now()).await;
                metric::took(started.elapsed());
                Ok::<_, Infallible>(response)
            }
        });
        let mut connection = pin!(self.http.serve_connection(TokioIo::new(wire), service));
        // A child token: waiting on the shared one would contend for one lock among all connections.
        let stop = self.stop.child_token();
        let ended = tokio::select! {
            biased;
            ended = connection.as_mut() => Some(ended),
            () = stop.cancelled() => None,
        };
        let ended = if let Some(ended) = ended {
            ended
        } else {
            connection.as_mut().graceful_shutdown();
            match timeout(self.drain_timeout, connection).await {
                Ok(ended) => ended,
                Err(_elapsed) => {
                    tracing::warn!("dropped a request in progress: the drain timeout elapsed");
                    return;
                }
            }
        };
        if let Err(error) = ended {
            record_broken(&error);
        }
    }
}

/// Writes a 503 and closes a connection beyond the limit, without reading the request.
async fn refuse(mut wire: Wire) {
    let response = Problem::too_many_connections().into_bytes();
    let write = async {
        wire.write_all(&response).await?;
        wire.shutdown().await
    };
    let sent = matches!(timeout(REFUSAL_TIMEOUT, write).await, Ok(Ok(())));
    tracing::debug!(sent, "connection refused: too many connections");
}

/// Counts and logs a broken connection, without the bytes that the peer sent.
fn record_broken(error: &hyper::Error) {
    let why = if error.is_timeout() {
        "timeout"
    } else if error.is_parse() {
        "head"
    } else {
        "broken"
    };
    metrics::counter!(metric::CONNECTIONS_BROKEN, "why" => why).increment(1);
    tracing::debug!(why, error = %error, "connection broken");
}
