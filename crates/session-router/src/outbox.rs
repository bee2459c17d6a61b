//! What leaves the role, off the loop: answers, each as soon as its texts are read; and feed events,
//! one after the other in the order of the log.
//!
//! By the time something is put here it is durable. NATS carries hints: what does not fit, because
//! NATS is away or slow, is dropped and counted; callers ask again, consoles catch up.

use bus::{Bus, Message};
use bytes::Bytes;
use chat::rejection::Rejection;
use serde_json::Value;
use tokio::sync::{Semaphore, mpsc};
use tokio_util::task::TaskTracker;

use crate::api::reply;
use crate::config::{OUTBOX_MAX, RENDERS_WAITING_MAX};
use crate::feed::FeedItem;
use crate::library::Library;
use crate::view::Plan;

/// Answers whose texts are being read at once.
const RENDERS_MAX: usize = 8;
/// Feed events that are rendered in one go.
const FEED_BATCH_MAX: usize = 256;
/// The counter of what was dropped because the outbox was full.
pub(crate) const DROPPED: &str = "switchboard_router_outbox_dropped_total";

/// An answer or a publication that needs nothing more.
enum Letter {
    Bytes(Message, Bytes),
    Api(Message, Result<Value, Rejection>),
    Render(Message, Box<Plan>),
    RenderWith(Message, Box<Plan>, &'static str, Value),
    Publish(String, Vec<u8>),
}

/// The way out.
pub(crate) struct Outbox {
    letters: mpsc::Sender<Letter>,
    /// Letters that the disk is read for: an acknowledgement does not wait behind them.
    renders: mpsc::Sender<Letter>,
    feed: mpsc::Sender<Box<FeedItem>>,
}

impl Outbox {
    /// Starts the tasks, which end once this is dropped and what it held is sent.
    pub(crate) fn start(
        bus: &Bus,
        library: &Library,
        subjects: &chat::subject::Subjects,
        tasks: &TaskTracker,
    ) -> Self {
        let (letters, inbox) = mpsc::channel(OUTBOX_MAX);
        let (feed, events) = mpsc::channel(OUTBOX_MAX);
        let (renders, slow) = mpsc::channel(RENDERS_WAITING_MAX);
        tasks.spawn(send_letters(bus.clone(), library.clone(), inbox));
        tasks.spawn(send_letters(bus.clone(), library.clone(), slow));
        tasks.spawn(send_feed(
            bus.clone(),
            library.clone(),
            subjects.clone(),
            events,
        ));
        Self {
            letters,
            renders,
            feed,
        }
    }

    /// Answers a role.
    pub(crate) fn answer<A: serde::Serialize>(&self, message: Message, answer: &A) {
        self.put(Letter::Bytes(message, chat::codec::encode(answer).into()));
    }

    /// Answers a user with what is known already, or refuses.
    pub(crate) fn reply(&self, message: Message, answer: Result<Value, Rejection>) {
        self.put(Letter::Api(message, answer));
    }

    /// Answers a user, once the texts are read.
    pub(crate) fn render(&self, message: Message, plan: Box<Plan>) {
        self.put_slow(Letter::Render(message, plan));
    }

    /// The same with one more member.
    pub(crate) fn render_with(
        &self,
        message: Message,
        plan: Box<Plan>,
        name: &'static str,
        value: Value,
    ) {
        self.put_slow(Letter::RenderWith(message, plan, name, value));
    }

    /// Publishes something that is not stored.
    pub(crate) fn publish(&self, subject: String, payload: Vec<u8>) {
        self.put(Letter::Publish(subject, payload));
    }

    /// Publishes an event, after those before it.
    pub(crate) fn feed(&self, item: Box<FeedItem>) {
        if self.feed.try_send(item).is_err() {
            metrics::counter!(DROPPED, "what" => "feed").increment(1);
        }
    }

    fn put_slow(&self, letter: Letter) {
        // To say "unavailable" of a command that had its effect would be wrong: silence is in doubt.
        if self.renders.try_send(letter).is_err() {
            metrics::counter!(DROPPED, "what" => "answer").increment(1);
        }
    }

    fn put(&self, letter: Letter) {
        if self.letters.try_send(letter).is_err() {
            metrics::counter!(DROPPED, "what" => "answer").increment(1);
        }
    }
}

async fn send_letters(bus: Bus, library: Library, mut inbox: mpsc::Receiver<Letter>) {
    let renders = TaskTracker::new();
    let places = std::sync::Arc::new(Semaphore::new(RENDERS_MAX));
    while let Some(letter) = inbox.recv().await {
        match letter {
            Letter::Bytes(message, bytes) => report(bus.respond(&message, &[], bytes).await),
            Letter::Publish(subject, payload) => {
                report(bus.publish(subject, &[], payload.into()).await);
            }
            Letter::Api(message, answer) => respond(&bus, &message, answer).await,
            Letter::Render(message, plan) => {
                let Ok(place) = std::sync::Arc::clone(&places).acquire_owned().await else {
                    break;
                };
                let (bus, library) = (bus.clone(), library.clone());
                renders.spawn(async move {
                    let _place = place;
                    let answer = render(plan, library).await;
                    respond(&bus, &message, answer).await;
                });
            }
            Letter::RenderWith(message, plan, name, value) => {
                let answer = render(plan, library.clone()).await.map(|mut ok| {
                    if let Some(ok) = ok.as_object_mut() {
                        ok.insert(name.to_owned(), value);
                    }
                    ok
                });
                respond(&bus, &message, answer).await;
            }
        }
    }
    renders.close();
    renders.wait().await;
}

async fn render(plan: Box<Plan>, library: Library) -> Result<Value, Rejection> {
    tokio::task::spawn_blocking(move || plan.render(&library))
        .await
        .map_err(|_| {
            Rejection::new(
                chat::rejection::Code::Unavailable,
                "the answer could not be made; ask again",
            )
        })
}

async fn respond(bus: &Bus, message: &Message, answer: Result<Value, Rejection>) {
    let (headers, payload) = match answer {
        Ok(ok) => (Vec::new(), reply::ok(&ok)),
        Err(rejection) => reply::error(&rejection),
    };
    let headers: Vec<(&str, &str)> = headers
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    report(bus.respond(message, &headers, payload.into()).await);
}

async fn send_feed(
    bus: Bus,
    library: Library,
    subjects: chat::subject::Subjects,
    mut events: mpsc::Receiver<Box<FeedItem>>,
) {
    let mut items = Vec::with_capacity(FEED_BATCH_MAX);
    while events.recv_many(&mut items, FEED_BATCH_MAX).await > 0 {
        let (batch, library, subjects) = (
            std::mem::take(&mut items),
            library.clone(),
            subjects.clone(),
        );
        let rendered = tokio::task::spawn_blocking(move || {
            batch
                .into_iter()
                .flat_map(|item| item.render(&library, &subjects))
                .collect::<Vec<_>>()
        });
        for (subject, headers, payload) in rendered.await.unwrap_or_default() {
            let headers: Vec<(&str, &str)> = headers
                .iter()
                .map(|(n, v)| (n.as_str(), v.as_str()))
                .collect();
            report(bus.publish(subject, &headers, payload.into()).await);
        }
    }
}

/// NATS is away: whoever waits asks again, whoever listens catches up.
fn report(outcome: Result<(), bus::Error>) {
    if let Err(error) = outcome {
        tracing::debug!(error = %error, "could not be sent");
        metrics::counter!(DROPPED, "what" => "sending").increment(1);
    }
}
