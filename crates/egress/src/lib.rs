//! The role that speaks to messengers: one HTTP attempt at a webhook, asked for over the bus.
//!
//! It is stateless and has no disk: what is tried, when and how often is the session-router's to
//! decide. Any number may run; they share the requests. What must never be so:
//!
//! * It never connects to an address that the guard refuses, not after a redirect (none is followed)
//!   and not after a second resolution (there is none).
//! * A request is sent at most once for each time it was asked for, and never after its asker has
//!   given up: what cannot start within [`WAIT_MAX`] is answered with
//!   [`EgressBusy`](chat::reason::Reason::EgressBusy), which says that nothing was sent.
//! * No messenger can take it all: each host has its own bound, and every answer, wait and
//!   connection has one.

mod attempt;
mod config;
mod connector;
mod dialer;
mod guard;
mod metric;
mod queue;
mod resolver;
mod retry_after;
mod role;
mod stream;
mod target;

pub use config::{CONCURRENCY, Config, GRACE, PER_HOST, Trust, WAITING};
pub use guard::{Allow, BadAllow};
pub use metric::{ATTEMPT_DURATION, ATTEMPTS, CONNECTIONS, RUNNING, TURNED_AWAY};
pub use queue::WAIT_MAX;
pub use role::{Error, SERVICE, run};
