//! Handles one request, without a socket.

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use chat::id::ChannelId;
use chat::messenger::inbound::Finding;
use chat::rpc::{Access, HealthReply, HealthRequest, InboundReply, InboundRequest};
use chat::time::Timestamp;
use governor::clock::DefaultClock;
use http_body_util::Full;
use hyper::body::Body;
use hyper::{HeaderMap, Request, Response};
use tracing::Instrument as _;

use crate::access::{AccessCache, CachedAccess, RECHECK_AFTER};
use crate::body::{Reader, Whole};
use crate::config::Config;
use crate::problem::Problem;
use crate::proof::{Unverified, Verified};
use crate::rate::Rates;
use crate::request_error::RequestError;
use crate::routes::{Route, route};
use crate::upstream::Upstream;
use crate::{media, metric, response, trace};

/// The HTTP gateway in front of an upstream. Its only state is a cache of the channels' codes and
/// their rate limits.
pub struct Gateway<U> {
    upstream: U,
    reader: Reader,
    cache: AccessCache,
    rates: Rates,
    router_timeout: std::time::Duration,
}

impl<U> std::fmt::Debug for Gateway<U> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Gateway(..)")
    }
}

impl<U: Upstream> Gateway<U> {
    /// Returns a gateway with these limits; [`serve`](crate::serve) applies those of connections.
    pub fn new(config: &Config, upstream: U) -> Self {
        Self {
            upstream,
            reader: Reader::new(config),
            cache: AccessCache::default(),
            rates: Rates::new(config.rate, DefaultClock::default()),
            router_timeout: config.router_timeout,
        }
    }

