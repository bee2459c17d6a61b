//! Connections: accept, limit, serve, drain.

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
use crate::gateway::Gateway;
use crate::places::Places;
use crate::problem::Problem;
use crate::upstream::Upstream;
use crate::wire::Wire;
use crate::{clock, metric};

/// What a connection buffers of a request's head, in bytes; hyper's own is 400 KiB.
const BUFFER_BYTES_MAX: usize = 64 * 1024;
/// How many connections may be told at a time that there are too many; more are closed unheard.
const REFUSALS_MAX: usize = 64;
/// How long one of them may take to listen.
const REFUSAL_TIMEOUT: Duration = Duration::from_secs(2);
/// How often what is not used any more is dropped.
const TIDY_EVERY: Duration = Duration::from_mins(1);
/// How long accepting waits after it failed, which it does when the process is out of descriptors:
/// long enough not to spin, short enough to go unnoticed.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves HTTP on a listener until it is told to stop; then accepts no more, and returns when the
/// requests in hand are answered or [`Config::drain_timeout`] is over.
///
/// HTTP/1.1 without TLS, which is a reverse proxy's work. A connection over the limit is told 503 and
/// closed, rather than left waiting in the kernel: a sender that is told can come again later.
pub async fn serve<U: Upstream>(
    config: &Config,
    listener: TcpListener,
    upstream: U,
    stop: CancellationToken,
) {
    let server = Arc::new(Server::new(config, upstream, stop));
    let connections = TaskTracker::new();
    let mut tidy = interval(TIDY_EVERY);
    tidy.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        // Stopping first: a flood of connections must not keep us from it.
        tokio::select! {
            biased;
            () = server.stop.cancelled() => break,
            _ = tidy.tick() => server.gateway.tidy(),
            accepted = listener.accept() => server.take(&connections, accepted).await,
        }
    }
    drop(listener);
    connections.close();
    tracing::info!(open = connections.len(), "draining connections");
    connections.wait().await;
}

/// What all connections share.
struct Server<U> {
    gateway: Gateway<U>,
    http: http1::Builder,
    places: Places,
    refusals: Arc<Semaphore>,
    write_timeout: Duration,
    drain_timeout: Duration,
    stop: CancellationToken,
}

impl<U: Upstream> Server<U> {
    fn new(config: &Config, upstream: U, stop: CancellationToken) -> Self {
        let mut http = http1::Builder::new();
        // Without the timer hyper has no timeouts at all.
        http.timer(TokioTimer::new())
            .header_read_timeout(config.header_read_timeout)
            .max_headers(config.headers_max)
            .max_header_size(config.header_bytes_max)
            .max_buf_size(BUFFER_BYTES_MAX);
        Self {
            gateway: Gateway::new(config, upstream),
            http,
            places: Places::new(config.connections_max, config.connections_per_source_max),
            refusals: Arc::new(Semaphore::new(REFUSALS_MAX)),
            write_timeout: config.write_timeout,
            drain_timeout: config.drain_timeout,
            stop,
        }
    }

    /// Starts serving what was accepted.
    async fn take(
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
        // Answers are small and awaited. A socket that refuses the option is about to fail anyway.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%peer, error = %error, "cannot set TCP_NODELAY");
        }
        let span = tracing::debug_span!("connection", %peer);
        let wire = Wire::new(stream, self.write_timeout);
        let server = Arc::clone(self);
        if let Some(place) = self.places.take(peer.ip()) {
            let connection = async move {
                server.serve(wire).await;
                drop(place);
            };
            connections.spawn(connection.instrument(span));
            return;
        }
        metrics::counter!(metric::CONNECTIONS_REFUSED).increment(1);
        if let Ok(permit) = Arc::clone(&self.refusals).try_acquire_owned() {
            let refusal = async move {
                turn_away(wire).await;
                drop(permit);
            };
            connections.spawn(refusal.instrument(span));
        }
    }

    /// Serves one connection to its end, which stopping makes bounded.
    async fn serve(self: Arc<Self>, wire: Wire) {
        let service = service_fn(|request| {
            let server = Arc::clone(&self);
            async move {
                let started = clock::instant();
                let response = server.gateway.handle(request, clock::now()).await;
                metric::took(started.elapsed());
                Ok::<_, Infallible>(response)
            }
        });
        let mut connection = pin!(self.http.serve_connection(TokioIo::new(wire), service));
        // A token of its own: waiting on the shared one would take one lock for all connections.
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
                    tracing::warn!("a request in hand was dropped: the time to drain is over");
                    return;
                }
            }
        };
        if let Err(error) = ended {
            note_broken(&error);
        }
    }
}

/// Tells a connection that there are too many, without hearing what it wants.
async fn turn_away(mut wire: Wire) {
    let answer = Problem::crowded().into_bytes();
    let told = async {
        wire.write_all(&answer).await?;
        wire.shutdown().await
    };
    let was_told = matches!(timeout(REFUSAL_TIMEOUT, told).await, Ok(Ok(())));
    tracing::debug!(was_told, "connection refused: there are too many");
}

/// Counts and notes how a connection broke. What the peer sent is not repeated.
fn note_broken(error: &hyper::Error) {
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
