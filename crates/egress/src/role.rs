//! The role's loop: receives requests, starts them within the limits and replies to each.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bus::{Bus, Message, Service, ServiceInfo, Subscription, clock};
use chat::codec;
use chat::reason::Reason;
use chat::rpc::{AttemptReply, AttemptRequest, Outcome};
use chat::subject::Subjects;
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::attempt::Attempts;
use crate::config::Config;
use crate::connector;
use crate::dialer::{Dialer, KEPT_MAX};
use crate::guard::Guard;
use crate::metric::{self, Metrics};
use crate::queue::{AttemptQueue, Limits};
use crate::replies::{Replies, ReplyTo, log_unsent};
use crate::resolver::Resolver;
use crate::target::Target;

/// The role's name among NATS services.
pub const SERVICE: &str = "switchboard-egress";
/// The queue group in which all egress instances of a workspace share the requests.
const QUEUE: &str = "egress";
/// The endpoint's name.
const ENDPOINT: &str = "attempt";
/// How long draining the subscription may take.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(1);

/// Why the role cannot start or continue.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The trusted certificates cannot be loaded.
    #[error("cannot load the certificates that egress trusts")]
    Trust(#[source] std::io::Error),
    /// The subscription failed.
    #[error("cannot subscribe to requests")]
    Bus(#[source] bus::Error),
    /// The bus was closed while the role was running.
    #[error("the bus closed while egress was running")]
    BusClosed,
    /// An attempt panicked, which is a bug.
    #[error("an attempt panicked")]
    Panicked(#[source] JoinError),
}

/// Serves attempts until `stop` is cancelled. Then it unsubscribes, replies to the waiting requests
/// that nothing was sent, and finishes the running attempts within [`Config::grace`].
pub async fn run(
    config: Config,
    bus: Bus,
    workspace: Subjects,
    stop: CancellationToken,
) -> Result<(), Error> {
    let tls = connector::tls(&config.trust).map_err(Error::Trust)?;
    let guard = Guard::new(config.allow);
    // Attempts that hang must not use up the connections that others keep.
    let kept = config.concurrency.get().saturating_add(KEPT_MAX);
    let dialer = Dialer::new(guard, Resolver::system(), kept);
    let subject = workspace.attempt();
    let mut subscription = bus
        .subscribe(&subject, Some(QUEUE))
        .await
        .map_err(Error::Bus)?;
    let info = ServiceInfo::of_role(SERVICE, "One HTTP attempt at a messenger's webhook").endpoint(
        ENDPOINT,
        subject,
        Some(QUEUE),
    );
    let service = bus.announce(info).await.map_err(Error::Bus)?;
    let mut role = Role {
        shared: Arc::new(Shared {
            attempts: Attempts::new(dialer, tls),
            metrics: Metrics::new(),
            bus,
            service,
        }),
        queue: AttemptQueue::new(Limits {
            running: config.concurrency.get(),
            running_per_host: config.per_host.get(),
            waiting: config.waiting,
        }),
        running: JoinSet::new(),
        repliers: TaskTracker::new(),
    };
    tracing::info!("egress started");
    let ended = role.serve(&mut subscription, &stop).await;
    role.shut_down(subscription, config.grace).await;
    tracing::info!("egress stopped");
    ended
}

struct Role {
    shared: Arc<Shared>,
    queue: AttemptQueue<Pending>,
    /// The running attempts; each returns its host.
    running: JoinSet<Arc<str>>,
    /// The tasks that send replies.
    repliers: TaskTracker,
}

struct Shared {
    attempts: Attempts,
    metrics: Metrics,
    bus: Bus,
    service: Service,
}

/// A decoded request, its target, and where its reply goes.
struct Pending {
    request: AttemptRequest,
    target: Parsed,
    reply: ReplyTo,
}

/// The target of a URL, or why it has none.
type Parsed = Result<Arc<Target>, Reason>;

/// The targets of the requests of a message, many of which go to the same URL.
#[derive(Default)]
struct Targets {
    /// The last URL, its target and its host.
    last: Option<(String, Parsed, Arc<str>)>,
}

impl Targets {
    /// The target of a URL and its host. Requests with an invalid URL share a host until they start, and
    /// then fail at once.
    fn of(&mut self, url: &str) -> (Parsed, Arc<str>) {
        if let Some((last, target, host)) = &self.last
            && last == url
        {
            return (target.clone(), Arc::clone(host));
        }
        let target = Target::parse(url).map(Arc::new);
        let host = target.as_ref().map(|target| target.host.to_string());
        let host: Arc<str> = host.unwrap_or_default().into();
        self.last = Some((url.to_owned(), target.clone(), Arc::clone(&host)));
        (target, host)
    }
}

impl Role {
    async fn serve(
        &mut self,
        requests: &mut Subscription,
        stop: &CancellationToken,
    ) -> Result<(), Error> {
        loop {
            let expiry = self.queue.until_next_expiry(clock::instant());
            tokio::select! {
                biased; // Stop first; then finished attempts, which free slots for new requests.
                () = stop.cancelled() => return Ok(()),
                Some(first) = self.running.join_next() => {
                    let more = std::iter::from_fn(|| self.running.try_join_next());
                    for ended in std::iter::once(first).chain(more) {
                        self.queue.end(&ended.map_err(Error::Panicked)?);
                    }
                }
                () = tokio::time::sleep(expiry.unwrap_or_default()), if expiry.is_some() => {
                    self.refuse_expired(clock::instant());
                }
                message = requests.next() => {
                    let message = message.ok_or(Error::BusClosed)?;
                    self.enqueue(message, clock::instant()).await;
                }
            }
            self.start();
        }
    }

    async fn enqueue(&mut self, message: Message, now: Instant) {
        for (host, pending) in self.pending(message).await {
            if let Err(pending) = self.queue.push(host, pending, now) {
                self.refuse(pending, Reason::EgressBusy);
            }
        }
    }

    /// Decodes the requests of a message, or refuses it.
    async fn pending(&self, message: Message) -> Vec<(Arc<str>, Pending)> {
        match codec::decode::<Vec<AttemptRequest>>(&message.payload) {
            Ok(requests) => {
                let (replies, sending) =
                    Replies::new(self.shared.bus.clone(), message, requests.len());
                self.repliers.spawn(sending);
                let (mut targets, requests) = (Targets::default(), requests.into_iter());
                let pending = |(request, reply): (AttemptRequest, ReplyTo)| {
                    let (target, host) = targets.of(&request.url);
                    let pending = Pending {
                        request,
                        target,
                        reply,
                    };
                    (host, pending)
                };
                requests.zip(replies).map(pending).collect()
            }
            Err(error) => {
                tracing::warn!(%error, "cannot decode attempt requests");
                self.shared
                    .service
                    .count(ENDPOINT, Duration::ZERO, Some("not attempts"));
                let reason = "not a list of AttemptRequest; run the same version everywhere";
                log_unsent(self.shared.bus.refuse(&message, 400, reason).await);
                Vec::new()
            }
        }
    }

    fn start(&mut self) {
        while let Some((host, pending)) = self.queue.start() {
            let shared = Arc::clone(&self.shared);
            self.running.spawn(async move {
                shared.attempt(pending).await;
                host
            });
        }
    }

    fn refuse_expired(&mut self, now: Instant) {
        while let Some(pending) = self.queue.pop_expired(now) {
            self.refuse(pending, Reason::EgressBusy);
        }
    }

    fn refuse(&self, pending: Pending, reason: Reason) {
        metric::turned_away();
        let failed = (Outcome::Failed(reason), None);
        self.shared.answer(pending.reply, Duration::ZERO, failed);
    }

    async fn shut_down(mut self, mut subscription: Subscription, grace: Duration) {
        for pending in self.queue.drain().collect::<Vec<_>>() {
            self.refuse(pending, Reason::EgressStopping);
        }
        let rest = async {
            log_unsent(subscription.drain().await);
            while let Some(message) = subscription.next().await {
                for (_, pending) in self.pending(message).await {
                    self.refuse(pending, Reason::EgressStopping);
                }
            }
        };
        // The timeout elapses only when NATS is disconnected.
        drop(tokio::time::timeout(DRAIN_TIMEOUT, rest).await);
        let finish = async { while self.running.join_next().await.is_some() {} };
        if tokio::time::timeout(grace, finish).await.is_err() {
            tracing::warn!(attempts = self.running.len(), "aborted running attempts");
        }
        self.running.shutdown().await;
        self.repliers.close();
        drop(tokio::time::timeout(DRAIN_TIMEOUT, self.repliers.wait()).await);
        self.shared.service.stop().await;
        if let Some(shared) = Arc::into_inner(self.shared) {
            shared.attempts.close().await;
        }
    }
}

impl Shared {
    async fn attempt(&self, pending: Pending) {
        let Pending {
            request,
            target,
            reply,
        } = pending;
        self.metrics.started();
        let started = clock::instant();
        let (outcome, old_code) = match target {
            Ok(target) => self.attempts.attempt(&target, request, clock::now()).await,
            Err(reason) => (Outcome::Failed(reason), None),
        };
        let elapsed = clock::instant().saturating_duration_since(started);
        self.metrics.ended(&outcome, elapsed);
        self.answer(reply, elapsed, (outcome, old_code));
    }

    fn answer(&self, to: ReplyTo, elapsed: Duration, (outcome, old_code): (Outcome, Option<bool>)) {
        let error = match &outcome {
            Outcome::Answered { .. } => None,
            Outcome::Failed(reason) => Some(reason.to_string()),
        };
        self.service.count(ENDPOINT, elapsed, error.as_deref());
        let ms = u32::try_from(elapsed.as_millis()).unwrap_or(u32::MAX);
        let reply = AttemptReply {
            ms,
            outcome,
            old_code,
        };
        to.send(&reply);
    }
}