    /// Handles one request received from a peer at `now`. Always returns a response, in bounded time.
    pub async fn handle<B>(
        &self,
        request: Request<B>,
        from: IpAddr,
        now: Timestamp,
    ) -> Response<Full<Bytes>>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let (head, body) = request.into_parts();
        let found = route(&head.method, head.uri.path());
        let span = span(found.as_ref().ok(), &head.headers);
        let served = async {
            match found? {
                Route::Inbound(channel) => {
                    let body = self.read(&head.headers, body, from).await?;
                    let sent = Unverified::new(&head.headers, body.bytes.clone());
                    let forwarded = self.in_time(self.forward(channel, &sent, now));
                    let (reply, warnings) = forwarded.await?;
                    response::inbound(reply, warnings)
                }
                Route::Health(channel) => self.health(channel, &head.headers, now).await,
            }
        };
        match served.instrument(span.clone()).await {
            Ok(response) => {
                metric::answered(response.status().as_u16(), metric::OK);
                response
            }
            Err(error) => span.in_scope(|| error_response(&error)),
        }
    }

    /// Drops idle rate limits. The server calls it on a timer.
    pub(crate) fn evict_idle(&self) {
        self.rates.evict_idle();
    }

    async fn read<B>(
        &self,
        headers: &HeaderMap,
        body: B,
        from: IpAddr,
    ) -> Result<Whole, RequestError>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        media::check(headers)?;
        Ok(self.reader.read(body, from).await?)
    }

    /// Returns the router's reply, and what was repaired in the body.
    async fn forward(
        &self,
        channel: ChannelId,
        sent: &Unverified,
        now: Timestamp,
    ) -> Result<(InboundReply, Vec<Finding>), RequestError> {
        let verify = |access: &Access| sent.verify(access, now);
        let (revision, verified) = self.authenticate(channel, now, verify).await?;
        let request = |revision, verified: Verified| {
            let (old_code, webhook_id) = (verified.old_code, verified.webhook_id.clone());
            let (inbound, warnings) = verified.read()?;
            let request = InboundRequest {
                channel,
                revision,
                inbound,
                old_code,
                webhook_id,
            };
            Ok::<_, RequestError>((request, warnings))
        };
        let (first, warnings) = request(revision, verified)?;
        self.rates.admit(channel)?;
        let reply = self.upstream.inbound(first).await?;
        if reply != InboundReply::Stale {
            return Ok((reply, warnings));
        }
        let access = self.fetch_access(channel, now).await?;
        let (second, warnings) = request(access.revision, verify(&access)?)?;
        Ok((self.upstream.inbound(second).await?, warnings))
    }

    async fn health(
        &self,
        channel: ChannelId,
        headers: &HeaderMap,
        now: Timestamp,
    ) -> Result<Response<Full<Bytes>>, RequestError> {
        // The signature covers an empty body; the request's body is not read.
        let sent = Unverified::new(headers, Bytes::new());
        response::health(self.in_time(self.ask_health(channel, &sent, now)).await?)
    }

    async fn ask_health(
        &self,
        channel: ChannelId,
        sent: &Unverified,
        now: Timestamp,
    ) -> Result<HealthReply, RequestError> {
        let verify = |access: &Access| Ok(sent.verify_signature(access, now)?);
        let (revision, _) = self.authenticate(channel, now, verify).await?;
        self.rates.admit(channel)?;
        let request = |revision| HealthRequest { channel, revision };
        let reply = self.upstream.health(request(revision)).await?;
        if reply != HealthReply::Stale {
            return Ok(reply);
        }
        let access = self.fetch_access(channel, now).await?;
        verify(&access)?;
        Ok(self.upstream.health(request(access.revision)).await?)
    }

    /// Checks a request's proof against the channel's access. A proof that fails against a cached
    /// entry may use a newer code, so it is checked once more against a fresh one.
    async fn authenticate<T>(
        &self,
        channel: ChannelId,
        now: Timestamp,
        verify: impl Fn(&Access) -> Result<T, RequestError>,
    ) -> Result<(u32, T), RequestError> {
        if let Some(known) = self.cache.get(channel, now) {
            let verified = verify(&known.access);
            let is_old = now.since(known.fetched) >= RECHECK_AFTER;
            if !(is_old && matches!(verified, Err(RequestError::Untrusted(_)))) {
                return Ok((known.access.revision, verified?));
            }
        }
        let access = self.fetch_access(channel, now).await?;
        Ok((access.revision, verify(&access)?))
    }

    /// Fetches a channel's access from the upstream and caches it.
    async fn fetch_access(
        &self,
        channel: ChannelId,
        now: Timestamp,
    ) -> Result<Arc<Access>, RequestError> {
        let Some(access) = self.upstream.access(channel).await? else {
            self.cache.remove(channel);
            return Err(RequestError::NoSuchChannel);
        };
        let access = Arc::new(access);
        let known = CachedAccess {
            access: Arc::clone(&access),
            fetched: now,
        };
        self.cache.put(channel, known);
        Ok(access)
    }

    /// Applies one timeout to all calls of a request to the upstream.
    async fn in_time<T>(
        &self,
        calls: impl Future<Output = Result<T, RequestError>>,
    ) -> Result<T, RequestError> {
        tokio::time::timeout(self.router_timeout, calls)
            .await
            .map_err(|_elapsed| RequestError::Deadline)?
    }
}

/// Returns the request's span with its channel and the sender's trace.
fn span(route: Option<&Route>, headers: &HeaderMap) -> tracing::Span {
    let span = tracing::debug_span!(
        "request",
        channel = tracing::field::Empty,
        trace_id = tracing::field::Empty,
        parent_id = tracing::field::Empty,
    );
    if span.is_disabled() {
        return span;
    }
    if let Some(Route::Inbound(channel) | Route::Health(channel)) = route {
        span.record("channel", tracing::field::display(channel));
    }
    if let Some(parent) = trace::parent(headers) {
        span.record("trace_id", parent.trace);
        span.record("parent_id", parent.span);
    }
    span
}

/// Builds the error response and logs the cause. Neither contains the body or a confirmation code.
fn error_response(error: &RequestError) -> Response<Full<Bytes>> {
    let problem = Problem::from(error);
    let cause = if let RequestError::Rejected(rejection) = error {
        // Its sentence may contain an id of a person or a message.
        rejection.reason.code().to_owned()
    } else {
        bus::chain(error)
    };
    tracing::debug!(
        status = problem.status.as_u16(),
        code = problem.code,
        cause,
        "request refused"
    );
    metric::answered(problem.status.as_u16(), problem.code);
    problem.into_response()
}
