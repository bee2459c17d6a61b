//! The egress role: makes one HTTP attempt at a messenger's webhook per bus request.
//!
//! It is stateless and has no disk: the session router decides what to send, when and how often. Any
//! number of instances may run and share the requests. The invariants:
//!
//! * It never connects to an address that the guard refuses: it follows no redirect and resolves a name
//!   once per connection.
//! * It sends at most once per request (once more if a kept connection turns out to be closed, or with
//!   the old code while one is being rotated), and never after the caller has given up: a request that cannot
//!   start within [`WAIT_MAX`] gets the reply
//!   [`EgressBusy`](chat::reason::Reason::EgressBusy), which says that nothing was sent.
//! * No messenger can exhaust it: it runs more attempts than a session router has in flight, which
//!   gives every channel a fair share, and every response, wait and connection is bounded.

#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

mod answer;
mod attempt;
mod config;
mod connection;
mod connector;
mod dialer;
mod guard;
mod metric;
mod pool;
mod queue;
mod replies;
mod resolver;
mod retry_after;
mod role;
mod stream;
mod target;
mod tracked;

pub use config::{CONCURRENCY, Config, GRACE, PER_HOST, Trust, WAITING};
pub use guard::{Allow, BadAllow};
pub use metric::{ATTEMPT_DURATION, ATTEMPTS, CONNECTIONS, RUNNING, TURNED_AWAY};
pub use queue::WAIT_MAX;
pub use role::{Error, SERVICE, run};
