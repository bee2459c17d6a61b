//! A TCP stream with four things that hyper's server lacks.
//!
//! A client that sends requests and never reads responses would hold its connection forever, so a write
//! that makes no progress fails. Closing a socket with unread bytes makes the kernel reset it, which
//! can destroy a response such as 413 before the client reads it, so closing waits briefly for the
//! client to stop sending (RFC 9112 section 9.6). A request target with a fragment is invalid
//! (`request_line.rs`). And hyper has one timeout for an idle connection and the head of a request, so
//! the timeouts of both are here.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;

use crate::activity::{Activity, Phase};
use crate::limits::Limits;
use crate::request_line::RequestLine;

/// How long closing waits for the client to stop sending.
const LINGER: Duration = Duration::from_secs(1);
/// The most bytes that closing discards; a client that sends more is reset.
const LINGER_BYTES: usize = 1024 * 1024;

/// A TCP stream with timeouts and a lingering close.
#[derive(Debug)]
pub(crate) struct Wire {
    stream: TcpStream,
    activity: Activity,
    head_timeout: Duration,
    idle_timeout: Duration,
    write_timeout: Duration,
    /// The end of the head's or the idle time, while the connection is in that phase.
    overdue: Pin<Box<Sleep>>,
    /// Where the next byte is in the request line. A request follows each response.
    line: RequestLine,
    /// The timer of a write that makes no progress.
    stuck: Option<Pin<Box<Sleep>>>,
    /// Set once our side is closed.
    linger: Option<Linger>,
}

#[derive(Debug)]
struct Linger {
    until: Pin<Box<Sleep>>,
    bytes_left: usize,
}

impl Wire {
    /// Wraps the stream of a new connection.
    pub(crate) fn new(stream: TcpStream, limits: &Limits, activity: Activity) -> Self {
        Self {
            stream,
            activity,
            head_timeout: limits.header_read_timeout,
            idle_timeout: limits.idle_timeout,
            write_timeout: limits.write_timeout,
            overdue: Box::pin(tokio::time::sleep(limits.header_read_timeout)),
            line: RequestLine::default(),
            stuck: None,
            linger: None,
        }
    }

    /// Applies the timeouts of reading to the result of a read.
    fn limit_read(
        &mut self,
        cx: &mut Context<'_>,
        read: Poll<io::Result<()>>,
        is_empty: bool,
    ) -> Poll<io::Result<()>> {
        let phase = self.activity.phase();
        match (phase, &read) {
            (Phase::Idle, Poll::Ready(Ok(()))) if !is_empty => {
                self.overdue.set(tokio::time::sleep(self.head_timeout));
                if self.activity.enter(Phase::Head) {
                    return read;
                }
                let given = "the connection's place was given to another";
                Poll::Ready(Err(io::Error::new(io::ErrorKind::ConnectionAborted, given)))
            }
            // The handler limits the body, and the write timeout the response.
            (Phase::Handling | Phase::Responding, _)
            | (Phase::Idle | Phase::Head, Poll::Ready(_)) => read,
            (Phase::Idle, Poll::Pending) => {
                ready!(self.overdue.as_mut().poll(cx));
                // For hyper, the client has closed the connection.
                Poll::Ready(Ok(()))
            }
            (Phase::Head, Poll::Pending) => {
                ready!(self.overdue.as_mut().poll(cx));
                let late = "the head of the request takes too long";
                Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, late)))
            }
        }
    }

    /// Fails a write that has been pending for the write timeout.
    fn limit<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stuck = None;
            self.line = RequestLine::default();
            return written;
        }
        let stuck = self
            .stuck
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(self.write_timeout)));
        ready!(stuck.as_mut().poll(cx));
        Poll::Ready(Err(io::Error::new(
            io::ErrorKind::TimedOut,
            "the client does not read its response",
        )))
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        let is_empty = buffer.filled().len() == before;
        if let Some(bytes) = buffer.filled_mut().get_mut(before..) {
            self.line.read(bytes);
        }
        self.limit_read(cx, read, is_empty)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.limit(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, parts);
        self.limit(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        if self.activity.phase() == Phase::Responding && flushed.is_ready() {
            let idle_timeout = self.idle_timeout;
            self.overdue.set(tokio::time::sleep(idle_timeout));
            self.activity.enter(Phase::Idle);
            // hyper may have read before the response was sent. It reads again when it is woken only.
            if self.overdue.as_mut().poll(cx).is_ready() {
                cx.waker().wake_by_ref();
            }
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.linger.is_none() {
            ready!(Pin::new(&mut this.stream).poll_shutdown(cx))?;
        }
        let linger = this.linger.get_or_insert_with(|| Linger {
            until: Box::pin(tokio::time::sleep(LINGER)),
            bytes_left: LINGER_BYTES,
        });
        let mut scratch = [0; 4096];
        while linger.bytes_left > 0 && linger.until.as_mut().poll(cx).is_pending() {
            let mut buffer = ReadBuf::new(&mut scratch);
            match ready!(Pin::new(&mut this.stream).poll_read(cx, &mut buffer)) {
                Ok(()) if !buffer.filled().is_empty() => {
                    linger.bytes_left = linger.bytes_left.saturating_sub(buffer.filled().len());
                }
                // The client has closed too.
                Ok(()) | Err(_) => break,
            }
        }
        Poll::Ready(Ok(()))
    }
}
