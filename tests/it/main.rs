//! End-to-end tests: the `switchboard` binary, a real `nats-server`, real sockets, and messengers
//! that share no code with the broker.
//!
//! The tests follow the specification and link none of the broker's crates.

#![expect(
    clippy::needless_pass_by_value,
    reason = "`json!({ … })` reads better without a & before it"
)]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

// Fixtures.
mod broker;
mod http;
mod load;
mod locked_out;
mod losses;
mod messenger;
mod operator;
mod ports;
mod program;
mod random;
mod response;
mod signing;
mod sources;
mod wait;
mod world;

// Tests.
mod at_rest;
mod authentication;
mod clock;
mod cold;
mod command_line;
mod connecting;
mod conversation;
mod crash;
mod delivery;
mod demo;
mod disconnecting;
mod docs;
mod doctor;
mod doors;
mod duplicates;
mod echoes;
mod examples;
mod failed_deliveries;
mod fair_shares;
mod fairness;
mod feed;
mod forgetting;
mod http_errors;
mod lease;
mod logging;
mod operations;
mod phone;
mod place;
mod profiles;
mod prose;
mod reasons;
mod receipts;
mod recovery;
mod repair;
mod returning;
mod rights;
mod roles;
mod sessions;
mod signals;
mod tidy;
mod tokens;
mod tolerance;
mod write_first;
