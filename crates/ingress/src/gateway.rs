//! One request, from its head to its answer, without a socket.

use std::sync::Arc;

use bytes::Bytes;
use chat::id::ChannelId;
use chat::rpc::{Access, HealthReply, HealthRequest, InboundReply, InboundRequest};
use chat::time::Timestamp;
use governor::clock::DefaultClock;
use http_body_util::Full;
use hyper::body::Body;
use hyper::{HeaderMap, Request, Response};
use tracing::Instrument as _;

use crate::access::{Known, Memory, RECHECK_AFTER};
use crate::body::Reader;
use crate::config::Config;
use crate::problem::Problem;
use crate::proof::Unverified;
use crate::rate::Rates;
use crate::refusal::Refusal;
use crate::routes::{Route, route};
use crate::upstream::Upstream;
use crate::{answer, media, metric, trace};

/// The HTTP gateway in front of an upstream. It keeps only what can be forgotten: which codes a
/// channel has, and how much it sent in the last seconds.
pub struct Gateway<U> {
    upstream: U,
    reader: Reader,
    memory: Memory,
    rates: Rates,
    router_timeout: std::time::Duration,
}

impl<U> std::fmt::Debug for Gateway<U> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Gateway(..)")
    }
}

impl<U: Upstream> Gateway<U> {
    /// A gateway with these limits; those of connections are for [`serve`](crate::serve).
    pub fn new(config: &Config, upstream: U) -> Self {
        Self {
            upstream,
            reader: Reader::new(config.body_timeout, config.large_bodies_max),
            memory: Memory::default(),
            rates: Rates::new(config.rate, DefaultClock::default()),
            router_timeout: config.router_timeout,
        }
    }

    /// Answers one request that came at this time. It always answers, and always in bounded time.
    pub async fn handle<B>(&self, request: Request<B>, now: Timestamp) -> Response<Full<Bytes>>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let (head, body) = request.into_parts();
        let found = route(&head.method, head.uri.path());
        let span = span(found.as_ref().ok(), &head.headers);
        let served = async {
            match found? {
                Route::Say(channel) => self.say(channel, &head.headers, body, now).await,
                Route::Health(channel) => self.health(channel, &head.headers, now).await,
            }
        };
        match served.instrument(span.clone()).await {
            Ok(response) => {
                metric::answered(response.status().as_u16(), metric::OK);
                response
            }
            Err(refusal) => span.in_scope(|| refuse(&refusal)),
        }
    }

    /// Drops what has not been used for a while. For a caller with a timer.
    pub(crate) fn tidy(&self) {
        self.rates.tidy();
    }

    async fn say<B>(
        &self,
        channel: ChannelId,
        headers: &HeaderMap,
        body: B,
        now: Timestamp,
    ) -> Result<Response<Full<Bytes>>, Refusal>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        media::check(headers)?;
        let body = self.reader.read(body).await?;
        let sent = Unverified::new(headers, body.bytes.clone());
        answer::inbound(self.in_time(self.pass_on(channel, &sent, now)).await?)
    }

    async fn pass_on(
        &self,
        channel: ChannelId,
        sent: &Unverified,
        now: Timestamp,
    ) -> Result<InboundReply, Refusal> {
        let verify = |access: &Access| sent.verify(access, now);
        let (revision, verified) = self.believe(channel, now, verify).await?;
        let inbound = verified.read()?;
        self.rates.admit(channel)?;
        let request = |revision, inbound| InboundRequest {
            channel,
            revision,
            inbound,
        };
        let reply = self.upstream.inbound(request(revision, inbound)).await?;
        if reply != InboundReply::Stale {
            return Ok(reply);
        }
        let access = self.ask_access(channel, now).await?;
        let inbound = verify(&access)?.read()?;
        Ok(self
            .upstream
            .inbound(request(access.revision, inbound))
            .await?)
    }

    async fn health(
        &self,
        channel: ChannelId,
        headers: &HeaderMap,
        now: Timestamp,
    ) -> Result<Response<Full<Bytes>>, Refusal> {
        // The signature is over an empty body; one that was sent is not read.
        let sent = Unverified::new(headers, Bytes::new());
        answer::health(self.in_time(self.look_up(channel, &sent, now)).await?)
    }

    async fn look_up(
        &self,
        channel: ChannelId,
        sent: &Unverified,
        now: Timestamp,
    ) -> Result<HealthReply, Refusal> {
        let verify = |access: &Access| Ok(sent.verify_signature(access, now)?);
        let (revision, ()) = self.believe(channel, now, verify).await?;
        self.rates.admit(channel)?;
        let request = |revision| HealthRequest { channel, revision };
        let reply = self.upstream.health(request(revision)).await?;
        if reply != HealthReply::Stale {
            return Ok(reply);
        }
        let access = self.ask_access(channel, now).await?;
        verify(&access)?;
        Ok(self.upstream.health(request(access.revision)).await?)
    }

    /// Checks a request's proof against what is known of the channel. A proof that fails against
    /// something remembered may be made with a code that is newer than the memory, so it is checked
    /// once more against a fresh answer.
    async fn believe<T>(
        &self,
        channel: ChannelId,
        now: Timestamp,
        verify: impl Fn(&Access) -> Result<T, Refusal>,
    ) -> Result<(u32, T), Refusal> {
        if let Some(known) = self.memory.get(channel, now) {
            let verified = verify(&known.access);
            let is_old = now.since(known.asked) >= RECHECK_AFTER;
            if !(is_old && matches!(verified, Err(Refusal::Untrusted(_)))) {
                return Ok((known.access.revision, verified?));
            }
        }
        let access = self.ask_access(channel, now).await?;
        Ok((access.revision, verify(&access)?))
    }

    /// Asks the upstream for a channel's access, and remembers the answer.
    async fn ask_access(&self, channel: ChannelId, now: Timestamp) -> Result<Arc<Access>, Refusal> {
        let Some(access) = self.upstream.access(channel).await? else {
            self.memory.remove(channel);
            return Err(Refusal::NoSuchChannel);
        };
        let access = Arc::new(access);
        let known = Known {
            access: Arc::clone(&access),
            asked: now,
        };
        self.memory.put(channel, known);
        Ok(access)
    }

    /// One bound for all that a request asks of the upstream.
    async fn in_time<T>(
        &self,
        asked: impl Future<Output = Result<T, Refusal>>,
    ) -> Result<T, Refusal> {
        tokio::time::timeout(self.router_timeout, asked)
            .await
            .map_err(|_elapsed| Refusal::Deadline)?
    }
}

/// The request's span: which channel, and which trace of the sender.
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
    if let Some(Route::Say(channel) | Route::Health(channel)) = route {
        span.record("channel", tracing::field::display(channel));
    }
    if let Some(parent) = trace::parent(headers) {
        span.record("trace_id", parent.trace);
        span.record("parent_id", parent.span);
    }
    span
}

/// Says no: the sender sees the problem, our log sees the cause. Neither sees the body or a code.
fn refuse(refusal: &Refusal) -> Response<Full<Bytes>> {
    let problem = Problem::from(refusal);
    tracing::debug!(
        status = problem.status.as_u16(),
        code = problem.code,
        cause = ?chain(refusal),
        "request refused"
    );
    metric::answered(problem.status.as_u16(), problem.code);
    problem.into_response()
}

/// An error and what caused it, each in its own words.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}
