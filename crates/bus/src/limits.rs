//! The bounds of the queues between this process and NATS.

use std::time::Duration;

/// The most commands (publications, requests, subscriptions) that wait in this process to be sent.
pub const COMMANDS_MAX: usize = 2_048;
/// How long a call waits for room among the [`COMMANDS_MAX`] while NATS is connected. While it is
/// disconnected, a call that finds the queue full fails at once.
pub const QUEUE_TIMEOUT: Duration = Duration::from_secs(2);
/// The most messages that wait in one subscription. NATS's client drops the newest ones beyond it,
/// and [`Link::dropped`](crate::Link) counts them: a request then times out and is retried, and a
/// subscriber catches up. About half a second of the fastest traffic measured.
pub const SUBSCRIPTION_MESSAGES_MAX: usize = 16_384;
