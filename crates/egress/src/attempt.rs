//! One HTTP POST and its outcome.

#[cfg(test)]
mod tests;

use std::pin::{Pin, pin};
use std::time::Duration;

use bytes::Bytes;
use chat::messenger::lenient;
use chat::reason::Reason;
use chat::rpc::{ANSWER_BYTES_MAX, ATTEMPT_TIMEOUT_MS, AttemptRequest, Outcome, PROFILE_BYTES_MAX};
use chat::signature;
use chat::time::Timestamp;
use http_body_util::Full;
use hyper::body::{Body as _, Incoming};
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::{Method, Response};
use rustls::ClientConfig;
use tokio::sync::Semaphore;
use tokio::time::Sleep;

use crate::answer;
use crate::connection::{Connection, Post};
use crate::connector::Connector;
use crate::dialer::Dialer;
use crate::pool::Pool;
use crate::retry_after;
use crate::target::Target;

/// The `User-Agent` header.
const USER_AGENT: &str = concat!("Switchboard/", env!("CARGO_PKG_VERSION"));
/// The headers of a signed request.
const WEBHOOK_ID: HeaderName = HeaderName::from_static("webhook-id");
const WEBHOOK_TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
const WEBHOOK_SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");
/// The number of headers of a request, with the length that the HTTP library adds.
const HEADERS_MAX: usize = 8;
/// The most responses over [`ANSWER_BYTES_MAX`] that are read at once, which bounds their memory. Others
/// wait within their timeout, and are then truncated.
const LARGE_ANSWERS_MAX: usize = 32;
/// Makes attempts and reuses connections between them.
pub(crate) struct Attempts {
    pool: Pool,
    large_answers: Semaphore,
}

/// A signed request, which may be sent twice.
struct Signed<'a> {
    target: &'a Target,
    id: HeaderValue,
    timestamp: HeaderValue,
    /// `None` without a code.
    signature: Option<HeaderValue>,
    body: Bytes,
}

impl Attempts {
    /// Needs a runtime.
    pub(crate) fn new(dialer: Dialer, tls: ClientConfig) -> Self {
        Self {
            pool: Pool::new(Connector::new(dialer, tls)),
            large_answers: Semaphore::new(LARGE_ANSWERS_MAX),
        }
    }

    /// Sends the request, and within the same timeout the body with the old code if the messenger
    /// answers 401. Returns how the last of them ended, and whether it was accepted with the old code.
    pub(crate) async fn attempt(
        &self,
        target: &Target,
        mut request: AttemptRequest,
        now: Timestamp,
    ) -> (Outcome, Option<bool>) {
        request.timeout_ms = request.timeout_ms.min(ATTEMPT_TIMEOUT_MS);
        let timeout = Duration::from_millis(request.timeout_ms.into());
        let mut over = pin!(tokio::time::sleep(timeout));
        // A request that is signed with two codes and has no token does not tell which one is known.
        let tells = request.old_body.is_some() || request.codes.len() <= 1;
        let repeat = request.old_body.take().map(|body| AttemptRequest {
            url: request.url.clone(),
            id: request.id.clone(),
            codes: request.codes.clone(),
            body,
            old_body: None,
            timeout_ms: request.timeout_ms,
            is_profile: request.is_profile,
        });
        let mut outcome = self.send(target, request, over.as_mut(), now).await;
        let is_old = repeat.is_some() && outcome.status() == Some(401);
        if let Some(repeat) = repeat.filter(|_| is_old) {
            outcome = self.send(target, repeat, over, now).await;
        }
        let accepted = matches!(outcome.status(), Some(200..=299));
        (outcome, (accepted && tells).then_some(is_old))
    }

    /// Sends a request once and reads the response. Once the head has arrived the messenger has
    /// answered: a body that is too long, too slow or incomplete is truncated.
    async fn send(
        &self,
        target: &Target,
        request: AttemptRequest,
        mut over: Pin<&mut Sleep>,
        now: Timestamp,
    ) -> Outcome {
        let (timeout_ms, is_profile) = (request.timeout_ms, request.is_profile);
        let signed = match Signed::new(target, request, now) {
            Ok(signed) => signed,
            Err(reason) => return Outcome::Failed(reason),
        };
        let answered = tokio::select! {
            biased; // A response that has arrived counts even if the timeout has just elapsed.
            answered = self.request(&signed) => answered,
            () = &mut over => return Outcome::Failed(Reason::TimedOut { ms: timeout_ms }),
        };
        match answered {
            Ok((mut connection, response)) => {
                let outcome = self.read(&mut connection, response, is_profile, over, now);
                let outcome = outcome.await;
                self.pool.keep(&target.origin, connection);
                outcome
            }
            Err(reason) => Outcome::Failed(reason),
        }
    }

