//! A messenger that answers every webhook with 200, at once or after a time.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use chat::secret::Secret;
use chat::signature;
use http_body_util::{BodyExt as _, Full};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::clock::instant;

/// A running messenger. Connections are refused once it is dropped.
pub(crate) struct Webhook {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
    /// The times at which operators' messages arrived.
    pub(crate) messages: mpsc::Receiver<Instant>,
    _serving: JoinSet<()>,
}

struct Shared {
    code: Secret,
    /// How long it takes to answer anything but `connect`.
    delay: Duration,
    received: AtomicU64,
    outcomes: AtomicU64,
    deliveries: AtomicU64,
    messages: mpsc::Sender<Instant>,
}

impl Webhook {
    pub(crate) async fn start(code: &Secret) -> Self {
        Self::start_delayed(code, Duration::ZERO).await
    }

    /// Starts one that takes this long to answer.
    pub(crate) async fn start_delayed(code: &Secret, delay: Duration) -> Self {
        Self::listen(code, SocketAddr::from(([127, 0, 0, 1], 0)), delay).await
    }

    /// Starts at an address where another one was.
    pub(crate) async fn start_at(code: &Secret, address: SocketAddr) -> Self {
        Self::listen(code, address, Duration::ZERO).await
    }

    async fn listen(code: &Secret, address: SocketAddr, delay: Duration) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, messages) = mpsc::channel(1_024);
        let shared = Arc::new(Shared {
            code: code.clone(),
            delay,
            received: AtomicU64::new(0),
            outcomes: AtomicU64::new(0),
            deliveries: AtomicU64::new(0),
            messages: sender,
        });
        let mut serving = JoinSet::new();
        serving.spawn(serve(listener, Arc::clone(&shared)));
        Self {
            address,
            shared,
            messages,
            _serving: serving,
        }
    }

    /// The number of requests so far.
    pub(crate) fn count(&self) -> u64 {
        self.shared.received.load(Ordering::Relaxed)
    }

    /// The number of outcomes of messages so far.
    pub(crate) fn outcomes(&self) -> u64 {
        self.shared.outcomes.load(Ordering::Relaxed)
    }

    /// The number of operators' messages so far.
    pub(crate) fn deliveries(&self) -> u64 {
        self.shared.deliveries.load(Ordering::Relaxed)
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        stream.set_nodelay(true).unwrap();
        let shared = Arc::clone(&shared);
        let service = service_fn(move |request| handle(request, Arc::clone(&shared)));
        let http = hyper::server::conn::http1::Builder::new();
        connections.spawn(http.serve_connection(TokioIo::new(stream), service));
        while connections.try_join_next().is_some() {}
    }
}

async fn handle(
    request: Request<hyper::body::Incoming>,
    shared: Arc<Shared>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let came = instant();
    let body = request.into_body().collect().await;
    let body = body
        .map(http_body_util::Collected::to_bytes)
        .unwrap_or_default();
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    shared.received.fetch_add(1, Ordering::Relaxed);
    let kind = body["type"].as_str().unwrap_or_default();
    let answer = match kind {
        "connect" => {
            let challenge = body["data"]["challenge"].as_str().unwrap();
            let proof = signature::answer(&shared.code, challenge).unwrap();
            json!({ "challenge": proof }).to_string()
        }
        "messageOutcome" => {
            shared.outcomes.fetch_add(1, Ordering::Relaxed);
            String::new()
        }
        "message" => {
            shared.deliveries.fetch_add(1, Ordering::Relaxed);
            // The channel is full in parts that do not read it.
            shared.messages.try_send(came).ok();
            String::new()
        }
        _ => String::new(),
    };
    if kind != "connect" && !shared.delay.is_zero() {
        tokio::time::sleep(shared.delay).await;
    }
    Ok(Response::new(Full::new(answer.into())))
}
