//! What hanging messengers and greedy users cannot take from the others.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::http;
use crate::messenger::{Messenger, message};
use crate::operator::Operator;
use crate::response::{Behaviour, Gate, WebhookResponse};
use crate::world::{World, connect, create_user, list, text};

/// The promise is 100 ms. A test machine is busy and the binary unoptimised; without fair shares a
/// message waits for the timeouts of the others, about 10 s.
const DELAY_MAX: Duration = Duration::from_secs(3);
/// The most requests of a test in flight.
const TOGETHER_MAX: usize = 32;

/// Runs the futures, at most [`TOGETHER_MAX`] at a time.
async fn all<T: Send + 'static>(
    futures: impl IntoIterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    let (mut running, mut results) = (JoinSet::new(), Vec::new());
    for future in futures {
        if running.len() >= TOGETHER_MAX {
            results.push(running.join_next().await.unwrap().unwrap());
        }
        running.spawn(future);
    }
    results.extend(running.join_all().await);
    results
}

/// Connects `channels` channels of one messenger and opens `chats` sessions in each.
pub(crate) async fn sessions(
    world: &World,
    messenger: &Messenger,
    channels: usize,
    chats: usize,
) -> Vec<String> {
    let url = messenger.url();
    for n in 0..channels {
        let webhook = json!({ "webhook": format!("{url}/{n}") });
        let answer = connect(&world.admin, &world.live_chat, messenger, webhook).await;
        assert_eq!(answer["channel"]["status"], "active", "{answer}");
    }
    let connects = messenger.received_of("connect");
    let opened = connects.iter().flat_map(|connect| {
        let url = text(&connect.data()["webhook"]);
        (0..chats).map(move |chat| (url.clone(), format!("chat{chat}")))
    });
    let opened = opened.map(|(url, chat)| {
        let (olga, code) = (world.olga.clone(), messenger.code.clone());
        async move {
            let mut body = message(&format!("first-of-{chat}"), &chat, "hello");
            body["token"] = code.into();
            let accepted = http::post(&url, &[], body.to_string().as_bytes())
                .await
                .ok();
            let session = text(&accepted["sessionId"]);
            olga.on_session("sessions.take", &session).await;
            session
        }
    });
    all(opened).await
}

/// Makes a messenger hang.
pub(crate) fn hang(messenger: &Messenger, kind: Option<&'static str>) -> Gate {
    let gate = Gate::closed();
    let hanging = WebhookResponse::status(200).behind(&gate);
    messenger.respond_with(move |request| {
        let hangs = kind.is_none_or(|kind| request.kind() == kind);
        hangs.then(|| hanging.clone())
    });
    gate
}

#[tokio::test]
async fn messengers_that_hang_do_not_delay_a_healthy_one() {
    let world = World::start().await;
    let hanging = Messenger::start("hanging", Behaviour::complete()).await;
    let hung = sessions(&world, &hanging, 200, 4).await;
    let healthy = world.assigned_session("ann").await;
    // All answered so far, and begin to hang at once.
    let gate = hang(&hanging, None);
    let operator = world.olga.clone();
    let sends = hung.into_iter().map(move |session| {
        let olga = operator.clone();
        async move {
            let args = json!({ "session": session, "text": "hello" });
            olga.call("messages.send", args).await;
        }
    });
    let mut sending = JoinSet::new();
    sending.spawn(all(sends));
    hanging.wait_for("message", 100).await;
    for n in 1..=20 {
        let exchange = async {
            world.send(&healthy, "hello").await;
            world.messenger.wait_for("message", n).await;
            world.messenger.say(&format!("m{n}"), "ann", "hello").await;
            world.messenger.wait_for("messageOutcome", n + 1).await;
        };
        let done = tokio::time::timeout(DELAY_MAX, exchange).await;
        done.unwrap_or_else(|_| panic!("exchange {n} took more than {DELAY_MAX:?}"));
    }
    assert_eq!(sending.join_all().await.concat().len(), 800);
    gate.open();
}

/// Requests of every kind that is slow or makes the router wait for a messenger.
async fn assert_served(world: &World, healthy: &Value) {
    let admin = &world.admin;
    admin.call("events.after", json!({ "position": 0 })).await;
    admin
        .call("deliveries.list", json!({ "channel": world.channel }))
        .await;
    let user = json!({ "login": "new", "groups": ["operators"], "password": "12345678" });
    admin.call("users.create", user).await;
    admin
        .call("channels.test", json!({ "channel": healthy }))
        .await;
}

