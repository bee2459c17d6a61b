//! What this role counts, by the names that `/metrics` shows (docs/operating.md).

use metrics::{Unit, describe_counter, describe_histogram};

/// Sign-ins, by `result`: `ok`, or why not (`wrong`, `paused`, `late`, `unavailable`, `untrusted`).
pub const SIGN_INS: &str = "switchboard_console_sign_ins_total";
/// How long NATS waited for our answer to a sign-in.
pub const SIGN_IN_SECONDS: &str = "switchboard_console_sign_in_seconds";
/// Connections ended because their user's rights changed.
pub const CONNECTIONS_ENDED: &str = "switchboard_console_connections_ended_total";
/// HTTP answers, by `status`.
pub const HTTP_ANSWERS: &str = "switchboard_console_http_answers_total";

/// Tells the recorder what the names mean.
pub(crate) fn describe() {
    describe_counter!(SIGN_INS, Unit::Count, "Sign-ins, by result");
    describe_histogram!(SIGN_IN_SECONDS, Unit::Seconds, "Time to answer a sign-in");
    describe_counter!(
        CONNECTIONS_ENDED,
        Unit::Count,
        "Connections ended because their user's rights changed"
    );
    describe_counter!(HTTP_ANSWERS, Unit::Count, "HTTP answers, by status");
}
