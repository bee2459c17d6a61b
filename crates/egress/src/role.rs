//! The role's loop: take requests, let them start when they may, answer each.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bus::{Bus, Endpoint, Message, Service, ServiceInfo, Subscription};
use chat::codec;
use chat::reason::Reason;
use chat::rpc::{AttemptReply, AttemptRequest, Outcome};
use chat::subject::Subjects;
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::attempt::Attempts;
use crate::config::Config;
use crate::connector;
use crate::dialer::{Dialer, KEPT_MAX};
use crate::guard::Guard;
use crate::lanes::{Lanes, Limits};
use crate::resolver::Resolver;
use crate::target::Target;
use crate::{clock, metric};

/// The name that NATS's service protocol knows the role by.
pub const SERVICE: &str = "switchboard-egress";
/// The queue group that all egress roles of a workspace share the requests in.
const QUEUE: &str = "egress";
/// The endpoint's name.
const ENDPOINT: &str = "attempt";
/// How long leaving the subscription may take.
const LEAVE_TIMEOUT: Duration = Duration::from_secs(1);

/// Why the role cannot start or go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The authorities to believe cannot be loaded.
    #[error("cannot load the certificates that egress trusts")]
    Trust(#[source] std::io::Error),
    /// The bus does not let us listen.
    #[error("cannot take requests from the bus")]
    Bus(#[source] bus::Error),
    /// The bus was closed while we listened.
    #[error("the bus closed while egress was running")]
    BusClosed,
    /// An attempt panicked: a bug.
    #[error("an attempt panicked")]
    Panicked(#[source] JoinError),
}

/// Serves attempts until `stop` is cancelled: then it takes no more, tells who waits that nothing
/// was sent, and finishes what runs within [`Config::grace`].
pub async fn run(
    config: Config,
    bus: Bus,
    workspace: Subjects,
    stop: CancellationToken,
) -> Result<(), Error> {
    let tls = connector::tls(&config.trust).map_err(Error::Trust)?;
    let guard = Guard::new(config.allow);
    let dialer = Dialer::new(guard, Resolver::system(), KEPT_MAX);
    let subject = workspace.attempt();
    let mut subscription = bus
        .subscribe(&subject, Some(QUEUE))
        .await
        .map_err(Error::Bus)?;
    let service = bus
        .announce(announcement(subject))
        .await
        .map_err(Error::Bus)?;
    let mut role = Role {
        shared: Arc::new(Shared {
            attempts: Attempts::new(dialer, tls),
            bus,
            service,
        }),
        lanes: Lanes::new(Limits {
            running: config.concurrency.get(),
            running_per_host: config.per_host.get(),
            waiting: config.waiting,
        }),
        running: JoinSet::new(),
    };
    tracing::info!("egress takes requests");
    let ended = role.serve(&mut subscription, &stop).await;
    role.leave(subscription, config.grace).await;
    tracing::info!("egress has stopped");
    ended
}

fn announcement(subject: String) -> ServiceInfo {
    ServiceInfo {
        name: SERVICE.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        description: "One HTTP attempt at a messenger's webhook".to_owned(),
        endpoints: vec![Endpoint {
            name: ENDPOINT.to_owned(),
            subject,
            queue: Some(QUEUE.to_owned()),
        }],
        started: clock::now(),
    }
}

struct Role {
    shared: Arc<Shared>,
    lanes: Lanes<Asked>,
    /// Each ends with the host that it ran at.
    running: JoinSet<String>,
}

struct Shared {
    attempts: Attempts,
    bus: Bus,
    service: Service,
}

/// A request that was understood, and where its answer goes.
struct Asked {
    message: Message,
    request: AttemptRequest,
}

impl Role {
    async fn serve(
        &mut self,
        requests: &mut Subscription,
        stop: &CancellationToken,
    ) -> Result<(), Error> {
        loop {
            let patience = self.lanes.patience(clock::instant());
            tokio::select! {
                biased; // To stop comes first, and who is done makes room for who comes.
                () = stop.cancelled() => return Ok(()),
                Some(ended) = self.running.join_next() => {
                    self.lanes.end(&ended.map_err(Error::Panicked)?);
                }
                () = tokio::time::sleep(patience.unwrap_or_default()), if patience.is_some() => {
                    self.turn_away_late(clock::instant()).await;
                }
                message = requests.next() => {
                    let message = message.ok_or(Error::BusClosed)?;
                    self.take(message, clock::instant()).await;
                }
            }
            self.start();
        }
    }

    async fn take(&mut self, message: Message, now: Instant) {
        let request = match codec::decode::<AttemptRequest>(&message.payload) {
            Ok(request) => request,
            Err(error) => {
                tracing::warn!(%error, "a request is not one for an attempt");
                self.shared
                    .service
                    .count(ENDPOINT, Duration::ZERO, Some("not an attempt"));
                let words = "not an AttemptRequest; run the same version everywhere";
                return told(self.shared.bus.refuse(&message, 400, words).await);
            }
        };
        // What cannot be spoken to fails at once, and shares a lane until then.
        let host = Target::parse(&request.url)
            .map(|t| t.host.to_string())
            .unwrap_or_default();
        if let Err(asked) = self.lanes.push(host, Asked { message, request }, now) {
            self.turn_away(asked, Reason::EgressBusy).await;
        }
    }

    fn start(&mut self) {
        while let Some((host, asked)) = self.lanes.start() {
            let shared = Arc::clone(&self.shared);
            self.running.spawn(async move {
                shared.attempt(asked).await;
                host
            });
        }
    }

    async fn turn_away_late(&mut self, now: Instant) {
        while let Some(asked) = self.lanes.expired(now) {
            self.turn_away(asked, Reason::EgressBusy).await;
        }
    }

    async fn turn_away(&self, asked: Asked, reason: Reason) {
        metric::turned_away();
        self.shared
            .answer(&asked.message, Duration::ZERO, Outcome::Failed(reason))
            .await;
    }

    async fn leave(mut self, mut subscription: Subscription, grace: Duration) {
        for asked in self.lanes.dismiss().collect::<Vec<_>>() {
            self.turn_away(asked, Reason::EgressStopping).await;
        }
        let rest = async {
            told(subscription.drain().await);
            while let Some(message) = subscription.next().await {
                if let Ok(request) = codec::decode(&message.payload) {
                    self.turn_away(Asked { message, request }, Reason::EgressStopping)
                        .await;
                }
            }
        };
        // It takes this long only when NATS is away.
        drop(tokio::time::timeout(LEAVE_TIMEOUT, rest).await);
        let finish = async { while self.running.join_next().await.is_some() {} };
        if tokio::time::timeout(grace, finish).await.is_err() {
            tracing::warn!(attempts = self.running.len(), "attempts are cut off");
        }
        self.running.shutdown().await;
        self.shared.service.stop().await;
        if let Some(shared) = Arc::into_inner(self.shared) {
            shared.attempts.close().await;
        }
    }
}

impl Shared {
    async fn attempt(&self, asked: Asked) {
        let Asked { message, request } = asked;
        metric::started();
        let started = clock::instant();
        let outcome = self.attempts.attempt(request, clock::now()).await;
        let elapsed = clock::instant().saturating_duration_since(started);
        metric::ended(&outcome, elapsed);
        self.answer(&message, elapsed, outcome).await;
    }

    async fn answer(&self, message: &Message, elapsed: Duration, outcome: Outcome) {
        let error = match &outcome {
            Outcome::Answered { .. } => None,
            Outcome::Failed(reason) => Some(reason.to_string()),
        };
        self.service.count(ENDPOINT, elapsed, error.as_deref());
        let ms = u32::try_from(elapsed.as_millis()).unwrap_or(u32::MAX);
        told(
            self.bus
                .answer(message, &AttemptReply { ms, outcome })
                .await,
        );
    }
}

/// An answer that cannot be sent is as good as lost: who asked finds out by its own bound.
fn told(result: Result<(), bus::Error>) {
    if let Err(error) = result {
        tracing::warn!(%error, "an asker gets no answer");
    }
}
