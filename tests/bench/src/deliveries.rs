//! Measures operators' messages to webhooks: how many a second, how long one takes, and whether channels
//! that hang delay others.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chat::secret::Secret;
use serde_json::json;
use tokio::task::JoinSet;

use crate::broker::{Broker, User};
use crate::clock::instant;
use crate::figures::{Budget, percentiles, row};
use crate::gateway::CODE;
use crate::load;
use crate::options::Options;
use crate::process::switchboard;
use crate::table::percentile;
use crate::webhook::Webhook;

/// The channels, and the open chats of each.
const CHANNELS: u64 = 20;
const CHATS: u64 = 50;
/// How long the messenger takes to answer.
const ANSWER: Duration = Duration::from_millis(5);
/// The connections of the operator, and the messages that are sent at a time.
const CONNECTIONS: usize = 4;
const SENDERS: usize = 256;
/// How long the last messages may take.
const LIMIT: Duration = Duration::from_mins(2);
/// The messages that are sent one by one, and the time between them.
const SINGLE: u64 = 300;
const PAUSE: Duration = Duration::from_millis(20);
/// The channels whose messenger hangs.
const HANGING: u64 = 300;
/// Longer than any attempt: it never answers.
const NEVER: Duration = Duration::from_hours(1);

pub(crate) async fn measure(options: &Options) {
    let mut broker = Broker::init(switchboard()).await;
    broker.up().await;
    let code = Secret::new(CODE);
    let mut webhook = Webhook::start_delayed(&code, ANSWER).await;
    let desk = Desk::open(&broker).await;
    let mut sessions = Vec::new();
    for channel in 0..CHANNELS {
        sessions.extend(desk.channel(channel, &webhook, CHATS).await);
    }
    println!();
    throughput(&desk, &sessions, &webhook, options.slice).await;
    while webhook.messages.try_recv().is_ok() {}
    let alone = one_by_one(&desk.olga, &sessions[0], &mut webhook).await;
    percentiles(
        "one at a time, until the webhook has it",
        alone.clone(),
        5.0,
    );

    let hanging = Webhook::start_delayed(&code, NEVER).await;
    for channel in CHANNELS..CHANNELS + HANGING {
        for session in desk.channel(channel, &hanging, 1).await {
            let args = message(&session, 0);
            desk.olga.call("messages.send", &args).await;
        }
    }
    let others = one_by_one(&desk.olga, &sessions[0], &mut webhook).await;
    let more = percentile(others.clone(), 99) - percentile(alone, 99);
    percentiles("the same, while 300 channels hang", others, 105.0);
    row(
        "more than alone, p99",
        more,
        "ms",
        Some(Budget::AtMost(100.0)),
    );
    broker.stop().await;
}

/// Sends as much as the broker takes, and waits until the webhook has all of it.
async fn throughput(desk: &Desk<'_>, sessions: &[String], webhook: &Webhook, during: Duration) {
    let mut olga = Vec::new();
    for _ in 0..CONNECTIONS {
        olga.push(Arc::new(desk.broker.user("olga").await));
    }
    let sent = Arc::new(AtomicU64::new(0));
    let (begin, before) = (instant(), webhook.deliveries());
    let cpu = desk.broker.tree().cpu();
    let mut senders = JoinSet::new();
    for nth in 0..SENDERS {
        let own: Vec<String> = sessions
            .iter()
            .skip(nth)
            .step_by(SENDERS)
            .cloned()
            .collect();
        let (olga, sent) = (Arc::clone(&olga[nth % CONNECTIONS]), Arc::clone(&sent));
        senders.spawn(async move {
            for session in own.iter().cycle() {
                if begin.elapsed() >= during {
                    return;
                }
                let number = sent.fetch_add(1, Ordering::Relaxed);
                olga.call("messages.send", &message(session, number)).await;
            }
        });
    }
    senders.join_all().await;
    let (sent, accepted) = (sent.load(Ordering::Relaxed), begin.elapsed());
    while webhook.deliveries() - before < sent {
        assert!(begin.elapsed() < LIMIT, "messages did not arrive");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let (sent, took) = (sent as f64, begin.elapsed().as_secs_f64());
    let cpu = desk.broker.tree().cpu().saturating_sub(cpu);
    let rate = sent / accepted.as_secs_f64();
    row("messages of operators stored", rate, "messages/s", None);
    let budget = Some(Budget::AtLeast(10_000.0));
    row(
        "the same, until the webhook has them",
        sent / took,
        "messages/s",
        budget,
    );
    row("CPU of each", cpu.as_secs_f64() * 1e6 / sent, "us", None);
}

/// Sends messages one by one, and waits until the messenger has each. Returns the times in milliseconds.
pub(crate) async fn one_by_one(olga: &User, session: &str, webhook: &mut Webhook) -> Vec<f64> {
    let mut millis = Vec::new();
    for number in 0..SINGLE {
        let start = instant();
        olga.call("messages.send", &message(session, number)).await;
        let came = webhook.messages.recv().await.unwrap();
        millis.push(came.duration_since(start).as_secs_f64() * 1e3);
        tokio::time::sleep(PAUSE).await;
    }
    millis
}

fn message(session: &str, number: u64) -> serde_json::Value {
    json!({ "session": session, "text": format!("It comes today, {number}.") })
}

/// A live chat with the operator olga.
struct Desk<'a> {
    broker: &'a Broker,
    admin: User,
    olga: User,
    live_chat: String,
}

impl<'a> Desk<'a> {
    async fn open(broker: &'a Broker) -> Self {
        let (admin, live_chat) = broker.live_chat(&["olga".to_owned()]).await;
        let olga = broker.user("olga").await;
        Self {
            broker,
            admin,
            olga,
            live_chat,
        }
    }

    /// Connects a channel and opens chats in it, which olga takes. Returns their sessions.
    async fn channel(&self, number: u64, webhook: &Webhook, chats: u64) -> Vec<String> {
        let url = format!("http://{}/{number}", webhook.address);
        let channel = Broker::connect(&self.admin, &self.live_chat, &url).await;
        let sessions = load::open_chats(&self.broker.target(&channel), chats).await;
        for session in &sessions {
            let args = json!({ "session": session });
            self.olga.call("sessions.take", &args).await;
        }
        sessions
    }
}
