//! Reads request bodies within limits of size, time and number of large ones at a time.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::pin::pin;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use chat::messenger::inbound::BODY_BYTES_MAX;
use http_body_util::BodyExt as _;
use http_server::{Place, Places};
use hyper::body::Body;
use tokio::time::{Instant, timeout, timeout_at};

use crate::config::Config;
use crate::metric::LARGE_BODIES_REFUSED;

/// The size in bytes above which a body counts as large. Ordinary messages are far smaller, so the
/// limit on large bodies does not affect them, and this much per connection is little memory.
const LARGE_BYTES: usize = 16 * 1024;
/// The fewest sources that can hold all places for large bodies, which nobody has verified yet.
const SOURCES_MIN: usize = 4;
/// A large body must bring [`PROGRESS_BYTES_MIN`] in each of these intervals, or it loses its place to
/// others. Ten times slower than the slowest that [`Config::body_timeout`] allows for the largest.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(2);
const PROGRESS_BYTES_MIN: usize = 4 * 1024;

/// Why a body was not read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// Over [`BODY_BYTES_MAX`], as declared or as received.
    #[error("the body is over {BODY_BYTES_MAX} bytes")]
    TooLarge,
    /// The body did not arrive within the timeout, or a large one made no progress.
    #[error("the body did not arrive in time")]
    TooSlow,
    /// The limit on large bodies is reached.
    #[error("too many large bodies at once")]
    TooManyLarge,
    /// The connection broke, or the transfer coding is wrong.
    #[error("the body ended early")]
    Broken(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// A complete body. A large one counts towards the limit until it is dropped.
#[derive(Debug)]
pub(crate) struct Whole {
    /// The bytes without transfer coding.
    pub(crate) bytes: Bytes,
    _place: Option<Place>,
}

/// Reads bodies and limits the number of large ones.
#[derive(Debug)]
pub(crate) struct Reader {
    timeout: Duration,
    large: Places,
}

impl Reader {
    /// Returns a reader with the limits of this configuration. Behind a reverse proxy, where all
    /// requests have one source, that source may hold all places.
    pub(crate) fn new(config: &Config) -> Self {
        let max = config.large_bodies_max;
        let share = u32::try_from(max.div_ceil(SOURCES_MIN)).unwrap_or(u32::MAX);
        let share = config
            .connections_per_source_max
            .and(NonZeroU32::new(share));
        Self {
            timeout: config.body_timeout,
            large: Places::new(max, share),
        }
    }

    /// Reads a whole body. A declared length over the limit fails before a byte is read, so a sender
    /// that waits for `100 Continue` never starts.
    pub(crate) async fn read<B>(&self, body: B, from: IpAddr) -> Result<Whole, Error>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        if body.size_hint().lower() > u64::try_from(BODY_BYTES_MAX).unwrap_or(u64::MAX) {
            return Err(Error::TooLarge);
        }
        timeout(self.timeout, self.collect(body, from))
            .await
            .map_err(|_elapsed| Error::TooSlow)?
    }

    async fn collect<B>(&self, body: B, from: IpAddr) -> Result<Whole, Error>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let mut body = pin!(body);
        let (mut all, mut large) = (Chunks::default(), None::<Large>);
        loop {
            let frame = match &mut large {
                None => body.frame().await,
                Some(large) => large.in_time(body.frame(), all.len()).await?,
            };
            let Some(frame) = frame else { break };
            let frame = frame.map_err(|error| Error::Broken(error.into()))?;
            // Trailers are ignored.
            let Ok(data) = frame.into_data() else {
                continue;
            };
            let length = all.len() + data.len();
            if length > BODY_BYTES_MAX {
                return Err(Error::TooLarge);
            }
            if length > LARGE_BYTES && large.is_none() {
                let Some(place) = self.large.acquire(from) else {
                    refused("full");
                    return Err(Error::TooManyLarge);
                };
                large = Some(Large::new(place, length));
            }
            all.push(data);
        }
        Ok(Whole {
            bytes: all.finish(),
            _place: large.map(|large| large.place),
        })
    }
}

/// A large body that arrives.
struct Large {
    place: Place,
    /// The length that it must have at this time.
    due: (usize, Instant),
}

impl Large {
    fn new(place: Place, length: usize) -> Self {
        let due = Self::due(length);
        Self { place, due }
    }

    fn due(length: usize) -> (usize, Instant) {
        let until = Instant::from_std(bus::clock::instant()) + PROGRESS_INTERVAL;
        (length + PROGRESS_BYTES_MIN, until)
    }

    /// Waits for the next part of a body of this length so far.
    async fn in_time<T>(
        &mut self,
        part: impl Future<Output = T>,
        length: usize,
    ) -> Result<T, Error> {
        if length >= self.due.0 {
            self.due = Self::due(length);
        }
        timeout_at(self.due.1, part).await.map_err(|_elapsed| {
            refused("slow");
            Error::TooSlow
        })
    }
}

fn refused(why: &'static str) {
    metrics::counter!(LARGE_BODIES_REFUSED, "why" => why).increment(1);
}

/// The chunks of a body received so far. Most bodies arrive in one chunk, which is not copied.
#[derive(Default)]
struct Chunks {
    first: Bytes,
    rest: BytesMut,
}

impl Chunks {
    fn len(&self) -> usize {
        self.first.len() + self.rest.len()
    }

    fn push(&mut self, data: Bytes) {
        if self.len() == 0 {
            self.first = data;
            return;
        }
        if !self.first.is_empty() {
            self.rest.extend_from_slice(&self.first);
            self.first = Bytes::new();
        }
        self.rest.extend_from_slice(&data);
    }

    fn finish(self) -> Bytes {
        if self.rest.is_empty() {
            self.first
        } else {
            self.rest.freeze()
        }
    }
}
