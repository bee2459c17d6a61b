//! Reads request bodies within limits of size, time and number of large ones at a time.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use chat::messenger::inbound::BODY_BYTES_MAX;
use http_body_util::BodyExt as _;
use hyper::body::Body;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The size in bytes above which a body counts as large. Ordinary messages are far smaller, so the
/// limit on large bodies does not affect them, and this much per connection is little memory.
const LARGE_BYTES: usize = 16 * 1024;

/// Why a body was not read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// Over [`BODY_BYTES_MAX`], as declared or as received.
    #[error("the body is over {BODY_BYTES_MAX} bytes")]
    TooLarge,
    /// The body did not arrive within the timeout.
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
    _permit: Option<OwnedSemaphorePermit>,
}

/// Reads bodies and limits the number of large ones.
#[derive(Debug)]
pub(crate) struct Reader {
    timeout: Duration,
    large: Arc<Semaphore>,
}

impl Reader {
    /// Returns a reader with a timeout per body and a limit on large bodies at a time.
    pub(crate) fn new(timeout: Duration, large_bodies_max: usize) -> Self {
        let large = Arc::new(Semaphore::new(large_bodies_max.min(Semaphore::MAX_PERMITS)));
        Self { timeout, large }
    }

    /// Reads a whole body. A declared length over the limit fails before a byte is read, so a sender
    /// that waits for `100 Continue` never starts.
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
        let (mut all, mut permit) = (Chunks::default(), None);
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| Error::Broken(error.into()))?;
            // Trailers are ignored.
            let Ok(data) = frame.into_data() else {
                continue;
            };
            let length = all.len() + data.len();
            if length > BODY_BYTES_MAX {
                return Err(Error::TooLarge);
            }
            if length > LARGE_BYTES && permit.is_none() {
                let acquired = Arc::clone(&self.large).try_acquire_owned();
                permit = Some(acquired.map_err(|_full| Error::TooManyLarge)?);
            }
            all.push(data);
        }
        Ok(Whole {
            bytes: all.finish(),
            _permit: permit,
        })
    }
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
