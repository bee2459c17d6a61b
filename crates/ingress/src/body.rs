//! Reads bodies: so many bytes, so long, so many large ones at a time, and never more.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use chat::messenger::inbound::BODY_BYTES_MAX;
use http_body_util::BodyExt as _;
use hyper::body::Body;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// From how many bytes on a body is a large one. Messages of people are far smaller, so the limit on
/// large ones does not touch them; and so many bytes of each connection are little memory in all.
const LARGE_BYTES: usize = 16 * 1024;

/// Why a body did not come in whole.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// Over [`BODY_BYTES_MAX`], as declared or as counted.
    #[error("the body is over {BODY_BYTES_MAX} bytes")]
    TooLarge,
    /// Not all of it came in time.
    #[error("the body did not come in time")]
    TooSlow,
    /// As many large bodies as are allowed are in hand.
    #[error("too many large bodies are in hand")]
    Crowded,
    /// The connection broke, or the transfer coding is wrong.
    #[error("the body broke off")]
    Broken(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// A body that was read, and its place among the large ones, which it keeps until it is dropped.
#[derive(Debug)]
pub(crate) struct Whole {
    /// The bytes as they came, transfer coding removed.
    pub(crate) bytes: Bytes,
    _place: Option<OwnedSemaphorePermit>,
}

/// Reads bodies, and counts the large ones.
#[derive(Debug)]
pub(crate) struct Reader {
    timeout: Duration,
    large: Arc<Semaphore>,
}

impl Reader {
    /// A reader that gives each body so long, and has so many large ones in hand at a time.
    pub(crate) fn new(timeout: Duration, large_bodies_max: usize) -> Self {
        let large = Arc::new(Semaphore::new(large_bodies_max.min(Semaphore::MAX_PERMITS)));
        Self { timeout, large }
    }

    /// Reads a body whole. A declared length over the limit is refused before a byte is read, so a
    /// sender that waits for `100 Continue` never starts.
    pub(crate) async fn read<B>(&self, body: B) -> Result<Whole, Error>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        if body.size_hint().lower() > u64::try_from(BODY_BYTES_MAX).unwrap_or(u64::MAX) {
            return Err(Error::TooLarge);
        }
        tokio::time::timeout(self.timeout, self.collect(body))
            .await
            .map_err(|_elapsed| Error::TooSlow)?
    }

    async fn collect<B>(&self, body: B) -> Result<Whole, Error>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let mut body = pin!(body);
        let (mut all, mut place) = (Gathered::default(), None);
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| Error::Broken(error.into()))?;
            // Trailers are not part of the body, and nothing here wants them.
            let Ok(data) = frame.into_data() else {
                continue;
            };
            let length = all.len() + data.len();
            if length > BODY_BYTES_MAX {
                return Err(Error::TooLarge);
            }
            if length > LARGE_BYTES && place.is_none() {
                let taken = Arc::clone(&self.large).try_acquire_owned();
                place = Some(taken.map_err(|_full| Error::Crowded)?);
            }
            all.push(data);
        }
        Ok(Whole {
            bytes: all.finish(),
            _place: place,
        })
    }
}

/// What has come of a body. Most bodies come in one piece, which is kept as it is.
#[derive(Default)]
struct Gathered {
    first: Bytes,
    rest: BytesMut,
}

impl Gathered {
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
