//! The ingress role: the HTTP gateway for messengers (messenger-protocol sections 2, 3, 6).
//!
//! It verifies the sender of a request, validates the body and forwards it to the session router. It
//! responds 200 only after the router reports that everything is durable. It keeps no state that
//! matters: any number of instances may run, and losing one loses nothing.
//!
//! [`run`] is the role. [`serve`] is the same HTTP server in front of any [`Upstream`], for
//! benchmarks. [`Gateway::handle`] handles one request without a socket.
//!
//! The checks, in order: path and method, media type, size, the channel's access, the proof, the
//! body's members, the channel's rate, the router. A failure is an `application/problem+json` document
//! whose `type` is [`PROBLEM_TYPE`] followed by the code.

#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

mod config;
mod role;

mod gateway;
mod routes;

mod body;
mod media;
mod proof;
mod trace;

mod access;
mod batcher;
mod rate;
mod router;
mod upstream;

mod problem;
mod request_error;
mod response;

pub mod metric;
mod server;

pub use config::{Config, Rate};
pub use gateway::Gateway;
pub use problem::PROBLEM_TYPE;
pub use role::{Error, SERVICE, run};
pub use router::Router;
pub use server::serve;
pub use upstream::{Unavailable, Upstream};
