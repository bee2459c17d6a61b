//! What the gateway is told.

use std::num::NonZeroU32;
use std::time::Duration;

/// Every limit of the gateway. Whoever reads the settings fills in all of it: there is no default
/// here, because a default is something that an operator must be able to read in one place.
#[derive(Clone, Debug)]
pub struct Config {
    /// How much one channel may send; `None` is no limit (`ingress.rate = 0`).
    pub rate: Option<Rate>,
    /// The most connections at a time. One more is told 503 and closed. A connection has one request
    /// in hand at a time, so this also bounds what is asked of the router. 1024 is a good number.
    pub connections_max: usize,
    /// The most connections from one source at a time: an IPv4 address, or an IPv6 /64, of which one
    /// customer has all. Behind a reverse proxy everybody is one source: then `None`, no limit.
    pub connections_per_source_max: Option<NonZeroU32>,
    /// The most header lines of a request; more are answered 431. 64 is a good number; over 100
    /// each request costs an allocation more.
    pub headers_max: usize,
    /// The most bytes of a request's head; more are answered 431. 16 KiB is a good number, above
    /// 64 KiB it has no effect, because that is all that a connection buffers.
    pub header_bytes_max: usize,
    /// How long a request's head may take, from the moment the connection is ready for it; so this
    /// is also how long a connection may idle. Then it is closed. 10 s is a good number; a reverse
    /// proxy in front must keep its idle connections for less, or it will send into closed ones.
    pub header_read_timeout: Duration,
    /// How long a request's body may take in all; then 408. 10 s is a good number.
    pub body_timeout: Duration,
    /// How long a client may take nothing of an answer that waits for it. Then it is closed.
    /// 10 s is a good number.
    pub write_timeout: Duration,
    /// How many bodies over 16 KiB may be in hand at a time; one more is told 503. Each is at most
    /// [`BODY_BYTES_MAX`](chat::messenger::inbound::BODY_BYTES_MAX), so 128 of them are 32 MiB.
    pub large_bodies_max: usize,
    /// How long the router may take to answer all that one request asks of it; then 503, and the
    /// messenger sends again, which has one effect. 5 s is a good number: beyond it senders give up.
    pub router_timeout: Duration,
    /// How long requests in hand may take once the gateway is told to stop. 10 s is a good number:
    /// the whole daemon has 15 s.
    pub drain_timeout: Duration,
}

/// How much one channel may send. Only requests that were verified count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Requests a second, in the long run.
    pub per_second: NonZeroU32,
    /// Requests at once, after silence.
    pub burst: NonZeroU32,
}
