//! The console role: signs people in, and serves the page that they work with.
//!
//! Signing in is NATS's auth callout: the server asks us about everybody who connects, we check the
//! password or token against what the session-router knows, and answer with exactly the rights of
//! console-api section 1. When rights change, the user's connections are ended, so that they sign in
//! again. The role keeps nothing: any number of them may run, and share the work.
//!
//! The requests of the auth callout are not encrypted with an xkey: they never leave the connection
//! between `nats-server` and this role, which TLS protects where it leaves the machine.

mod audience;
mod callout;
mod clock;
mod http;
mod issuer;
mod limiter;
pub mod metrics;
pub mod nats_server;
mod page;
mod recent;
mod request;
mod revocation;
mod rights;
mod role;
mod sign_in;
mod websocket;

pub use http::{CONNECTIONS_MAX, HEADER_READ_TIMEOUT};
pub use issuer::SIGN_IN_SECS;
pub use role::{Config, Error, SERVICE, run};
pub use websocket::{NotAWebsocket, Websocket};

/// An error and what caused it, each in its own words.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}
