//! The operations listener: `/healthz`, `/readyz` and `/metrics`. Not for the public.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bus::Bus;
use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use metrics_exporter_prometheus::PrometheusHandle;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::http;

/// How often the recorder drains its histograms, which grow until then.
const UPKEEP: Duration = Duration::from_secs(5);

/// The health of this process.
#[derive(Clone, Debug)]
pub(crate) struct Health {
    bus: Bus,
    /// Whether the session router has replayed its log; `None` if it does not run here.
    router: Option<watch::Receiver<bool>>,
    /// Set while the roles run, and cleared when the shutdown begins.
    serving: Arc<AtomicBool>,
}

/// The parts of readiness.
struct Ready {
    serving: bool,
    nats: bool,
    router: Option<bool>,
}

impl Health {
    pub(crate) fn new(bus: Bus, router: Option<watch::Receiver<bool>>) -> Self {
        Self {
            bus,
            router,
            serving: Arc::default(),
        }
    }

    /// Records whether the roles are running.
    pub(crate) fn set_serving(&self, serving: bool) {
        self.serving.store(serving, Ordering::Release);
    }

    fn ready(&self) -> Ready {
        Ready {
            serving: self.serving.load(Ordering::Acquire),
            nats: self.bus.is_connected(),
            router: self.router.as_ref().map(|ready| *ready.borrow()),
        }
    }
}

impl Ready {
    fn is_ready(&self) -> bool {
        self.serving && self.nats && self.router != Some(false)
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
    let handle = move |request: Request<hyper::body::Incoming>| {
        let (health, metrics) = (health.clone(), metrics.clone());
        async move { answer(request.method(), request.uri().path(), &health, &metrics) }
    };
    tokio::select! {
        () = http::serve(listener, handle, stop) => {}
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
            let status = if ready.is_ready() {
                StatusCode::OK
            } else {
                StatusCode::SERVICE_UNAVAILABLE
            };
            let body = json!({
                "ready": ready.is_ready(), "serving": ready.serving, "nats": ready.nats,
                "sessionRouter": ready.router,
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
