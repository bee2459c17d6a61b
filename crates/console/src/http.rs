//! The HTTP server of the page, with limits, timeouts and graceful shutdown.

use std::convert::Infallible;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use metrics::counter;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::metric::HTTP_ANSWERS;
use crate::page::Page;

/// The most connections; further ones wait to be accepted.
pub const CONNECTIONS_MAX: usize = 256;
/// How long a request's head may take and a connection may be idle.
pub const HEADER_READ_TIMEOUT: Duration = Duration::from_secs(10);
/// The most headers of a request.
const HEADERS_MAX: usize = 64;
/// The read buffer of a connection, in bytes.
const BUFFER_BYTES_MAX: usize = 16 * 1024;
/// The longest lifetime of a connection; all responses are small.
const CONNECTION_TIMEOUT: Duration = Duration::from_mins(1);
/// How long requests in progress may take on shutdown.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(2);
/// The pause after a failed accept, as when the process is out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves until `stop` is cancelled, then finishes the requests in progress.
pub(crate) async fn serve(listener: TcpListener, page: Page, stop: &CancellationToken) {
    let page = Arc::new(page);
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let connections = TaskTracker::new();
    let mut http = http1::Builder::new();
    // Without a timer hyper applies no timeouts.
    http.timer(TokioTimer::new())
        .header_read_timeout(HEADER_READ_TIMEOUT)
        .max_headers(HEADERS_MAX)
        .max_buf_size(BUFFER_BYTES_MAX);
    while let Some(accepted) = stop.run_until_cancelled(accept(&listener, &places)).await {
        match accepted {
            Ok((stream, place)) => {
                let (http, page, stop) = (http.clone(), Arc::clone(&page), stop.clone());
                connections.spawn(async move {
                    connection(&http, stream, &page, &stop).await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    connections.close();
    connections.wait().await;
}

/// Waits for a free slot, then for a connection.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await;
    let place = place.map_err(io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    Ok((stream, place))
}

/// Serves one connection for [`CONNECTION_TIMEOUT`] at most.
async fn connection(
    http: &http1::Builder,
    stream: TcpStream,
    page: &Page,
    stop: &CancellationToken,
) {
    let service = service_fn(|request: Request<Incoming>| {
        let response = page.answer(&request);
        counter!(HTTP_ANSWERS, "status" => response.status().as_u16().to_string()).increment(1);
        std::future::ready(Ok::<_, Infallible>(response))
    });
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
    let ended = tokio::select! {
        biased; // A connection that has ended is not shut down.
        ended = connection.as_mut() => Some(ended),
        () = stop.cancelled() => None,
        () = tokio::time::sleep(CONNECTION_TIMEOUT) => None,
    };
    let ended = if let Some(ended) = ended {
        ended
    } else {
        connection.as_mut().graceful_shutdown();
        let drained = tokio::time::timeout(DRAIN_TIMEOUT, connection).await;
        drained.unwrap_or(Ok(()))
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "connection broken");
    }
}
