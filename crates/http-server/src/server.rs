//! Accepts, limits, serves and drains connections.

use std::convert::Infallible;
use std::error::Error as _;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Incoming};
use hyper::header::{CONNECTION, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

use crate::activity::{Activity, Phase};
use crate::limits::Limits;
use crate::places::Places;
use crate::wire::Wire;

/// The read buffer of a connection, in bytes; hyper's default is 400 KiB.
const BUFFER_BYTES_MAX: usize = 64 * 1024;
/// The most connections beyond the limit that get a 503 at a time; further ones are just closed.
const REFUSALS_MAX: usize = 64;
/// How long writing such a 503 may take.
const REFUSAL_TIMEOUT: Duration = Duration::from_secs(2);
/// The pause after a failed accept, as when the process is out of file descriptors, so as not to spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// The names of a listener's metrics.
#[derive(Clone, Copy, Debug)]
pub struct Metrics {
    /// Gauge: open connections.
    pub connections: &'static str,
    /// Counter: connections refused because there were too many.
    pub refused: &'static str,
    /// Counter: connections that failed because of the peer (`why`: `head`, `timeout`, `broken`).
    pub broken: &'static str,
}

/// Serves HTTP on a listener until `stop` is cancelled; then stops accepting, and returns when the
/// requests in progress are done or [`Limits::drain_timeout`] has elapsed. The handler also gets the
/// peer's address.
///
/// A connection over the limit gets [`Limits::refusal`] and is closed instead of waiting in the
/// kernel's backlog, so that its sender can retry later.
pub async fn serve<H, F, B>(
    limits: Limits,
    metrics: Metrics,
    listener: TcpListener,
    handle: H,
    stop: CancellationToken,
) where
    H: Fn(Request<Incoming>, IpAddr) -> F + Send + Sync + 'static,
    F: Future<Output = Response<B>> + Send + 'static,
    B: Body<Data = Bytes, Error = Infallible> + Send + 'static,
{
    let server = Arc::new(Server::new(limits, metrics, handle, stop));
    let connections = TaskTracker::new();
    loop {
        // Stop first: a flood of connections must not delay it.
        tokio::select! {
            biased;
            () = server.stop.cancelled() => break,
            accepted = listener.accept() => server.start(&connections, accepted).await,
        }
    }
    drop(listener);
    connections.close();
    tracing::debug!(open = connections.len(), "draining connections");
    connections.wait().await;
}

/// The state that all connections share.
struct Server<H> {
    handle: H,
    http: http1::Builder,
    places: Places,
    limits: Limits,
    metrics: Metrics,
    refusals: Arc<Semaphore>,
    stop: CancellationToken,
}

impl<H, F, B> Server<H>
where
    H: Fn(Request<Incoming>, IpAddr) -> F + Send + Sync + 'static,
    F: Future<Output = Response<B>> + Send + 'static,
    B: Body<Data = Bytes, Error = Infallible> + Send + 'static,
{
    fn new(limits: Limits, metrics: Metrics, handle: H, stop: CancellationToken) -> Self {
        let mut http = http1::Builder::new();
        // `Wire` has the timeouts.
        http.header_read_timeout(None)
            .max_headers(limits.headers_max)
            .max_header_size(limits.header_bytes_max)
            .max_buf_size(BUFFER_BYTES_MAX);
        Self {
            handle,
            http,
            places: Places::new(limits.connections_max, limits.connections_per_source_max),
            limits,
            metrics,
            refusals: Arc::new(Semaphore::new(REFUSALS_MAX)),
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
        let server = Arc::clone(self);
        let place = self.places.acquire(peer.ip());
        let is_served = place.is_some();
        let activity = Activity::new(place);
        let wire = Wire::new(stream, &self.limits, activity.clone());
        if is_served {
            let connection = async move {
                let open = metrics::gauge!(server.metrics.connections);
                open.increment(1);
                server.serve(wire, activity, peer.ip()).await;
                open.decrement(1);
            };
            connections.spawn(connection.instrument(span));
            return;
        }
        metrics::counter!(self.metrics.refused).increment(1);
        if let Ok(permit) = Arc::clone(&self.refusals).try_acquire_owned() {
            let refusal = async move {
                refuse(wire, &server.limits.refusal).await;
                drop(permit);
            };
            connections.spawn(refusal.instrument(span));
        }
    }

    /// Serves one connection until it ends or its place is given to another; after a stop, for
    /// [`Limits::drain_timeout`] at most.
    async fn serve(self: Arc<Self>, wire: Wire, activity: Activity, from: IpAddr) {
        let service = service_fn(|request| {
            activity.enter(Phase::Handling);
            let response = (self.handle)(request, from);
            let (activity, server) = (&activity, &self);
            async move {
                let mut response = response.await;
                activity.enter(Phase::Responding);
                // Announced, so that the client does not send on a connection that is being closed.
                if server.places.are_short() {
                    let close = HeaderValue::from_static("close");
                    response.headers_mut().insert(CONNECTION, close);
                }
                Ok::<_, Infallible>(response)
            }
        });
        let mut connection = pin!(self.http.serve_connection(TokioIo::new(wire), service));
        // A child token: waiting on the shared one would contend for one lock among all connections.
        let stop = self.stop.child_token();
        let ended = tokio::select! {
            biased;
            () = activity.evicted.cancelled() => {
                tracing::debug!("closed an idle connection: another one needs its place");
                return;
            }
            ended = connection.as_mut() => Some(ended),
            () = stop.cancelled() => None,
        };
        let ended = if let Some(ended) = ended {
            ended
        } else {
            connection.as_mut().graceful_shutdown();
            match timeout(self.limits.drain_timeout, connection).await {
                Ok(ended) => ended,
                Err(_elapsed) => {
                    tracing::warn!("dropped a request in progress: the drain timeout elapsed");
                    return;
                }
            }
        };
        if let Err(error) = ended {
            self.record_broken(&error);
        }
    }

    /// Counts and logs a broken connection, without the bytes that the peer sent.
    fn record_broken(&self, error: &hyper::Error) {
        let source = error
            .source()
            .and_then(|source| source.downcast_ref::<io::Error>());
        let is_timeout = source.is_some_and(|source| source.kind() == io::ErrorKind::TimedOut);
        let why = if is_timeout {
            "timeout"
        } else if error.is_parse() {
            "head"
        } else {
            "broken"
        };
        metrics::counter!(self.metrics.broken, "why" => why).increment(1);
        tracing::debug!(why, error = %error, "connection broken");
    }
}

/// Writes a response and closes a connection beyond the limit, without reading the request.
async fn refuse(mut wire: Wire, response: &[u8]) {
    let write = async {
        wire.write_all(response).await?;
        wire.shutdown().await
    };
    let sent = matches!(timeout(REFUSAL_TIMEOUT, write).await, Ok(Ok(())));
    tracing::debug!(sent, "connection refused: too many connections");
}

#[cfg(test)]
mod tests;
