//! What operators write on its way to a messenger that is not always there.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;

use crate::answer::{Answer, Gate};
use crate::messenger::Received;
use crate::scene::{Scene, Setup};

/// Tried again soon, and for ever.
const SOON: [(&str, &str); 1] = [("delivery.schedule", r#"["0s", "200ms"]"#)];

pub(crate) fn soon() -> Setup<'static> {
    Setup {
        settings: &SOON,
        ..Setup::default()
    }
}

/// What came for each chat, each message once, and the order of its first coming.
fn by_chat(received: &[Arc<Received>]) -> BTreeMap<String, Vec<String>> {
    let mut chats: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for one in received {
        let chat = one.data()["targetChatId"].as_str().unwrap();
        chats
            .entry(chat.to_owned())
            .or_default()
            .push(one.text().to_owned());
    }
    chats
}

#[tokio::test]
async fn what_waited_for_a_messenger_arrives_in_order_and_once() {
    let mut scene = Scene::with(soon()).await;
    let (ann, bob) = (scene.taken("ann").await, scene.taken("bob").await);
    scene.messenger.wait_for("messageOutcome", 2).await;
    scene.messenger.down().await;
    let mut last = Vec::new();
    for n in 0..5 {
        last = vec![
            scene.answer(&ann, &format!("to ann {n}")).await,
            scene.answer(&bob, &format!("to bob {n}")).await,
        ];
    }
    // It was tried, and in vain.
    let page = json!({ "channel": scene.channel });
    let tried = |answer: &serde_json::Value| {
        let attempts = answer["attempts"].as_array()?;
        attempts
            .iter()
            .any(|one| one["error"].is_string())
            .then_some(())
    };
    scene.admin.until("deliveries.list", page, tried).await;
    assert_eq!(scene.channel().await["status"], "active");
    assert_eq!(scene.channel().await["pendingDeliveries"], 10);

    scene.messenger.up().await;
    scene.delivery(&ann, &last[0], "accepted").await;
    scene.delivery(&bob, &last[1], "accepted").await;
    let chats = by_chat(&scene.messenger.received_of("message"));
    for chat in ["ann", "bob"] {
        let wanted: Vec<String> = (0..5).map(|n| format!("to {chat} {n}")).collect();
        assert_eq!(chats[chat], wanted);
    }
    assert!(
        scene.messenger.crowded().is_empty(),
        "one in flight in each chat"
    );
    assert_eq!(scene.channel().await["pendingDeliveries"], 0);
}

#[tokio::test]
async fn a_chat_waits_for_itself_and_for_no_other() {
    let scene = Scene::open().await;
    let (ann, bob) = (scene.taken("ann").await, scene.taken("bob").await);
    let gate = Gate::closed();
    let slow = Answer::status(200).behind(&gate);
    scene.messenger.answers(move |request| {
        let is_slow = request.kind() == "message" && request.text() == "slow";
        is_slow.then(|| slow.clone())
    });
    let slow = scene.answer(&ann, "slow").await;
    let next = scene.answer(&ann, "next").await;
    scene.messenger.wait_for("message", 1).await;
    let other = scene.answer(&bob, "other").await;
    scene.delivery(&bob, &other, "accepted").await;
    // Outcomes and marks go by, too.
    scene.messenger.say("m2", "ann", "are you there?").await;
    scene.messenger.wait_for("messageOutcome", 3).await;
    let texts = |scene: &Scene| by_chat(&scene.messenger.received_of("message"));
    assert_eq!(texts(&scene)["ann"], ["slow"]);

    gate.open();
    scene.delivery(&ann, &slow, "accepted").await;
    scene.delivery(&ann, &next, "accepted").await;
    assert_eq!(texts(&scene)["ann"], ["slow", "next"]);
    assert!(scene.messenger.crowded().is_empty());
}

#[tokio::test]
async fn every_attempt_is_the_same_but_for_its_time() {
    let scene = Scene::with(soon()).await;
    let session = scene.taken("ann").await;
    let mut left = 2;
    scene.messenger.answers(move |request| {
        let refused = request.kind() == "message" && left > 0;
        left -= i32::from(refused);
        refused.then(|| Answer::status(500).text("a bad day"))
    });
    let id = scene.answer(&session, "hello").await;
    assert_eq!(
        scene.delivery(&session, &id, "accepted").await["attempts"],
        3
    );
    let sent = scene.messenger.received_of("message");
    assert_eq!(sent.len(), 3);
    for one in &sent {
        assert_eq!(one.raw, sent[0].raw);
        assert_eq!(one.id(), sent[0].id());
        assert!(one.is_signed_with(&scene.messenger.code), "at its own time");
    }
    let args = json!({ "channel": scene.channel, "message": id });
    let page = scene.admin.call("deliveries.list", args).await;
    let mut attempts = crate::scene::list(&page, "attempts");
    attempts.retain(|one| one["message"] == id.as_str());
    attempts.sort_by_key(|one| one["n"].as_u64());
    let statuses = crate::scene::each(&attempts, "status");
    assert_eq!(statuses, [500, 500, 200]);
    assert!(
        attempts[0]["answer"]
            .as_str()
            .unwrap()
            .contains("a bad day"),
        "{attempts:?}"
    );
    assert!(
        attempts
            .iter()
            .all(|one| one["at"].is_string() && one["ms"].is_u64())
    );
}

#[tokio::test]
async fn a_messenger_that_names_a_time_is_left_alone_until_then() {
    for status in [429, 503] {
        let scene = Scene::with(soon()).await;
        let session = scene.taken("ann").await;
        let later = Answer::status(status).header("retry-after", "3600");
        scene.messenger.answers_to("message", later);
        let id = scene.answer(&session, "hello").await;
        scene.messenger.wait_for("message", 1).await;
        let args = json!({ "session": session });
        let next = scene.olga.until("sessions.history", args, |page| {
            let last = page["messages"].as_array()?.last()?.clone();
            assert_eq!(last["id"], id.as_str());
            last["delivery"]["nextAttemptAt"]
                .is_string()
                .then_some(last)
        });
        let message = next.await;
        let time = |value: &serde_json::Value| value.as_str().unwrap().parse::<jiff::Timestamp>();
        let waits = time(&message["delivery"]["nextAttemptAt"])
            .unwrap()
            .as_second()
            - time(&message["acceptedAt"]).unwrap().as_second();
        assert!((3_599..).contains(&waits), "{waits} s after {status}");
        assert_eq!(scene.messenger.received_of("message").len(), 1);
    }
}

#[tokio::test]
async fn what_is_not_delivered_in_its_time_expires_and_frees_its_chat() {
    let settings = [
        ("delivery.schedule", r#"["0s", "200ms"]"#),
        ("delivery.time_to_live", "1s"),
    ];
    let scene = Scene::with(Setup {
        settings: &settings,
        ..Setup::default()
    })
    .await;
    let session = scene.taken("ann").await;
    scene
        .messenger
        .answers(|request| (request.text() == "never").then(|| Answer::status(500)));
    let never = scene.answer(&session, "never").await;
    scene.delivery(&session, &never, "expired").await;
    let next = scene.answer(&session, "next").await;
    scene.delivery(&session, &next, "accepted").await;
}
