//! Sends replies, each once it is rendered, and feed events in log order. Runs off the loop.
//!
//! Queued messages depend on durable events only. While a queue is nearly full, the loop takes no more
//! requests, so that senders wait. What NATS does not take, because it is disconnected or too slow, is
//! dropped and counted: callers retry, and consoles catch up by `events.after`.

mod renders;

use bus::{Bus, Message};
use bytes::Bytes;
use chat::reason::Reason;
use chat::rejection::Rejection;
use serde::Serialize;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;

use crate::api::reply;
use crate::config::{OUTBOX_MAX, OUTBOX_ROOM, RENDERS_WAITING_MAX};
use crate::feed::FeedItem;
use crate::lease::Lease;
use crate::sealed_log::SealedLog;
use crate::view::Plan;
use renders::Renders;

/// The most feed events that are rendered as one job.
const FEED_BATCH_MAX: usize = 256;
/// The counter of dropped messages.
pub(crate) const DROPPED: &str = "switchboard_router_outbox_dropped_total";

/// The answer to a request.
pub(crate) enum Answer {
    /// To a role, encoded.
    Role(Bytes),
    /// To a user, without rendering.
    User(Result<Value, Rejection>),
    /// To a user, to be rendered with the log.
    Plan(Box<Plan>),
    /// The same with one more member.
    PlanWith(Box<Plan>, &'static str, Value),
    /// To a user: a rejection whose further details are to be rendered with the log.
    RejectionWith(Box<Plan>, Box<Rejection>),
}

impl Answer {
    /// An answer to a role.
    pub(crate) fn role<A: Serialize>(answer: &A) -> Self {
        Self::Role(chat::codec::encode(answer).into())
    }
}

/// A message for a sending task.
enum Outgoing {
    Reply(Message, Answer),
    Publish(String, Vec<u8>),
}

/// The queues to the tasks that send.
pub(crate) struct Outbox {
    direct: mpsc::Sender<Outgoing>,
    /// Answers that need the disk have a separate queue, so that others do not wait behind them.
    renders: mpsc::Sender<Outgoing>,
    feed: mpsc::Sender<Box<FeedItem>>,
}

impl Outbox {
    /// Starts the tasks. They end once this is dropped and the queues are empty.
    pub(crate) fn start(
        bus: &Bus,
        lease: &Lease,
        sealed_log: &SealedLog,
        subjects: &chat::subject::Subjects,
        tasks: &TaskTracker,
    ) -> Self {
        let sender = Sender {
            bus: bus.clone(),
            lease: lease.clone(),
        };
        let (direct, direct_queue) = mpsc::channel(OUTBOX_MAX);
        let (renders, render_queue) = mpsc::channel(RENDERS_WAITING_MAX);
        let (feed, feed_queue) = mpsc::channel(OUTBOX_MAX);
        for queue in [direct_queue, render_queue] {
            tasks.spawn(send_direct(sender.clone(), sealed_log.clone(), queue));
        }
        let subjects = subjects.clone();
        tasks.spawn(send_feed(sender, sealed_log.clone(), subjects, feed_queue));
        Self {
            direct,
            renders,
            feed,
        }
    }

    /// Whether there is room for what requests that are in progress release.
    pub(crate) fn has_room(&self) -> bool {
        has_room(&self.direct) && has_room(&self.feed)
    }

    /// Waits until [`has_room`](Self::has_room).
    pub(crate) async fn room(&self) {
        // A closed queue drops what it is given, so there is nothing to wait for.
        drop(self.direct.reserve_many(OUTBOX_ROOM).await);
        drop(self.feed.reserve_many(OUTBOX_ROOM).await);
    }

    /// Replies to a request.
    pub(crate) fn reply(&self, message: Message, answer: Answer) {
        let queue = match answer {
            Answer::Role(_) | Answer::User(_) => &self.direct,
            Answer::Plan(_) | Answer::PlanWith(..) | Answer::RejectionWith(..) => &self.renders,
        };
        // A dropped answer is not replaced by an error, because the command may have taken effect.
        put(queue, Outgoing::Reply(message, answer), "answer");
    }

    /// Publishes something that is not stored.
    pub(crate) fn publish(&self, subject: String, payload: Vec<u8>) {
        put(&self.direct, Outgoing::Publish(subject, payload), "answer");
    }

