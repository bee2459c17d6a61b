//! TCP connections to messengers: resolves once, checks every address, connects to one of them.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use chat::reason::Reason;
use hyper::Uri;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::guard::{Guard, Host};
use crate::metric;
use crate::resolver::Resolver;
use crate::stream::Stream;
use crate::target::Target;

/// The most connections kept open between attempts, over all hosts, in addition to one for each running
/// attempt. Further ones are closed after their attempt.
pub(crate) const KEPT_MAX: usize = 512;
/// The most addresses of a name that are tried; all are checked.
const TRIED_MAX: usize = 8;
/// How long to wait for one address before trying the next concurrently (RFC 8305).
const NEXT_ADDRESS_AFTER: Duration = Duration::from_millis(250);

/// Makes guarded connections. Clones share the limit on kept ones.
#[derive(Clone)]
pub(crate) struct Dialer {
    guard: Arc<Guard>,
    resolver: Resolver,
    kept: Arc<Semaphore>,
}

impl Dialer {
    /// Returns a dialer that keeps at most `kept` connections open between attempts.
    pub(crate) fn new(guard: Guard, resolver: Resolver, kept: usize) -> Self {
        Self {
            guard: Arc::new(guard),
            resolver,
            kept: Arc::new(Semaphore::new(kept)),
        }
    }

    async fn dial(self, uri: Uri) -> Result<Stream, Reason> {
        let Target { host, port, .. } = Target::of(uri)?;
        let addresses = match &host {
            Host::Address(address) => vec![*address],
            Host::Name(name) => self.resolver.resolve(name).await?,
        };
        self.guard.check(&host, addresses.iter().copied())?;
        let tcp = connect(&addresses, port)
            .await
            .map_err(|error| Reason::ConnectFailed {
                name: host.to_string(),
                port,
                detail: error.to_string(),
            })?;
        metric::connected();
        // A request is one write; Nagle's algorithm would only delay it.
        drop(tcp.set_nodelay(true));
        Ok(Stream::new(
            tcp,
            Arc::clone(&self.kept).try_acquire_owned().ok(),
        ))
    }
}

impl tower_service::Service<Uri> for Dialer {
    type Response = Stream;
    type Error = Reason;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, Reason>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        Box::pin(self.clone().dial(uri))
    }
}

/// Connects to the first address that succeeds; attempts are staggered and the others are dropped.
/// The caller applies the timeout.
async fn connect(addresses: &[IpAddr], port: u16) -> io::Result<TcpStream> {
    let mut waiting = addresses.iter().take(TRIED_MAX);
    let mut trying = JoinSet::new();
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    loop {
        let next = waiting.next();
        if let Some(address) = next {
            trying.spawn(TcpStream::connect(SocketAddr::new(*address, port)));
        }
        let more = waiting.len() > 0;
        tokio::select! {
            tried = trying.join_next() => match tried {
                Some(Ok(Ok(tcp))) => return Ok(tcp),
                Some(Ok(Err(error))) => last = error,
                Some(Err(error)) => last = io::Error::other(error),
                None => return Err(last),
            },
            () = tokio::time::sleep(NEXT_ADDRESS_AFTER), if more => {}
        }
    }
}
