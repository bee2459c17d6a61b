//! What the gateway counts: every metric's name, unit and labels, in this file and nowhere else.

use std::time::Duration;

/// Counter: requests answered, by `status` (200 ..) and `code` (a problem's code, or `ok`).
pub const REQUESTS: &str = "switchboard_ingress_requests_total";
/// Histogram, seconds: from a request's head to its answer.
pub const REQUEST_DURATION: &str = "switchboard_ingress_request_duration_seconds";
/// Gauge: connections that are open.
pub const CONNECTIONS: &str = "switchboard_ingress_connections";
/// Counter: connections turned away because there were too many.
pub const CONNECTIONS_REFUSED: &str = "switchboard_ingress_connections_refused_total";
/// Counter: connections that ended badly, for what a peer did or did not do (`why`: `head`,
/// `timeout`, `broken`).
pub const CONNECTIONS_BROKEN: &str = "switchboard_ingress_connections_broken_total";

/// The code of a request that was served.
pub(crate) const OK: &str = "ok";

/// Counts one answer.
pub(crate) fn answered(status: u16, code: &'static str) {
    metrics::counter!(REQUESTS, "status" => status.to_string(), "code" => code).increment(1);
}

/// Notes how long one request took.
pub(crate) fn took(duration: Duration) {
    metrics::histogram!(REQUEST_DURATION).record(duration);
}
