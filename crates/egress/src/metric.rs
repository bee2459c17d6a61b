//! The metrics of the role: names, units and labels.

use std::time::Duration;

use chat::reason::Reason;
use chat::rpc::Outcome;
use metrics::{Counter, Gauge, Histogram};

/// Counter: attempts that ended, by `outcome`: `2xx` .. `5xx`, or how it failed (`timeout` ..).
pub const ATTEMPTS: &str = "switchboard_egress_attempts_total";
/// Histogram, seconds: from an attempt's start to its end, without the wait in the queue.
pub const ATTEMPT_DURATION: &str = "switchboard_egress_attempt_duration_seconds";
/// Gauge: running attempts.
pub const RUNNING: &str = "switchboard_egress_attempts_running";
/// Counter: requests that could not start in time, so that nothing was sent.
pub const TURNED_AWAY: &str = "switchboard_egress_turned_away_total";
/// Counter: connections opened to messengers.
pub const CONNECTIONS: &str = "switchboard_egress_connections_total";

/// The outcome of attempts that were accepted.
const ACCEPTED: &str = "2xx";

/// The metrics of attempts, which are looked up once: by name that costs about as much as the rest of
/// the bookkeeping of an attempt.
pub(crate) struct Metrics {
    running: Gauge,
    duration: Histogram,
    accepted: Counter,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        Self {
            running: metrics::gauge!(RUNNING),
            duration: metrics::histogram!(ATTEMPT_DURATION),
            accepted: metrics::counter!(ATTEMPTS, "outcome" => ACCEPTED),
        }
    }

    /// Records the start of an attempt.
    pub(crate) fn started(&self) {
        self.running.increment(1);
    }

    /// Records the outcome and duration of an attempt.
    pub(crate) fn ended(&self, outcome: &Outcome, elapsed: Duration) {
        self.running.decrement(1);
        self.duration.record(elapsed);
        match label(outcome) {
            ACCEPTED => self.accepted.increment(1),
            other => metrics::counter!(ATTEMPTS, "outcome" => other).increment(1),
        }
    }
}

/// Counts one request that could not start.
pub(crate) fn turned_away() {
    metrics::counter!(TURNED_AWAY).increment(1);
}

/// Counts one connection.
pub(crate) fn connected() {
    metrics::counter!(CONNECTIONS).increment(1);
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "most reasons never come from egress"
)]
const fn label(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Answered { status, .. } => match *status / 100 {
            1 => "1xx",
            2 => ACCEPTED,
            3 => "3xx",
            4 => "4xx",
            5 => "5xx",
            _ => "other",
        },
        Outcome::Failed(reason) => match reason {
            Reason::NotAWebhook
            | Reason::WebhookWithCredentials
            | Reason::HostRefused { .. }
            | Reason::AddressRefused { .. } => "address_refused",
            Reason::NameNotResolved { .. } => "name",
            Reason::ConnectFailed { .. } | Reason::ConnectTimedOut { .. } => "connect",
            Reason::TlsFailed { .. } => "tls",
            Reason::TimedOut { .. } => "timeout",
            reason if reason.is_unsent() => "no_egress",
            _ => "broken",
        },
    }
}
