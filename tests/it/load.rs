//! Continuous traffic in both directions while a test restarts parts of the broker. In every chat the
//! next message is sent when the previous one was acknowledged.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::http;
use crate::messenger::message;
use crate::operator::Operator;
use crate::wait::{until, within};
use crate::world::{World, text};

/// The timeout of one request, after which it is sent again.
const TRY: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(10);

/// The acknowledged messages of one chat, in order.
#[derive(Debug, Default)]
pub(crate) struct Acknowledged {
    chat: String,
    session: String,
    /// Pairs of `messageId` and `position`.
    inbound: Vec<(Value, Value)>,
    outbound: Vec<(Value, Value)>,
}

pub(crate) struct Load {
    tasks: JoinSet<Acknowledged>,
    stop: Arc<AtomicBool>,
    acknowledged: Arc<AtomicUsize>,
}

impl Load {
    /// Starts traffic in `chats` chats, each with a session of the operator.
    pub(crate) async fn start(world: &World, chats: usize) -> Self {
        let mut load = Self {
            tasks: JoinSet::new(),
            stop: Arc::default(),
            acknowledged: Arc::default(),
        };
        for n in 0..chats {
            let chat = format!("chat{n}");
            let session = world.assigned_session(&chat).await;
            let (url, code) = (world.messenger.ingress_url(), world.messenger.code.clone());
            let (stop, count) = (load.stop.clone(), load.acknowledged.clone());
            let olga = world.olga.clone();
            load.tasks.spawn(async move {
                let mut done = Acknowledged {
                    chat,
                    session,
                    ..Acknowledged::default()
                };
                while !stop.load(Ordering::Relaxed) {
                    let inbound = say(&url, &code, &done).await;
                    done.inbound.push(inbound);
                    let outbound = answer(&olga, &done).await;
                    done.outbound.push(outbound);
                    count.fetch_add(2, Ordering::Relaxed);
                }
                done
            });
        }
        load
    }

    /// Waits until `count` more messages have been acknowledged.
    pub(crate) async fn more(&self, count: usize) {
        let wanted = self.acknowledged.load(Ordering::Relaxed) + count;
        until("more acknowledged messages", async || {
            (self.acknowledged.load(Ordering::Relaxed) >= wanted).then_some(())
        })
        .await;
    }

    /// Stops the traffic once the last message of every chat is acknowledged.
    pub(crate) async fn end(mut self) -> Vec<Acknowledged> {
        self.stop.store(true, Ordering::Relaxed);
        let mut all = Vec::new();
        while let Some(done) = within("the end of the load", self.tasks.join_next()).await {
            all.push(done.unwrap());
        }
        all
    }
}

/// Posts the next message of the user until it is accepted.
async fn say(url: &str, code: &str, done: &Acknowledged) -> (Value, Value) {
    let n = done.inbound.len();
    let mut body = message(
        &format!("{}-{n}", done.chat),
        &done.chat,
        &format!("in {n}"),
    );
    body["token"] = code.into();
    let (body, json) = (body.to_string(), [("content-type", "application/json")]);
    loop {
        let sent = http::send(&hyper::Method::POST, url, &json, body.as_bytes());
        if let Ok(Ok(reply)) = tokio::time::timeout(TRY, sent).await {
            match reply.status {
                200 => {
                    let accepted = reply.json();
                    assert_eq!(accepted["sessionId"], done.session.as_str());
                    return (accepted["messageId"].clone(), accepted["position"].clone());
                }
                429 | 503 => {}
                _ => panic!("{} {}", reply.status, reply.text()),
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Sends the next message of the operator until it is accepted, always with the same command id.
async fn answer(olga: &Operator, done: &Acknowledged) -> (Value, Value) {
    let n = done.outbound.len();
    let chat: u32 = done.chat.trim_start_matches("chat").parse().unwrap();
    let command = format!("019a0000-0000-7000-8000-{chat:04x}{n:08x}");
    let args = json!({ "session": done.session, "text": format!("out {n}"), "commandId": command });
    loop {
        let result =
            tokio::time::timeout(TRY, olga.try_request("messages.send", args.clone())).await;
        match result {
            Ok(Some(Ok(ok))) => return (ok["messageId"].clone(), ok["position"].clone()),
            Ok(Some(Err(rejection))) if rejection.code != "unavailable" => panic!("{rejection:?}"),
            _ => tokio::time::sleep(PAUSE).await,
        }
    }
}

/// Asserts that the log and the messenger have every acknowledged message, once and in order.
pub(crate) async fn assert_kept(world: &World, admin: &Operator, all: &[Acknowledged]) {
    for done in all {
        let messages = history(admin, &done.session).await;
        for (direction, wanted) in [("inbound", &done.inbound), ("outbound", &done.outbound)] {
            let mut kept = messages.iter().filter(|one| one["direction"] == direction);
            if direction == "inbound" {
                assert_eq!(
                    kept.next().unwrap()["text"],
                    "hello",
                    "the message that opened the session"
                );
            }
            let text = &direction[..direction.len() - "bound".len()];
            let kept: Vec<_> = kept
                .map(|one| (&one["id"], &one["position"], &one["text"]))
                .collect();
            let texts: Vec<Value> = (0..wanted.len())
                .map(|n| format!("{text} {n}").into())
                .collect();
            let wanted: Vec<_> = wanted
                .iter()
                .zip(&texts)
                .map(|((id, at), text)| (id, at, text))
                .collect();
            assert_eq!(kept, wanted, "{direction} of {}", done.chat);
        }
        assert_delivered(world, done).await;
    }
    assert_eq!(
        world.messenger.overlapping(),
        [""; 0],
        "one in flight in each chat"
    );
}

/// Asserts that the messenger received each message in order, repeats by `webhook-id` excluded.
async fn assert_delivered(world: &World, done: &Acknowledged) {
    let of_chat = |one: &crate::messenger::Received| {
        one.kind() == "message" && one.data()["targetChatId"] == done.chat.as_str()
    };
    let last = format!("out {}", done.outbound.len() - 1);
    let what = format!("the last message of {}", done.chat);
    world
        .messenger
        .wait_until(&what, |all| {
            all.iter().any(|one| of_chat(one) && one.text() == last)
        })
        .await;
    let mut first_seen: Vec<(String, String)> = Vec::new();
    for one in world.messenger.received() {
        if of_chat(&one) && first_seen.iter().all(|(id, _)| *id != one.id()) {
            first_seen.push((one.id().to_owned(), one.text().to_owned()));
        }
    }
    let texts: Vec<String> = first_seen.into_iter().map(|(_, text)| text).collect();
    let wanted: Vec<String> = (0..done.outbound.len())
        .map(|n| format!("out {n}"))
        .collect();
    assert_eq!(texts, wanted, "{}", done.chat);
}

/// All messages of a session, read page by page.
async fn history(admin: &Operator, session: &str) -> Vec<Value> {
    let args = json!({ "session": session, "limit": 500 });
    let mut pages = admin.pages("sessions.history", args, "messages").await;
    pages.reverse();
    let messages = pages.concat();
    assert!(messages.iter().all(|one| text(&one["session"]) == session));
    messages
}
