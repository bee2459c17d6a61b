//! The operations listener: `/healthz`, `/readyz` and `/metrics`. Not for the public.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bus::Bus;
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use metrics_exporter_prometheus::PrometheusHandle;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// The most connections, in total and of one source: a few probes and scrapers need one each.
const CONNECTIONS_MAX: usize = 256;
const CONNECTIONS_PER_SOURCE_MAX: NonZeroU32 = NonZeroU32::new(64).unwrap();
/// How long requests in progress may take on shutdown. They are short.
const DRAIN_TIMEOUT: Duration = Duration::from_millis(500);
/// The metrics of the connections.
const SERVER: http_server::Metrics = http_server::Metrics {
    connections: "switchboard_ops_connections",
    refused: "switchboard_ops_connections_refused_total",
    broken: "switchboard_ops_connections_broken_total",
};

/// How often the recorder drains its histograms, which grow until then.
const UPKEEP: Duration = Duration::from_secs(5);

/// The health of this process.
#[derive(Clone, Debug)]
pub(crate) struct Health {
    /// The connection to NATS, once there is one.
    bus: Arc<OnceLock<Bus>>,
    /// Whether the session router has replayed its log; `None` if it does not run here.
    router: Option<watch::Receiver<bool>>,
    /// Whether a session router replies to ingress; `None` if ingress does not run here.
    router_replies: Option<watch::Receiver<bool>>,
    /// Set while the roles run, and cleared when the shutdown begins.
    serving: Arc<AtomicBool>,
}

/// The parts of readiness.
struct Ready {
    serving: bool,
    nats: bool,
    router: Option<bool>,
    router_replies: Option<bool>,
}

impl Health {
    pub(crate) fn new(
        router: Option<watch::Receiver<bool>>,
        router_replies: Option<watch::Receiver<bool>>,
    ) -> Self {
        Self {
            bus: Arc::default(),
            router,
            router_replies,
            serving: Arc::default(),
        }
    }

    /// Records that NATS is connected for the first time.
    pub(crate) fn set_connection(&self, bus: Bus) {
        // It is set once.
        drop(self.bus.set(bus));
    }

    /// Records whether the roles are running.
    pub(crate) fn set_serving(&self, serving: bool) {
        self.serving.store(serving, Ordering::Release);
    }

    fn ready(&self) -> Ready {
        Ready {
            serving: self.serving.load(Ordering::Acquire),
            nats: self.bus.get().is_some_and(Bus::is_connected),
            router: self.router.as_ref().map(|ready| *ready.borrow()),
            router_replies: self
                .router_replies
                .as_ref()
                .map(|replies| *replies.borrow()),
        }
    }
}

impl Ready {
    /// Returns why the process is not ready.
    fn reason(&self) -> Option<&'static str> {
        if !self.nats {
            Some("waiting for NATS")
        } else if self.router == Some(false) {
            Some("the session router is reading its log or has lost its lease")
        } else if self.router_replies == Some(false) {
            Some("no session router replies; messengers get 503")
        } else {
            (!self.serving).then_some("the process is starting or stopping")
        }
    }
}

/// Serves until stopped. The broker stops it after the roles.
pub(crate) async fn run(
    listener: TcpListener,
    health: Health,
    metrics: PrometheusHandle,
    stop: CancellationToken,
) {
    let recorder = metrics.clone();
    let upkeep = async {
        loop {
            tokio::time::sleep(UPKEEP).await;
            recorder.run_upkeep();
        }
    };
    let limits = http_server::Limits::of_short_requests(
        CONNECTIONS_MAX,
        CONNECTIONS_PER_SOURCE_MAX,
        DRAIN_TIMEOUT,
    );
    let handle = move |request: Request<Incoming>, _from: IpAddr| {
        let (health, metrics) = (health.clone(), metrics.clone());
        async move { answer(request.method(), request.uri().path(), &health, &metrics) }
    };
    tokio::select! {
        () = http_server::serve(limits, SERVER, listener, handle, stop) => {}
        () = upkeep => {}
    }
}

fn answer(
    method: &Method,
    path: &str,
    health: &Health,
    metrics: &PrometheusHandle,
) -> Response<Full<Bytes>> {
    const TEXT: &str = "text/plain; charset=utf-8";
    if !matches!(*method, Method::GET | Method::HEAD) {
        return respond(
            StatusCode::METHOD_NOT_ALLOWED,
            TEXT,
            "GET only\n".to_owned(),
        );
    }
    match path {
        "/healthz" => respond(StatusCode::OK, TEXT, "ok\n".to_owned()),
        "/readyz" => {
            let ready = health.ready();
            let reason = ready.reason();
            let status = match reason {
                None => StatusCode::OK,
                Some(_) => StatusCode::SERVICE_UNAVAILABLE,
            };
            let body = json!({
                "ready": reason.is_none(), "serving": ready.serving, "nats": ready.nats,
                "sessionRouter": ready.router, "sessionRouterReplies": ready.router_replies,
                "reason": reason,
            });
            respond(status, "application/json", format!("{body}\n"))
        }
        // Prometheus reads the version of the exposition format.
        "/metrics" => respond(
            StatusCode::OK,
            "text/plain; version=0.0.4",
            metrics.render(),
        ),
        _ => respond(
            StatusCode::NOT_FOUND,
            TEXT,
            "/healthz /readyz /metrics\n".to_owned(),
        ),
    }
}

fn respond(status: StatusCode, kind: &'static str, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}
