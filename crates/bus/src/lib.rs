//! The bus: publish, request and subscribe over NATS. The only crate that uses `async-nats`.
//!
//! The guarantees are those of core NATS:
//!
//! * [`Bus::publish`] is a hint: `Ok` means queued in this process. What must arrive is sent as a
//!   [`Bus::request`], whose reply comes after its effects are durable.
//! * A message is delivered at most once. A slow subscriber loses the newest messages and a broken
//!   connection loses those in transit. [`Bus::changes`] reports both, so that a consumer can catch
//!   up with a query.
//! * A request fails fast: a subject without subscribers is [`Error::NoResponders`] within a round
//!   trip, a broken connection is [`Error::Disconnected`] at once. [`Error::is_in_doubt`] says whether
//!   the other side may have acted.
//! * Everything is bounded: the queues by the constants here, every call by a timeout.
//!
//! The client reconnects and resubscribes in the background, without limit.

#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

pub mod background;
pub mod batch;
mod bus;
pub mod clock;
mod config;
mod error;
mod exchange;
mod limits;
mod link;
mod message;
mod queue;
mod replies;
mod service;
mod subscription;
#[cfg(feature = "testing")]
pub mod testing;

pub use bus::{Bus, DRAIN_TIMEOUT, FLUSH_TIMEOUT};
pub use config::{CONNECT_TIMEOUT, Config};
pub use error::{Error, chain};
pub use exchange::Exchange;
pub use limits::{COMMANDS_MAX, QUEUE_TIMEOUT, SUBSCRIPTION_MESSAGES_MAX};
pub use link::Link;
pub use message::{ERROR_CODE_HEADER, ERROR_HEADER, Message};
pub use service::{Endpoint, Service, ServiceInfo};
pub use subscription::Subscription;
