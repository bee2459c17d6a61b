//! The NATS micro-service protocol (ADR-32): replies to discovery requests such as `nats micro list`.
//! The endpoints themselves are served by our own subscriptions.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chat::time::Timestamp;
use futures_util::StreamExt as _;
use futures_util::stream::SelectAll;
use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::bus::Bus;
use crate::clock;
use crate::error::Error;

/// The requests of the protocol, each with its subject token.
const VERBS: [(&str, Verb); 3] = [
    ("PING", Verb::Ping),
    ("INFO", Verb::Info),
    ("STATS", Verb::Stats),
];
/// The longest `last_error` that is kept, in characters.
const LAST_ERROR_CHARS_MAX: usize = 200;

/// The description of a role.
#[derive(Clone, Debug)]
pub struct ServiceInfo {
    /// The service's name, such as `switchboard-egress`: `[A-Za-z0-9_-]+`.
    pub name: String,
    /// The version (`SemVer`).
    pub version: String,
    /// One sentence for people.
    pub description: String,
    /// The subjects that it serves.
    pub endpoints: Vec<Endpoint>,
    /// When it started.
    pub started: Timestamp,
}

impl ServiceInfo {
    /// Describes a role of this version that starts now and has no endpoints yet.
    pub fn of_role(name: &str, description: impl Into<String>) -> Self {
        Self {
            name: name.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            description: description.into(),
            endpoints: Vec::new(),
            started: clock::now(),
        }
    }

    /// Adds an endpoint.
    #[must_use]
    pub fn endpoint(mut self, name: &str, subject: impl Into<String>, queue: Option<&str>) -> Self {
        self.endpoints.push(Endpoint {
            name: name.to_owned(),
            subject: subject.into(),
            queue: queue.map(ToOwned::to_owned),
        });
        self
    }
}

/// One subject that a service serves.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// The name for [`Service::count`]: `[A-Za-z0-9_-]+`.
    pub name: String,
    /// The subject.
    pub subject: String,
    /// The queue group, if any.
    pub queue: Option<String>,
}

#[derive(Clone, Copy, Debug)]
enum Verb {
    Ping,
    Info,
    Stats,
}

/// An announced service, until [`stop`](Self::stop) or the drop of the last clone.
#[derive(Clone, Debug)]
pub struct Service {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    id: String,
    counts: Arc<Mutex<Vec<Count>>>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

#[derive(Clone, Debug, Default)]
struct Count {
    endpoint: String,
    requests: u64,
    errors: u64,
    last_error: String,
    busy: Duration,
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Bus {
    /// Announces a service: it replies to `$SRV.PING`, `INFO` and `STATS` for all services, by name
    /// and by id.
    pub async fn announce(&self, info: ServiceInfo) -> Result<Service, Error> {
        for name in std::iter::once(&info.name).chain(info.endpoints.iter().map(|e| &e.name)) {
            check_name(name)?;
        }
        let id = self.unique();
        let mut requests = SelectAll::new();
        for (token, verb) in VERBS {
            for subject in [
                format!("$SRV.{token}"),
                format!("$SRV.{token}.{}", info.name),
                format!("$SRV.{token}.{}.{id}", info.name),
            ] {
                let messages = self.subscribe(&subject, None).await?;
                requests.push(Box::pin(futures_util::stream::unfold(
                    messages,
                    move |mut messages| async move {
                        messages.next().await.map(|m| ((verb, m), messages))
                    },
                )));
            }
        }
        let counts = Arc::new(Mutex::new(
            info.endpoints
                .iter()
                .map(|endpoint| Count {
                    endpoint: endpoint.name.clone(),
                    ..Count::default()
                })
                .collect(),
        ));
        let shared = Shared {
            id: id.clone(),
            counts: Arc::clone(&counts),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
        };
        let (bus, stop) = (self.clone(), shared.stop.clone());
        shared.tasks.spawn(async move {
            let serve = async {
                while let Some((verb, message)) = requests.next().await {
                    let reply = reply(verb, &info, &id, &snapshot(&counts));
                    let sent = bus.respond(&message, &[], reply.to_string().into()).await;
                    if let Err(error) = sent {
                        tracing::debug!(%error, "cannot reply to a service request");
                    }
                }
            };
            stop.run_until_cancelled(serve).await;
        });
        shared.tasks.close();
        Ok(Service {
            shared: Arc::new(shared),
        })
    }
}

impl Service {
    /// Returns the id of this instance.
    pub fn id(&self) -> &str {
        &self.shared.id
    }

    /// Counts one request to an endpoint, its duration and its error, if any. Ignores an endpoint that
    /// was not announced.
    pub fn count(&self, endpoint: &str, elapsed: Duration, error: Option<&str>) {
        let mut counts = self
            .shared
            .counts
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let Some(count) = counts.iter_mut().find(|c| c.endpoint == endpoint) else {
            return;
        };
        count.requests = count.requests.saturating_add(1);
        count.busy = count.busy.saturating_add(elapsed);
        if let Some(error) = error {
            count.errors = count.errors.saturating_add(1);
            count.last_error = error.chars().take(LAST_ERROR_CHARS_MAX).collect();
        }
    }

    /// Stops replying; returns when the last reply is sent.
    pub async fn stop(&self) {
        self.shared.stop.cancel();
        self.shared.tasks.wait().await;
    }
}

fn check_name(name: &str) -> Result<(), Error> {
    let good = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    if !name.is_empty() && name.bytes().all(good) {
        return Ok(());
    }
    Err(Error::ServiceName(name.to_owned()))
}

fn snapshot(counts: &Mutex<Vec<Count>>) -> Vec<Count> {
    counts
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone()
}

fn reply(verb: Verb, info: &ServiceInfo, id: &str, counts: &[Count]) -> Value {
    let mut answer = Map::new();
    for (name, value) in [
        ("name", info.name.as_str()),
        ("id", id),
        ("version", &info.version),
    ] {
        answer.insert(name.to_owned(), value.into());
    }
    answer.insert("metadata".to_owned(), json!({}));
    let kind = match verb {
        Verb::Ping => "io.nats.micro.v1.ping_response",
        Verb::Info => {
            answer.insert("description".to_owned(), info.description.as_str().into());
            let endpoints = info.endpoints.iter().map(described).collect::<Vec<_>>();
            answer.insert("endpoints".to_owned(), endpoints.into());
            "io.nats.micro.v1.info_response"
        }
        Verb::Stats => {
            answer.insert("started".to_owned(), info.started.to_string().into());
            let endpoints = info.endpoints.iter().zip(counts);
            let endpoints = endpoints.map(|(e, c)| counted(e, c)).collect::<Vec<_>>();
            answer.insert("endpoints".to_owned(), endpoints.into());
            "io.nats.micro.v1.stats_response"
        }
    };
    answer.insert("type".to_owned(), kind.into());
    answer.into()
}

fn described(endpoint: &Endpoint) -> Value {
    json!({
        "name": endpoint.name,
        "subject": endpoint.subject,
        "queue_group": endpoint.queue.as_deref().unwrap_or_default(),
        "metadata": {},
    })
}

fn counted(endpoint: &Endpoint, count: &Count) -> Value {
    let busy = u64::try_from(count.busy.as_nanos()).unwrap_or(u64::MAX);
    json!({
        "name": endpoint.name,
        "subject": endpoint.subject,
        "queue_group": endpoint.queue.as_deref().unwrap_or_default(),
        "num_requests": count.requests,
        "num_errors": count.errors,
        "last_error": count.last_error,
        "processing_time": busy,
        "average_processing_time": busy.checked_div(count.requests).unwrap_or(0),
    })
}
