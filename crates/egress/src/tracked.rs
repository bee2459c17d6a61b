//! A connection that knows whether it was used before and whether the messenger has begun to answer.

use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, ready};

use hyper::rt::{Read, ReadBuf, ReadBufCursor, Write};

/// No request was answered yet.
const NEW: u8 = 0;
/// Bytes have arrived since the last request was sent.
const ANSWERED: u8 = 1;
/// Another request was sent, and no byte has arrived since.
const REUSED: u8 = 2;

/// The most bytes of one read.
const READ_BYTES_MAX: usize = 8 * 1024;

/// The progress of a connection.
#[derive(Clone, Debug)]
pub(crate) struct Progress(Arc<AtomicU8>);

impl Progress {
    /// Whether the connection had served requests before the last one, which has not been answered with
    /// a byte: a messenger may close an idle connection while the next request is on its way.
    pub(crate) fn is_unanswered_reuse(&self) -> bool {
        self.0.load(Ordering::Relaxed) == REUSED
    }
}

/// A stream of plain HTTP, inside TLS if there is any.
#[derive(Debug)]
pub(crate) struct Tracked<S> {
    stream: S,
    progress: Progress,
    may_be_kept: bool,
}

impl<S> Tracked<S> {
    /// Tracks a stream, which may be kept for further requests or not.
    pub(crate) fn new(stream: S, may_be_kept: bool) -> Self {
        Self {
            stream,
            progress: Progress(Arc::new(AtomicU8::new(NEW))),
            may_be_kept,
        }
    }

    pub(crate) fn progress(&self) -> Progress {
        self.progress.clone()
    }

    pub(crate) const fn may_be_kept(&self) -> bool {
        self.may_be_kept
    }

    fn sends(&self) {
        let Progress(progress) = &self.progress;
        if progress.load(Ordering::Relaxed) == ANSWERED {
            progress.store(REUSED, Ordering::Relaxed);
        }
    }
}

impl<S: Read + Unpin> Read for Tracked<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let mut space = [MaybeUninit::uninit(); READ_BYTES_MAX];
        let room = buf.remaining().min(READ_BYTES_MAX);
        let mut part = ReadBuf::uninit(space.get_mut(..room).unwrap_or_default());
        ready!(Pin::new(&mut self.stream).poll_read(cx, part.unfilled()))?;
        if !part.filled().is_empty() {
            self.progress.0.store(ANSWERED, Ordering::Relaxed);
        }
        buf.put_slice(part.filled());
        Poll::Ready(Ok(()))
    }
}

impl<S: Write + Unpin> Write for Tracked<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.sends();
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.sends();
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }
}
