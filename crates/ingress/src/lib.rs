//! The ingress role: the HTTP gateway that messengers speak to (messenger-protocol sections 2, 3, 6).
//!
//! It proves who sent a request, checks what it says, and asks the session-router; it answers 200
//! only when the router says that everything is durable. It keeps no state that matters: any number
//! of them may run, and a lost one loses nothing.
//!
//! [`run`] is the role. [`serve`] is the same HTTP in front of any [`Upstream`], which is how a
//! benchmark puts something else behind it (`examples/store_nothing.rs`). [`Gateway::handle`] is one
//! request without a socket.
//!
//! A request passes these in order: its path and method, its media type, its size, the channel's
//! access, its proof, its shape, the channel's rate, the router. What fails is an
//! `application/problem+json` whose `type` is [`PROBLEM_TYPE`] and its code.

mod config;
mod role;

mod gateway;
mod routes;

mod body;
mod media;
mod proof;
mod trace;

mod access;
mod gather;
mod rate;
mod router;
mod upstream;

mod answer;
mod problem;
mod refusal;

mod clock;
pub mod metric;
mod places;
mod server;
mod wire;

pub use config::{Config, Rate};
pub use gateway::Gateway;
pub use problem::PROBLEM_TYPE;
pub use role::{Error, SERVICE, run};
pub use router::Router;
pub use server::serve;
pub use upstream::{Unavailable, Upstream};
