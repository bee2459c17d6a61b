//! Deliveries that wait for a retry when their messenger is back.

use serde_json::json;

use crate::messenger::message;
use crate::response::WebhookResponse;
use crate::world::{Setup, World};

/// A world in which a retry without a reason to make it earlier comes after an hour.
async fn hourly() -> World {
    let settings = [("delivery.schedule", r#"["0s", "1h"]"#)];
    World::with(Setup {
        settings: &settings,
        ..Setup::default()
    })
    .await
}

/// Sends a message that the messenger fails to accept, and lets the messenger recover.
async fn waiting(world: &World, session: &str) -> String {
    let id = world.failing_message(session).await;
    world.messenger.respond_as_usual();
    id
}

#[tokio::test]
async fn a_request_of_the_messenger_brings_the_retry_forward() {
    let world = hourly().await;
    let session = world.assigned_session("ann").await;
    let id = waiting(&world, &session).await;
    let said = world.messenger.post(&message("m2", "bob", "anyone?")).await;
    assert_eq!(said.status, 200);
    world.delivery(&session, &id, "accepted").await;
}

#[tokio::test]
async fn a_message_accepted_in_another_chat_brings_all_retries_forward() {
    let world = hourly().await;
    let (ann, bob) = (
        world.assigned_session("ann").await,
        world.assigned_session("bob").await,
    );
    let dot = world.assigned_session("dot").await;
    world.messenger.wait_for("messageOutcome", 3).await;
    let first = waiting(&world, &ann).await;
    let second = waiting(&world, &bob).await;
    world.send(&dot, "are you back?").await;
    world.delivery(&ann, &first, "accepted").await;
    world.delivery(&bob, &second, "accepted").await;
}

#[tokio::test]
async fn a_passed_test_and_a_reconnect_bring_the_retry_forward() {
    let world = hourly().await;
    let session = world.assigned_session("ann").await;
    for method in ["channels.test", "channels.reconnect"] {
        let id = waiting(&world, &session).await;
        let args = json!({ "channel": world.channel });
        world.admin.call(method, args).await;
        world.delivery(&session, &id, "accepted").await;
    }
}

#[tokio::test]
async fn a_restart_brings_the_retry_forward() {
    let mut world = hourly().await;
    let session = world.assigned_session("ann").await;
    let id = waiting(&world, &session).await;
    world.broker.restart().await;
    world.admin = world.broker.admin().await;
    world.delivery(&session, &id, "accepted").await;
}

#[tokio::test]
async fn a_waiting_message_is_retried_and_replayed_now() {
    let world = hourly().await;
    let session = world.assigned_session("ann").await;
    let id = waiting(&world, &session).await;
    let retry = json!({ "message": id });
    world.olga.call("messages.retry", retry).await;
    world.delivery(&session, &id, "accepted").await;

    let id = waiting(&world, &session).await;
    let since = "2026-01-01T00:00:00Z";
    let replay = json!({ "channel": world.channel, "since": since });
    let answer = world.admin.call("deliveries.replay", replay).await;
    assert_eq!(answer["count"], 1, "{answer}");
    let delivery = world.delivery(&session, &id, "accepted").await;
    assert_eq!(delivery["attempts"], 2);
}

#[tokio::test]
async fn a_delivered_notice_brings_the_retry_forward() {
    let world = hourly().await;
    let session = world.assigned_session("ann").await;
    world.messenger.wait_for("messageOutcome", 1).await;
    let id = waiting(&world, &session).await;
    // `markAsRead` follows from what an operator does, not the messenger.
    let history = world.history(&session).await;
    let read = json!({ "session": session, "upTo": history[0]["id"] });
    world.olga.call("messages.read", read).await;
    world.delivery(&session, &id, "accepted").await;
}

#[tokio::test]
async fn a_messenger_that_only_sends_is_tried_now_and_then() {
    let world = hourly().await;
    let session = world.assigned_session("ann").await;
    world.messenger.wait_for("messageOutcome", 1).await;
    waiting(&world, &session).await;
    world.messenger.respond_with(|request| {
        (request.kind() == "message").then(|| WebhookResponse::status(500))
    });
    let before = world.messenger.received_of("message").len();
    for n in 0..30 {
        world
            .messenger
            .say(&format!("more {n}"), "ann", "hello?")
            .await;
    }
    world.messenger.wait_for("message", before + 1).await;
    world.messenger.wait_for("messageOutcome", 31).await;
    // A machine that is slow enough to take longer than the interval makes another attempt.
    let tried = world.messenger.received_of("message").len() - before;
    assert!((1..=3).contains(&tried), "tried {tried} times");
}
