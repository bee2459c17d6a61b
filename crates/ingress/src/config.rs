//! The configuration of the gateway.

use std::num::NonZeroU32;
use std::time::Duration;

/// The limits of the gateway. There are no defaults here: those are in the settings, in one place.
#[derive(Clone, Debug)]
pub struct Config {
    /// The rate limit of each channel; `None` is no limit (`ingress.rate = 0`).
    pub rate: Option<Rate>,
    /// The most connections at a time; a further one gets 503 and is closed. A connection has one
    /// request at a time, so this also bounds the requests to the router. Suggested: 1024.
    pub connections_max: usize,
    /// The most connections from one source at a time: an IPv4 address, or an IPv6 /64, which is what
    /// one customer gets. `None` (no limit) behind a reverse proxy, where all share one address.
    pub connections_per_source_max: Option<NonZeroU32>,
    /// The most header lines of a request; more get 431. Suggested: 64; over 100, hyper allocates
    /// once more per request.
    pub headers_max: usize,
    /// The most bytes of a request's head; more get 431. Suggested: 16 KiB; the buffer of a
    /// connection caps it at 64 KiB.
    pub header_bytes_max: usize,
    /// How long a request's head may take before the connection is closed, from its first byte or, of
    /// the first request, from the connection's start. Suggested: 10 s.
    pub header_read_timeout: Duration,
    /// How long a connection may be idle between two requests before it is closed. Suggested: 75 s. A
    /// reverse proxy must keep idle connections for less, or it will send on closed ones.
    pub idle_timeout: Duration,
    /// How long a request's body may take before it gets 408. Suggested: 10 s.
    pub body_timeout: Duration,
    /// How long a write may make no progress before the connection is closed. Suggested: 10 s.
    pub write_timeout: Duration,
    /// The most bodies over 16 KiB at a time; a further one gets 503. Each is at most
    /// [`BODY_BYTES_MAX`](chat::messenger::inbound::BODY_BYTES_MAX), so 128 of them are 32 MiB. One
    /// source may have a quarter of them if [`connections_per_source_max`](Self) limits sources.
    pub large_bodies_max: usize,
    /// How long the router may take for one request, all its calls together, before it gets 503 and
    /// the messenger retries. Suggested: 5 s; senders give up after that.
    pub router_timeout: Duration,
    /// How long requests in progress may take on shutdown. Suggested: 10 s; the whole daemon has
    /// 15 s.
    pub drain_timeout: Duration,
}

/// The rate limit of a channel. Only verified requests count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// The sustained rate, in requests per second.
    pub per_second: NonZeroU32,
    /// The most requests at once.
    pub burst: NonZeroU32,
}
