//! The bus: publish, ask and serve over NATS, by subject. The only crate that knows `async-nats`.
//!
//! What core NATS gives, and so what this crate promises:
//!
//! * [`Bus::publish`] is a hint: `Ok` means queued in this process. What must arrive is a
//!   [`Bus::request`], answered after whatever the answer rests on is durable.
//! * A message is delivered at most once. A subscriber that does not keep up loses the newest ones,
//!   and a broken connection loses what is under way. Both are seen in [`Bus::changes`], after which
//!   a consumer catches up by asking.
//! * A request fails fast: nobody there is [`Error::NoResponders`] within a round trip, a connection
//!   that is down is [`Error::Disconnected`] at once. [`Error::is_in_doubt`] tells whether the other
//!   side may have acted nevertheless.
//! * Everything is bounded: queues by the constants here, every call by a time.
//!
//! The connection is mended for ever in the background, and subscriptions with it.

mod bus;
mod config;
mod error;
mod link;
mod message;
mod replies;
mod service;
mod subscription;
#[cfg(feature = "testing")]
pub mod testing;

pub use bus::{Bus, COMMANDS_MAX, DRAIN_TIMEOUT, FLUSH_TIMEOUT, QUEUE_TIMEOUT};
pub use config::{CONNECT_TIMEOUT, Config};
pub use error::Error;
pub use link::Link;
pub use message::{ERROR_CODE_HEADER, ERROR_HEADER, Message};
pub use service::{Endpoint, Service, ServiceInfo};
pub use subscription::{SUBSCRIPTION_MESSAGES_MAX, Subscription};
