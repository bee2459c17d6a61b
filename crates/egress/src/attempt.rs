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
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::{self, HeaderValue};
use hyper::{Request, Response};
use hyper_util::client::legacy::{self, Client};
use hyper_util::rt::TokioTimer;
use rustls::ClientConfig;
use tokio::sync::Semaphore;
use tokio::time::Sleep;
use tokio_util::task::TaskTracker;

use crate::answer;
use crate::connector::Connector;
use crate::dialer::Dialer;
use crate::retry_after;
use crate::target::Target;
use crate::tracked::is_unanswered_reuse;

/// The `User-Agent` header.
const USER_AGENT: &str = concat!("Switchboard/", env!("CARGO_PKG_VERSION"));
/// How long an idle connection is kept: less than servers' usual 60 s, and long enough for a
/// conversation.
const IDLE_TIMEOUT: Duration = Duration::from_secs(20);
/// The most idle connections per host: as many as a session router has notices in flight to one channel,
/// so that none is made for a single request. [`KEPT_MAX`](crate::dialer::KEPT_MAX) bounds all of them.
const IDLE_PER_HOST_MAX: usize = 128;
/// The longest head of a response, in bytes.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// The most responses over [`ANSWER_BYTES_MAX`] that are read at once, which bounds their memory. Others
/// wait within their timeout, and are then truncated.
const LARGE_ANSWERS_MAX: usize = 32;
/// How long closing all connections may take.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// Makes attempts and reuses connections between them.
pub(crate) struct Attempts {
    client: Client<Connector, Full<Bytes>>,
    /// Makes a connection for each request.
    fresh: Client<Connector, Full<Bytes>>,
    tasks: TaskTracker,
    large_answers: Semaphore,
}

/// Tracks the HTTP client's tasks, so that closing can wait for them.
#[derive(Clone)]
struct TrackedTasks(TaskTracker);

impl<F: Future<Output: Send> + Send + 'static> hyper::rt::Executor<F> for TrackedTasks {
    fn execute(&self, task: F) {
        drop(self.0.spawn(task));
    }
}

impl Attempts {
    pub(crate) fn new(dialer: Dialer, tls: ClientConfig) -> Self {
        let tasks = TaskTracker::new();
        let connector = Connector::new(dialer, tls);
        let client = |kept_per_host| {
            Client::builder(TrackedTasks(tasks.clone()))
                .timer(TokioTimer::new())
                .pool_timer(TokioTimer::new())
                .pool_idle_timeout(IDLE_TIMEOUT)
                .pool_max_idle_per_host(kept_per_host)
                .http1_max_buf_size(HEAD_BYTES_MAX)
                // Retry on another connection when a kept one was closed before a byte was sent.
                .retry_canceled_requests(true)
                .build(connector.clone())
        };
        Self {
            client: client(IDLE_PER_HOST_MAX),
            fresh: client(0),
            tasks,
            large_answers: Semaphore::new(LARGE_ANSWERS_MAX),
        }
    }

    /// Sends the request, and within the same timeout the body with the old code if the messenger
    /// answers 401. Returns how the last of them ended, and whether it was accepted with the old code.
    pub(crate) async fn attempt(
        &self,
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
        let mut outcome = self.send(request, over.as_mut(), now).await;
        let is_old = repeat.is_some() && outcome.status() == Some(401);
        if let Some(repeat) = repeat.filter(|_| is_old) {
            outcome = self.send(repeat, over, now).await;
        }
        let accepted = matches!(outcome.status(), Some(200..=299));
        (outcome, (accepted && tells).then_some(is_old))
    }

    /// Sends a request once and reads the response. Once the head has arrived the messenger has
    /// answered: a body that is too long, too slow or incomplete is truncated.
    async fn send(
        &self,
        request: AttemptRequest,
        mut over: Pin<&mut Sleep>,
        now: Timestamp,
    ) -> Outcome {
        let (timeout_ms, is_profile) = (request.timeout_ms, request.is_profile);
        let post = match post(request, now) {
            Ok(post) => post,
            Err(reason) => return Outcome::Failed(reason),
        };
        let answered = tokio::select! {
            biased; // A response that has arrived counts even if the timeout has just elapsed.
            answered = self.request(post) => answered,
            () = &mut over => return Outcome::Failed(Reason::TimedOut { ms: timeout_ms }),
        };
        match answered {
            Ok(response) => self.read(response, is_profile, over, now).await,
            Err(error) => Outcome::Failed(explain(&error)),
        }
    }

    async fn read(
        &self,
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
                && let Some(Ok(frame)) = body.frame().await
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
    async fn request(
        &self,
        post: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, legacy::Error> {
        let again = post.clone();
        match self.client.request(post).await {
            Err(error) if is_unanswered_reuse(&error) => self.fresh.request(again).await,
            answered => answered,
        }
    }

    /// Closes every connection.
    pub(crate) async fn close(self) {
        drop((self.client, self.fresh));
        self.tasks.close();
        drop(tokio::time::timeout(CLOSE_TIMEOUT, self.tasks.wait()).await);
    }
}

fn post(request: AttemptRequest, now: Timestamp) -> Result<Request<Full<Bytes>>, Reason> {
    let target = Target::parse(&request.url)?;
    let unfit = |detail: String| Reason::InvalidAttempt { detail };
    let signed = signature::sign(&request.codes, &request.id, now, &request.body)
        .map_err(|error| unfit(error.to_string()))?;
    let mut post = Request::post(target.uri)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT_ENCODING, "identity")
        .header(header::USER_AGENT, USER_AGENT)
        .header("webhook-id", signed.id)
        .header("webhook-timestamp", signed.timestamp);
    if !request.codes.is_empty() {
        post = post.header("webhook-signature", signed.signature);
    }
    post.body(Full::from(request.body))
        .map_err(|error| unfit(error.to_string()))
}

fn explain(error: &legacy::Error) -> Reason {
    let cause = std::error::Error::source(error);
    if let Some(reason) = cause.and_then(|cause| cause.downcast_ref::<Reason>()) {
        return reason.clone();
    }
    let broken = |detail: &dyn std::error::Error| Reason::ConnectionBroken {
        detail: detail.to_string(),
    };
    match cause.and_then(|cause| cause.downcast_ref::<hyper::Error>()) {
        Some(error) if error.is_parse() => Reason::NotHttp,
        Some(error) if error.is_incomplete_message() || error.is_closed() => {
            Reason::ConnectionClosed
        }
        Some(error) => std::error::Error::source(error).map_or_else(|| broken(error), broken),
        None => broken(error),
    }
}
