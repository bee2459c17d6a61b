//! Delivery to messengers that are slow, down or failing.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;

use crate::messenger::Received;
use crate::response::{Gate, WebhookResponse};
use crate::world::{Setup, World};

/// The texts that each chat received, in order.
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
async fn queued_messages_arrive_in_order_and_once_when_the_messenger_is_back() {
    let mut world = World::with(Setup::short_retries()).await;
    let (ann, bob) = (
        world.assigned_session("ann").await,
        world.assigned_session("bob").await,
    );
    world.messenger.wait_for("messageOutcome", 2).await;
    world.messenger.down().await;
    let mut last = Vec::new();
    for n in 0..5 {
        last = vec![
            world.send(&ann, &format!("to ann {n}")).await,
            world.send(&bob, &format!("to bob {n}")).await,
        ];
    }
    // At least one attempt has failed.
    let page = json!({ "channel": world.channel });
    let tried = |answer: &serde_json::Value| {
        let attempts = answer["attempts"].as_array()?;
        attempts
            .iter()
            .any(|one| one["error"].is_string())
            .then_some(())
    };
    world.admin.until("deliveries.list", page, tried).await;
    assert_eq!(world.channel().await["status"], "active");
    assert_eq!(world.channel().await["pendingDeliveries"], 10);

    world.messenger.up().await;
    world.delivery(&ann, &last[0], "accepted").await;
    world.delivery(&bob, &last[1], "accepted").await;
    let chats = by_chat(&world.messenger.received_of("message"));
    for chat in ["ann", "bob"] {
        let wanted: Vec<String> = (0..5).map(|n| format!("to {chat} {n}")).collect();
        assert_eq!(chats[chat], wanted);
    }
    assert!(
        world.messenger.overlapping().is_empty(),
        "one message in flight per chat"
    );
    assert_eq!(world.channel().await["pendingDeliveries"], 0);
}

#[tokio::test]
async fn a_slow_chat_does_not_delay_others() {
    let world = World::start().await;
    let (ann, bob) = (
        world.assigned_session("ann").await,
        world.assigned_session("bob").await,
    );
    let gate = Gate::closed();
    let slow = WebhookResponse::status(200).behind(&gate);
    world.messenger.respond_with(move |request| {
        let is_slow = request.kind() == "message" && request.text() == "slow";
        is_slow.then(|| slow.clone())
    });
    let slow = world.send(&ann, "slow").await;
    let next = world.send(&ann, "next").await;
    world.messenger.wait_for("message", 1).await;
    let other = world.send(&bob, "other").await;
    world.delivery(&bob, &other, "accepted").await;
    // Notifications are not delayed either.
    world.messenger.say("m2", "ann", "are you there?").await;
    world.messenger.wait_for("messageOutcome", 3).await;
    let texts = |world: &World| by_chat(&world.messenger.received_of("message"));
    assert_eq!(texts(&world)["ann"], ["slow"]);

    gate.open();
    world.delivery(&ann, &slow, "accepted").await;
    world.delivery(&ann, &next, "accepted").await;
    assert_eq!(texts(&world)["ann"], ["slow", "next"]);
    assert!(world.messenger.overlapping().is_empty());
}

#[tokio::test]
async fn all_attempts_of_a_message_have_the_same_body_and_id() {
    let world = World::with(Setup::short_retries()).await;
    let session = world.assigned_session("ann").await;
    let out_of_memory = WebhookResponse::status(500).text("out of memory");
    world.messenger.respond_to("message", out_of_memory);
    let id = world.send(&session, "hello").await;
    world.messenger.wait_for("message", 1).await;
    for (method, args) in [
        (
            "users.update",
            json!({ "user": "olga", "name": "Olga Petrova" }),
        ),
        (
            "channels.update",
            json!({ "channel": world.channel, "dialect": "brix" }),
        ),
    ] {
        world.admin.call(method, args).await;
    }
    let failed = world.messenger.received_of("message").len();
    world.messenger.wait_for("message", failed + 1).await;
    world.messenger.respond_as_usual();
    world.delivery(&session, &id, "accepted").await;
    let sent = world.messenger.received_of("message");
    assert_eq!(sent[0].data()["operator"]["name"], "OLGA");
    for one in &sent {
        assert_eq!(one.raw, sent[0].raw);
        assert_eq!(one.id(), sent[0].id());
        assert!(
            one.is_signed_with(&world.messenger.code),
            "signed with the current time"
        );
    }
    let args = json!({ "channel": world.channel, "message": id });
    let page = world.admin.call("deliveries.list", args).await;
    let mut attempts = crate::world::list(&page, "attempts");
    attempts.retain(|one| one["message"] == id.as_str());
    attempts.sort_by_key(|one| one["n"].as_u64());
    let statuses = crate::world::each(&attempts, "status");
    assert_eq!(statuses.len(), sent.len());
    assert_eq!(
        (&statuses[0], statuses.last()),
        (&json!(500), Some(&json!(200)))
    );
    assert!(
        attempts[0]["answer"]
            .as_str()
            .unwrap()
            .contains("out of memory"),
        "{attempts:?}"
    );
    assert!(
        attempts
            .iter()
            .all(|one| one["at"].is_string() && one["ms"].is_u64())
    );
}

#[tokio::test]
async fn a_message_past_its_time_to_live_expires_and_unblocks_its_chat() {
    let settings = [
        ("delivery.schedule", r#"["0s", "200ms"]"#),
        ("delivery.time_to_live", "1s"),
    ];
    let world = World::with(Setup {
        settings: &settings,
        ..Setup::default()
    })
    .await;
    let session = world.assigned_session("ann").await;
    world
        .messenger
        .respond_with(|request| (request.text() == "never").then(|| WebhookResponse::status(500)));
    let never = world.send(&session, "never").await;
    world.delivery(&session, &never, "expired").await;
    let next = world.send(&session, "next").await;
    world.delivery(&session, &next, "accepted").await;
}
