//! The limits of a listener.

use std::num::NonZeroU32;
use std::time::Duration;

use bytes::Bytes;

/// A response to refused connections for listeners that people and programs read as text.
const PLAIN_REFUSAL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain\r\n\
    content-length: 21\r\nretry-after: 3\r\nconnection: close\r\n\r\ntoo many connections\n";

/// The limits of a listener.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The most connections at a time; a further one is refused.
    pub connections_max: usize,
    /// The most connections of one source at a time: an IPv4 address, or an IPv6 /64. `None` is no
    /// limit.
    pub connections_per_source_max: Option<NonZeroU32>,
    /// The most header lines of a request; more get 431.
    pub headers_max: usize,
    /// The most bytes of a request's head; more get 431. The buffer caps it at 64 KiB.
    pub header_bytes_max: usize,
    /// How long a request's head may take before the connection is closed: from its first byte, and of
    /// the first request from the connection's start.
    pub header_read_timeout: Duration,
    /// How long a connection may be idle between two requests before it is closed.
    pub idle_timeout: Duration,
    /// How long a write may make no progress before the connection is closed.
    pub write_timeout: Duration,
    /// How long requests in progress may take on shutdown.
    pub drain_timeout: Duration,
    /// The response to a refused connection, complete with its head.
    pub refusal: Bytes,
}

impl Limits {
    /// The limits of a listener with small responses to short requests, apart from the number of its
    /// connections: a head of 16 KiB and 64 headers within 5 s, and no more idle time.
    pub fn of_short_requests(
        connections_max: usize,
        connections_per_source_max: NonZeroU32,
        drain_timeout: Duration,
    ) -> Self {
        Self {
            connections_max,
            connections_per_source_max: Some(connections_per_source_max),
            headers_max: 64,
            header_bytes_max: 16 * 1024,
            header_read_timeout: Duration::from_secs(5),
            idle_timeout: Duration::from_secs(5),
            write_timeout: Duration::from_secs(10),
            drain_timeout,
            refusal: Bytes::from_static(PLAIN_REFUSAL),
        }
    }
}
