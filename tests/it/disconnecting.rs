//! Disconnecting, reconnecting and deleting channels.

use serde_json::{Value, json};

use crate::messenger::message;
use crate::world::{World, each};

/// Disconnects the channel and checks the notification of the messenger.
async fn disconnect(world: &World) {
    let channel = json!({ "channel": world.channel });
    world.admin.call("channels.disconnect", channel).await;
    let sent = world.messenger.wait_for("disconnect", 1).await;
    assert_eq!(sent[0].body["channelId"], world.channel.as_str());
    assert_eq!(sent[0].body["token"], world.messenger.code.as_str());
    assert!(sent[0].is_signed_with(&world.messenger.code));
}

#[tokio::test]
async fn a_disconnected_channel_rejects_and_counts_messages_until_it_is_reconnected() {
    let mut world = World::start().await;
    let session = world.assigned_session("ann").await;
    let channel = json!({ "channel": world.channel });
    world
        .olga
        .rejected("channels.disconnect", channel.clone(), "forbidden")
        .await;
    disconnect(&world).await;

    let late = message("m2", "ann", "are you there?");
    world
        .messenger
        .expect_problem(&late, 409, "channel_disconnected")
        .await;
    world
        .messenger
        .expect_problem(&message("m3", "bob", "hello?"), 409, "channel_disconnected")
        .await;
    let counted =
        |answer: &Value| (answer["channel"]["refusedWhileDisconnected"] == 2).then_some(());
    let args = channel.clone();
    world.admin.until("channels.get", args, counted).await;
    assert_eq!(world.channel().await["status"], "disconnected");
    assert_eq!(
        world.history(&session).await.len(),
        1,
        "rejected messages are not stored"
    );
    let waiting = world.send(&session, "one moment").await;
    world.delivery(&session, &waiting, "queued").await;

    // A restart does not reconnect it.
    world.broker.restart().await;
    world.admin = world.broker.admin().await;
    assert_eq!(world.channel().await["status"], "disconnected");
    world
        .messenger
        .expect_problem(&late, 409, "channel_disconnected")
        .await;
    assert!(world.messenger.received_of("message").is_empty());

    let answer = world.admin.call("channels.reconnect", channel).await;
    assert_eq!(answer["channel"]["status"], "active", "{answer}");
    let connects = world.messenger.received_of("connect");
    assert_eq!(connects.len(), 2);
    assert_eq!(connects[0].data().get("lastMessageId"), None);
    assert_eq!(connects[1].data()["lastMessageId"], "first-of-ann");
    assert_ne!(
        connects[1].data()["challenge"],
        connects[0].data()["challenge"]
    );
    world.delivery(&session, &waiting, "accepted").await;
    assert_eq!(
        world.messenger.received_of("message")[0].text(),
        "one moment"
    );

    let accepted = world.messenger.post(&late).await.ok();
    assert_eq!(accepted["sessionId"], session.as_str());
    assert_eq!(accepted.get("duplicate"), None);
    let texts = each(&world.history(&session).await, "text");
    assert!(texts.contains(&"are you there?".into()), "{texts:?}");
}

#[tokio::test]
async fn a_deleted_channel_frees_its_account() {
    let world = World::start().await;
    world.assigned_session("ann").await;
    world
        .admin
        .call("channels.delete", json!({ "channel": world.channel }))
        .await;
    world.messenger.wait_for("disconnect", 1).await;
    world
        .messenger
        .expect_problem(&message("m2", "ann", "x"), 404, "channel_not_found")
        .await;
    let again = crate::world::connect(&world.admin, &world.live_chat, &world.messenger, json!({}));
    let again = again.await;
    assert_eq!(again["channel"]["status"], "active");
    assert_ne!(again["channel"]["id"], world.channel.as_str());
    world.messenger.say("m2", "ann", "x").await;
}
