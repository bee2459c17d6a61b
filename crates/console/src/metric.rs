//! The metrics of the role.

use http_server::Metrics;
use metrics::{Unit, describe_counter, describe_histogram};

/// Sign-ins, by `result`: `ok`, `wrong`, `paused`, `late`, `flood`, `connections`, `unavailable` or
/// `untrusted`.
pub const SIGN_INS: &str = "switchboard_console_sign_ins_total";
/// The time to reply to a sign-in.
pub const SIGN_IN_SECONDS: &str = "switchboard_console_sign_in_seconds";
/// Connections closed (`why`: `rights`, their user's rights changed; `pending`, too many had not signed in).
pub const CONNECTIONS_ENDED: &str = "switchboard_console_connections_ended_total";
/// Passwords hashed. Every wrong one costs as much, whether or not the user exists.
pub const HASHES: &str = "switchboard_console_hashes_total";
/// HTTP responses, by `status`.
pub const HTTP_ANSWERS: &str = "switchboard_console_http_answers_total";
/// The metrics of the page's connections.
pub const SERVER: Metrics = Metrics {
    connections: "switchboard_console_http_connections",
    refused: "switchboard_console_http_connections_refused_total",
    broken: "switchboard_console_http_connections_broken_total",
};

/// Registers the descriptions with the recorder.
pub(crate) fn describe() {
    describe_counter!(SIGN_INS, Unit::Count, "Sign-ins, by result");
    describe_histogram!(SIGN_IN_SECONDS, Unit::Seconds, "Time to answer a sign-in");
    describe_counter!(
        CONNECTIONS_ENDED,
        Unit::Count,
        "Connections ended by the console role"
    );
    describe_counter!(HASHES, Unit::Count, "Passwords hashed");
    describe_counter!(HTTP_ANSWERS, Unit::Count, "HTTP answers, by status");
}
