//! Responses of a messenger that fail a delivery or stop a channel.

use serde_json::json;

use crate::messenger::message;
use crate::profiles::named;
use crate::response::WebhookResponse;
use crate::world::{Setup, World, has, text};

#[tokio::test]
async fn a_rejected_message_fails_with_the_response_and_unblocks_its_chat() {
    let world = World::start().await;
    let session = world.assigned_session("ann").await;
    for status in [400_u16, 403, 404, 413, 422] {
        let body = format!("rejected with {status}");
        let answer = WebhookResponse::status(status).text(&body);
        world.messenger.respond_to("message", answer);
        let id = world.send(&session, "a cat").await;
        let delivery = world.delivery(&session, &id, "failed").await;
        has(&delivery, &json!({ "status": status, "attempts": 1 }));
        let reason = delivery["reason"]["message"].as_str().unwrap();
        assert!(reason.contains(&status.to_string()), "{reason}");
        // The response may quote the person, so it is stored sealed and shown with attempts only.
        let page = world
            .admin
            .call("deliveries.list", json!({ "message": id }))
            .await;
        assert_eq!(page["attempts"][0]["answer"], body.as_str(), "{page}");
        world.messenger.respond_as_usual();
        let next = world.send(&session, "a dog").await;
        world.delivery(&session, &next, "accepted").await;
    }
    assert_eq!(world.channel().await["status"], "active");
    assert!(world.channel().await["lastError"].is_string());
}

#[tokio::test]
async fn a_failed_message_is_retried_with_its_id() {
    let world = World::start().await;
    let session = world.assigned_session("ann").await;
    world.messenger.respond_status("message", 422);
    let id = world.send(&session, "try this").await;
    world.delivery(&session, &id, "failed").await;
    world.messenger.respond_as_usual();
    world
        .olga
        .call("messages.retry", json!({ "message": id }))
        .await;
    world.delivery(&session, &id, "accepted").await;
    let sent = world.messenger.received_of("message");
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[0].data()["messageId"], id.as_str());
    assert_eq!(sent[1].data()["messageId"], id.as_str());
    assert_eq!(sent[1].data()["text"], sent[0].data()["text"]);
    // A messenger that deduplicates must not take it for a repeat.
    assert_eq!((sent[0].id(), sent[1].id()), (&*id, &*format!("{id}.2")));
    assert_eq!(sent[1].data()["retry"], 1);
    assert_eq!(
        world.history(&session).await.len(),
        2,
        "one message per direction"
    );
    let retry = world
        .olga
        .request("messages.retry", json!({ "message": id }))
        .await;
    retry.expect_err("an accepted message cannot be retried");
}

#[tokio::test]
async fn a_401_or_410_stops_the_channel_and_its_messages_wait() {
    for (code, status, reason) in [(401, "interrupted", "code"), (410, "disconnected", "410")] {
        let world = World::with(Setup::short_retries()).await;
        let session = world.assigned_session("ann").await;
        world.messenger.respond_status("message", code);
        let id = world.send(&session, "hello").await;
        let channel = world.channel_is(status).await;
        let shown = channel["reason"].to_string();
        assert!(shown.contains(reason), "{channel}");
        let delivery = world.delivery_of(&session, &id).await;
        assert_eq!(delivery["state"], "sending", "not failed");
        let tries = world.messenger.received_of("message").len();
        let late = world.messenger.post(&message("m2", "ann", "x")).await;
        late.problem(409, "channel_disconnected");

        world.messenger.respond_as_usual();
        let args = json!({ "channel": world.channel });
        world.admin.call("channels.reconnect", args).await;
        world.delivery(&session, &id, "accepted").await;
        assert_eq!(world.messenger.received_of("message").len(), tries + 1);
    }
}

#[tokio::test]
async fn a_profile_in_broken_json_is_read_as_far_as_possible() {
    let world = World::start().await;
    let broken = r#"{"id":"user-of-ann" "username":"Ann \"A\" Lee" "phoneNumber":"+1 555" }"#;
    world
        .messenger
        .respond_to("userInfo", WebhookResponse::status(200).text(broken));
    let session = world.queued_session("ann").await;
    let known = named(&world, &session).await;
    assert_eq!(known["username"], "Ann \"A\" Lee");
    assert_eq!(known["phoneNumber"], "+1 555");

    // A failed profile request delays nothing.
    world
        .messenger
        .respond_to("userInfo", WebhookResponse::status(500).text("<html>"));
    let other = world.queued_session("bob").await;
    assert_ne!(other, session);
    let outcomes = world.messenger.wait_for("messageOutcome", 2).await;
    assert_eq!(text(&outcomes[1].data()["messageId"]), "first-of-bob");
}