#[tokio::test]
async fn typing_to_a_messenger_that_hangs_blocks_no_other_request() {
    let world = World::start().await;
    let other = Messenger::start("other", Behaviour::complete()).await;
    let webhook = connect(&world.admin, &world.live_chat, &other, json!({})).await;
    let gate = hang(&world.messenger, Some("typing"));
    let mut opened = Vec::new();
    for n in 0..25 {
        opened.push(world.assigned_session(&format!("chat{n}")).await);
    }
    let typing = (0..4).flat_map(|_| &opened).map(|session| {
        let (olga, session) = (world.olga.clone(), session.clone());
        async move { drop(olga.on_session("typing", &session).await) }
    });
    all(typing).await;
    world.messenger.wait_for("typing", 1).await;
    assert_served(&world, &webhook["channel"]["id"]).await;
    gate.open();
}

#[tokio::test]
async fn tests_of_messengers_that_hang_block_no_other_request() {
    let world = World::start().await;
    let other = Messenger::start("other", Behaviour::complete()).await;
    let webhook = connect(&world.admin, &world.live_chat, &other, json!({})).await;
    let gate = hang(&world.messenger, Some("connect"));
    let mut tests = JoinSet::new();
    let greedy = world.new_user("greedy", "administrators").await;
    for _ in 0..100 {
        let (greedy, channel) = (greedy.clone(), world.channel.clone());
        tests.spawn(async move {
            drop(
                greedy
                    .request("channels.test", json!({ "channel": channel }))
                    .await,
            );
        });
    }
    world.messenger.wait_for("connect", 30).await;
    assert_served(&world, &webhook["channel"]["id"]).await;
    gate.open();
    tests.join_all().await;
}

/// Asks for all events. Returns the seconds to wait if the router is too busy.
async fn retry_after(reader: &Operator) -> Option<u64> {
    let args = json!({ "position": 0, "limit": 1_000 });
    match reader.request("events.after", args).await {
        Ok(page) => {
            assert!(
                page.to_string().len() < 1_000_000,
                "it fits into a message of NATS"
            );
            assert!(list(&page, "events").len() > 5, "{page}");
            None
        }
        Err(rejection) => {
            assert_eq!(rejection.code, "unavailable", "{rejection:?}");
            let seconds = rejection.details["retryAfter"].as_u64().unwrap();
            assert!((1..60).contains(&seconds), "{rejection:?}");
            Some(seconds)
        }
    }
}

#[tokio::test]
async fn a_reader_with_many_scans_is_told_when_to_retry_and_others_are_served() {
    let world = World::start().await;
    let other = world.assigned_session("bob").await;
    let large = "x".repeat(10_000);
    for n in 0..5 {
        world
            .messenger
            .say(&format!("large{n}"), "ann", &large)
            .await;
    }
    let reader = world.new_user("rea", "readers").await;
    world.set_members(&["olga", "rea"]).await;
    // A program that heeds the answers repeats one request at a time.
    let turn = Arc::new(Semaphore::new(1));
    let mut asking = JoinSet::new();
    for _ in 0..200 {
        let (reader, turn) = (reader.clone(), Arc::clone(&turn));
        asking.spawn(async move {
            let is_rejected = retry_after(&reader).await.is_some();
            let _turn = turn.acquire_owned().await.unwrap();
            while is_rejected && let Some(seconds) = retry_after(&reader).await {
                tokio::time::sleep(Duration::from_secs(seconds)).await;
            }
            is_rejected
        });
    }
    for n in 0..20 {
        world
            .messenger
            .say(&format!("small{n}"), "bob", "hello")
            .await;
        world.send(&other, "hello").await;
        world.olga.sessions("mine").await;
        world
            .olga
            .call("events.after", json!({ "position": 0, "limit": 10 }))
            .await;
        let args = json!({ "channel": world.channel });
        world.olga.call("deliveries.list", args).await;
    }
    let rejected = asking
        .join_all()
        .await
        .into_iter()
        .filter(|rejected| *rejected);
    assert!(rejected.count() > 100, "one user gets few places");
    let metrics = world.broker.ops("/metrics").await.unwrap().text();
    assert!(metrics.contains("switchboard_router_jobs_refused_total{kind=\"scan\"}"));
    assert!(
        metrics.contains("switchboard_router_jobs_in_progress{kind=\"scan\"} 0"),
        "{metrics}"
    );
}

#[tokio::test]
async fn queries_of_one_user_do_not_hold_up_the_answers_to_others() {
    let world = World::start().await;
    let session = world.assigned_session("ann").await;
    for n in 0..30 {
        let text = "x".repeat(1_000);
        world.messenger.say(&format!("m{n}"), "ann", &text).await;
    }
    create_user(&world.admin, "sue", "supervisors").await;
    let reader = world.broker.sign_in("sue").await;
    let mut asking = JoinSet::new();
    for _ in 0..60 {
        let (reader, args) = (reader.clone(), json!({ "session": session, "limit": 500 }));
        asking.spawn(async move { reader.call("sessions.history", args).await });
    }
    asking.join_next().await.unwrap().unwrap();
    world.admin.call("me", json!({})).await;
    let mut answered = 1;
    while asking.try_join_next().is_some() {
        answered += 1;
    }
    assert!(answered < 30, "{answered} answers were sent before");
    asking.join_all().await;
}
