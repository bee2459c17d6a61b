//! An HTTP/1.1 connection that is driven by the attempt that uses it. A task for each connection would
//! cost two switches between tasks for each request.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Waker};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Frame, Incoming};
use hyper::client::conn::TrySendError;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Request, Response};

use crate::connector::Io;
use crate::tracked::Progress;

/// The longest head of a response, in bytes.
pub(crate) const HEAD_BYTES_MAX: usize = 64 * 1024;

/// A request to a messenger.
pub(crate) type Post = Request<Full<Bytes>>;

/// A connection. Between requests nobody reads from it, so that [`is_ready`](Self::is_ready) must be
/// called before the next one.
pub(crate) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    /// Reads and writes while it is polled. `None` once the connection has ended.
    driver: Option<Driver>,
    progress: Progress,
    may_be_kept: bool,
}

type Driver = Pin<Box<http1::Connection<Io, Full<Bytes>>>>;

impl Connection {
    pub(crate) async fn start(stream: Io) -> Result<Self, hyper::Error> {
        let (progress, may_be_kept) = (stream.progress(), stream.may_be_kept());
        let mut builder = http1::Builder::new();
        builder.max_buf_size(HEAD_BYTES_MAX);
        let (sender, driver) = builder.handshake(stream).await?;
        Ok(Self {
            sender,
            driver: Some(Box::pin(driver)),
            progress,
            may_be_kept,
        })
    }

    /// Sends a request and waits for the head of the response. The error has the request if nothing of it
    /// was sent.
    pub(crate) async fn send(
        &mut self,
        post: Post,
    ) -> Result<Response<Incoming>, TrySendError<Post>> {
        let answered = self.sender.try_send_request(post);
        drive(&mut self.driver, answered).await
    }

    /// Reads the next part of the body of the response.
    pub(crate) async fn frame(&mut self, body: &mut Incoming) -> Option<Frame<Bytes>> {
        drive(&mut self.driver, body.frame()).await?.ok()
    }

    /// Whether a request failed because the connection, which had served others, ended before any byte
    /// of the response.
    pub(crate) fn is_unanswered_reuse(&self) -> bool {
        self.progress.is_unanswered_reuse()
    }

    /// Has the connection serve one request only.
    pub(crate) const fn close_after_request(&mut self) {
        self.may_be_kept = false;
    }

    /// Whether the connection may wait for another request.
    pub(crate) fn may_be_kept(&mut self) -> bool {
        self.may_be_kept && self.is_ready()
    }

    /// Whether the next request can be sent: the response was read, and neither side has closed.
    pub(crate) fn is_ready(&mut self) -> bool {
        let mut context = Context::from_waker(Waker::noop());
        poll(&mut self.driver, &mut context);
        self.driver.is_some() && self.sender.is_ready()
    }

    /// Closes the connection.
    pub(crate) async fn close(self) {
        drop(self.sender);
        if let Some(driver) = self.driver {
            // Whatever is wrong with it, it is closed.
            drop(driver.await);
        }
    }
}

/// Drives a connection until something that happens on it.
async fn drive<T>(driver: &mut Option<Driver>, until: impl Future<Output = T>) -> T {
    let mut until = pin!(until);
    poll_fn(|cx| {
        poll(driver, cx);
        until.as_mut().poll(cx)
    })
    .await
}

fn poll(driver: &mut Option<Driver>, cx: &mut Context<'_>) {
    if let Some(connection) = driver
        && connection.as_mut().poll(cx).is_ready()
    {
        *driver = None;
    }
}
