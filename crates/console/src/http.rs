//! Serves the page on a listener.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use hyper::Request;
use hyper::body::Incoming;
use metrics::counter;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::metric::{HTTP_ANSWERS, SERVER};
use crate::page::Page;

/// The most connections; further ones get 503. A page loads in a few, and each is short.
pub const CONNECTIONS_MAX: usize = 1_024;
/// The most connections of one source. A reverse proxy, through which all users come, is one, so this
/// is as much as leaves room for other sources.
pub const CONNECTIONS_PER_SOURCE_MAX: NonZeroU32 = NonZeroU32::new(512).unwrap();
/// How long requests in progress may take on shutdown.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(2);

/// Serves until `stop` is cancelled, then finishes the requests in progress.
pub(crate) async fn serve(listener: TcpListener, page: Page, stop: &CancellationToken) {
    let limits = http_server::Limits::of_short_requests(
        CONNECTIONS_MAX,
        CONNECTIONS_PER_SOURCE_MAX,
        DRAIN_TIMEOUT,
    );
    let page = Arc::new(page);
    let handle = move |request: Request<Incoming>, _from: IpAddr| {
        let response = page.answer(&request);
        counter!(HTTP_ANSWERS, "status" => response.status().as_u16().to_string()).increment(1);
        std::future::ready(response)
    };
    http_server::serve(limits, SERVER, listener, handle, stop.clone()).await;
}