    async fn read(
        &self,
        connection: &mut Connection,
        response: Response<Incoming>,
        is_profile: bool,
        over: Pin<&mut Sleep>,
        now: Timestamp,
    ) -> Outcome {
        let (head, mut body) = response.into_parts();
        let is_profile = is_profile && head.status.is_success();
        let bytes_max = if is_profile {
            PROFILE_BYTES_MAX
        } else {
            ANSWER_BYTES_MAX
        };
        let retry_after = head
            .headers
            .get(header::RETRY_AFTER)
            .and_then(|value| HeaderValue::to_str(value).ok())
            .and_then(|value| retry_after::seconds(value, now));
        let (mut answer, mut place) = (Vec::new(), None);
        let reading = async {
            while answer.len() < bytes_max
                && !body.is_end_stream()
                && let Some(frame) = connection.frame(&mut body).await
            {
                let Some(data) = frame.data_ref() else {
                    continue;
                };
                if place.is_none() && answer.len() + data.len() > ANSWER_BYTES_MAX && is_profile {
                    place = self.large_answers.acquire().await.ok();
                }
                let room = bytes_max - answer.len();
                answer.extend(data.iter().take(room));
            }
            if place.is_none() && is_profile && answer::is_gzip(&answer) {
                place = self.large_answers.acquire().await.ok();
            }
        };
        tokio::select! {
            biased; // As above.
            () = reading => {}
            () = over => {}
        }
        // Without a place, a large profile is truncated.
        let bytes_max = if place.is_some() {
            bytes_max
        } else {
            ANSWER_BYTES_MAX
        };
        answer = answer::plain(answer, bytes_max);
        if is_profile {
            answer = lenient::reduced(&answer);
        }
        Outcome::Answered {
            status: head.status.as_u16(),
            retry_after,
            answer,
        }
    }

    /// Sends a request, and again on a fresh connection if the messenger closed a kept one just then.
    /// Returns the connection that the response comes on.
    async fn request(
        &self,
        signed: &Signed<'_>,
    ) -> Result<(Connection, Response<Incoming>), Reason> {
        let target = signed.target;
        let (mut post, mut is_repeated) = (signed.post(), false);
        while let Some(mut kept) = self.pool.take(&target.origin) {
            let mut error = match kept.send(post).await {
                Ok(response) => return Ok((kept, response)),
                Err(error) => error,
            };
            match error.take_message() {
                Some(unsent) => post = unsent,
                None if kept.is_unanswered_reuse() => {
                    (post, is_repeated) = (signed.post(), true);
                    break;
                }
                None => return Err(explain(error.error())),
            }
        }
        let mut fresh = self.pool.connect(target.uri.clone()).await?;
        if is_repeated {
            // This messenger may close every connection after its first request.
            fresh.close_after_request();
        }
        match fresh.send(post).await {
            Ok(response) => Ok((fresh, response)),
            Err(error) => Err(explain(error.error())),
        }
    }

    /// Closes every connection.
    pub(crate) async fn close(self) {
        self.pool.close().await;
    }
}

impl<'a> Signed<'a> {
    fn new(target: &'a Target, request: AttemptRequest, now: Timestamp) -> Result<Self, Reason> {
        let unfit = |detail: String| Reason::InvalidAttempt { detail };
        let signed = signature::sign(&request.codes, &request.id, now, &request.body)
            .map_err(|error| unfit(error.to_string()))?;
        let value =
            |text: String| HeaderValue::try_from(text).map_err(|error| unfit(error.to_string()));
        let signature = (!request.codes.is_empty()).then_some(signed.signature);
        Ok(Self {
            target,
            id: value(signed.id)?,
            timestamp: value(signed.timestamp)?,
            signature: signature.map(value).transpose()?,
            body: request.body.into(),
        })
    }

    fn post(&self) -> Post {
        const JSON: HeaderValue = HeaderValue::from_static("application/json");
        const IDENTITY: HeaderValue = HeaderValue::from_static("identity");
        const US: HeaderValue = HeaderValue::from_static(USER_AGENT);
        let mut post = Post::new(Full::from(self.body.clone()));
        *post.method_mut() = Method::POST;
        *post.uri_mut() = self.target.path.clone();
        let headers = post.headers_mut();
        headers.reserve(HEADERS_MAX);
        headers.insert(header::HOST, self.target.host_header.clone());
        headers.insert(header::CONTENT_TYPE, JSON);
        headers.insert(header::ACCEPT_ENCODING, IDENTITY);
        headers.insert(header::USER_AGENT, US);
        headers.insert(WEBHOOK_ID, self.id.clone());
        headers.insert(WEBHOOK_TIMESTAMP, self.timestamp.clone());
        if let Some(signature) = &self.signature {
            headers.insert(WEBHOOK_SIGNATURE, signature.clone());
        }
        post
    }
}

fn explain(error: &hyper::Error) -> Reason {
    let broken = |detail: &dyn std::error::Error| Reason::ConnectionBroken {
        detail: detail.to_string(),
    };
    if error.is_parse() {
        Reason::NotHttp
    } else if error.is_incomplete_message() || error.is_closed() {
        Reason::ConnectionClosed
    } else {
        std::error::Error::source(error).map_or_else(|| broken(error), broken)
    }
}
