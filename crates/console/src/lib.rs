//! The console role: authenticates users and serves the console page.
//!
//! Sign-in uses NATS's auth callout: the server sends this role a request for every client that connects.
//! The role checks the password or token with the session router and grants exactly the rights of console-api
//! section 1. When a user's rights change, it closes their connections, so that clients sign in again.
//! The role is stateless: any number of instances may run and share the sign-ins.
//!
//! Auth callout requests are not encrypted with an xkey, and the role refuses a NATS that encrypts them:
//! they travel only between `nats-server` and this role, over TLS if that crosses machines.

#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

mod accounts;
mod audience;
mod callout;
mod http;
mod issuer;
mod limiter;
pub mod metric;
pub mod nats_server;
mod page;
mod pending;
mod recent_sign_ins;
mod request;
mod revocation;
mod rights;
mod role;
mod self_test;
mod sign_in;
mod system_account;
mod turns;
mod websocket;

pub use callout::CONNECTIONS_PER_USER_MAX;
pub use http::{CONNECTIONS_MAX, CONNECTIONS_PER_SOURCE_MAX};
pub use issuer::SIGN_IN_SECS;
pub use role::{Config, Error, SERVICE, run};
pub use websocket::{NotAWebsocket, Websocket};