    /// Publishes an event, after those before it.
    pub(crate) fn feed(&self, item: Box<FeedItem>) {
        put(&self.feed, item, "feed");
    }
}

fn has_room<T>(queue: &mpsc::Sender<T>) -> bool {
    queue.capacity() >= OUTBOX_ROOM
}

fn put<T>(queue: &mpsc::Sender<T>, item: T, what: &'static str) {
    if queue.try_send(item).is_err() {
        metrics::counter!(DROPPED, "what" => what).increment(1);
    }
}

async fn send_direct(sender: Sender, sealed_log: SealedLog, mut queue: mpsc::Receiver<Outgoing>) {
    let mut renders = Renders::new(sender.clone(), sealed_log.clone());
    while let Some(outgoing) = queue.recv().await {
        match outgoing {
            Outgoing::Publish(subject, payload) => {
                sender.publish(subject, &[], payload.into()).await;
            }
            Outgoing::Reply(message, Answer::Role(bytes)) => {
                sender.respond(&message, &[], bytes).await;
            }
            Outgoing::Reply(message, Answer::User(answer)) => {
                respond(&sender, &message, answer).await;
            }
            Outgoing::Reply(message, Answer::Plan(plan)) => renders.start(message, plan).await,
            Outgoing::Reply(message, Answer::PlanWith(plan, name, value)) => {
                let answer = render(plan, sealed_log.clone()).await.map(|mut ok| {
                    if let Some(ok) = ok.as_object_mut() {
                        ok.insert(name.to_owned(), value);
                    }
                    ok
                });
                respond(&sender, &message, answer).await;
            }
            Outgoing::Reply(message, Answer::RejectionWith(plan, mut rejection)) => {
                if let Ok(Value::Object(details)) = render(plan, sealed_log.clone()).await {
                    rejection.details.extend(details);
                }
                respond(&sender, &message, Err(*rejection)).await;
            }
        }
    }
    renders.end().await;
}

async fn render(plan: Box<Plan>, sealed_log: SealedLog) -> Result<Value, Rejection> {
    let rendered = tokio::task::spawn_blocking(move || plan.render(&sealed_log)).await;
    rendered.map_err(|_| Reason::InternalError.into())
}

async fn respond(sender: &Sender, message: &Message, answer: Result<Value, Rejection>) {
    let (headers, payload) = match answer {
        Ok(ok) => (Vec::new(), reply::ok(&ok)),
        Err(rejection) => reply::error(&rejection),
    };
    let headers: Vec<(&str, &str)> = headers
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    sender.respond(message, &headers, payload.into()).await;
}

async fn send_feed(
    sender: Sender,
    sealed_log: SealedLog,
    subjects: chat::subject::Subjects,
    mut queue: mpsc::Receiver<Box<FeedItem>>,
) {
    let mut items = Vec::with_capacity(FEED_BATCH_MAX);
    while queue.recv_many(&mut items, FEED_BATCH_MAX).await > 0 {
        let batch = std::mem::take(&mut items);
        let (sealed_log, subjects) = (sealed_log.clone(), subjects.clone());
        let rendered = tokio::task::spawn_blocking(move || {
            let batch = batch.into_iter();
            let messages = batch.flat_map(|item| item.render(&sealed_log, &subjects));
            messages.collect::<Vec<_>>()
        });
        for (subject, headers, payload) in rendered.await.unwrap_or_default() {
            let headers: Vec<(&str, &str)> = headers
                .iter()
                .map(|(n, v)| (n.as_str(), v.as_str()))
                .collect();
            sender.publish(subject, &headers, payload.into()).await;
        }
    }
}

/// Sends while the lease is held: a message may have been queued before this process was paused, and
/// another session router may serve the workspace since.
#[derive(Clone)]
struct Sender {
    bus: Bus,
    lease: Lease,
}

impl Sender {
    async fn publish(&self, subject: String, headers: &[(&str, &str)], payload: Bytes) {
        if self.may_send() {
            report(self.bus.publish(subject, headers, payload).await);
        }
    }

    async fn respond(&self, message: &Message, headers: &[(&str, &str)], payload: Bytes) {
        if self.may_send() {
            report(self.bus.respond(message, headers, payload).await);
        }
    }

    fn may_send(&self) -> bool {
        let is_held = self.lease.is_held();
        if !is_held {
            tracing::debug!("message dropped: another session router may serve the workspace");
            metrics::counter!(DROPPED, "what" => "sending").increment(1);
        }
        is_held
    }
}

/// Counts messages that NATS did not accept.
fn report(outcome: Result<(), bus::Error>) {
    if let Err(error) = outcome {
        tracing::debug!(%error, "message dropped: NATS did not accept it");
        metrics::counter!(DROPPED, "what" => "sending").increment(1);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    async fn is_blocked(outbox: &Outbox) -> bool {
        let waiting = tokio::time::timeout(Duration::ZERO, outbox.room());
        waiting.await.is_err()
    }

    #[tokio::test]
    async fn a_nearly_full_queue_holds_requests_up_until_it_has_room() {
        let (direct, mut queue) = mpsc::channel(OUTBOX_MAX);
        let (renders, _renders) = mpsc::channel(1);
        let (feed, _feed) = mpsc::channel(OUTBOX_MAX);
        let outbox = Outbox {
            direct,
            renders,
            feed,
        };
        assert!(!is_blocked(&outbox).await);
        let mut count = 0;
        while outbox.has_room() {
            outbox.publish("subject".to_owned(), Vec::new());
            count += 1;
        }
        assert_eq!(count, OUTBOX_MAX - OUTBOX_ROOM + 1);
        assert!(is_blocked(&outbox).await);
        queue.recv().await.unwrap();
        assert!(!is_blocked(&outbox).await && outbox.has_room());
    }
}
