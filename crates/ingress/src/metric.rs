//! The metrics of the gateway: names, units and labels.

use std::time::Duration;

use http_server::Metrics;

/// Counter: responses, by `status` (200 …) and `code` (a problem's code, or `ok`).
pub const REQUESTS: &str = "switchboard_ingress_requests_total";
/// Histogram, seconds: from a request's head to its response.
pub const REQUEST_DURATION: &str = "switchboard_ingress_request_duration_seconds";
/// Counter: bodies over 16 KiB that were not read (`why`: `full`, there were too many; `slow`).
pub const LARGE_BODIES_REFUSED: &str = "switchboard_ingress_large_bodies_refused_total";
/// The metrics of the connections.
pub const SERVER: Metrics = Metrics {
    connections: "switchboard_ingress_connections",
    refused: "switchboard_ingress_connections_refused_total",
    broken: "switchboard_ingress_connections_broken_total",
};

/// The code of a successful response.
pub(crate) const OK: &str = "ok";

/// Counts one response.
pub(crate) fn answered(status: u16, code: &'static str) {
    metrics::counter!(REQUESTS, "status" => status.to_string(), "code" => code).increment(1);
}

/// Records the duration of one request.
pub(crate) fn took(duration: Duration) {
    metrics::histogram!(REQUEST_DURATION).record(duration);
}
