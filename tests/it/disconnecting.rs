//! Channels that end, and come back.

use serde_json::{Value, json};

use crate::messenger::message;
use crate::scene::{Scene, each};

#[tokio::test]
async fn while_an_administrator_has_it_disconnected_nothing_is_taken_and_everything_is_counted() {
    let mut scene = Scene::open().await;
    let session = scene.taken("ann").await;
    let channel = json!({ "channel": scene.channel });
    scene
        .olga
        .refused("channels.disconnect", channel.clone(), "forbidden")
        .await;
    scene
        .admin
        .call("channels.disconnect", channel.clone())
        .await;
    let told = scene.messenger.wait_for("disconnect", 1).await;
    assert_eq!(told[0].body["channelId"], scene.channel.as_str());
    assert_eq!(told[0].body["token"], scene.messenger.code.as_str());
    assert!(told[0].is_signed_with(&scene.messenger.code));

    let late = message("m2", "ann", "are you there?");
    scene
        .messenger
        .post(&late)
        .await
        .problem(409, "channel_disconnected");
    scene
        .messenger
        .post(&message("m3", "bob", "hello?"))
        .await
        .problem(409, "channel_disconnected");
    let refused = |channel: &Value| (channel["refusedWhileDisconnected"] == 2).then_some(());
    let look = |answer: &Value| refused(&answer["channel"]);
    scene
        .admin
        .until("channels.get", channel.clone(), look)
        .await;
    assert_eq!(scene.channel().await["status"], "disconnected");
    assert_eq!(
        scene.history(&session).await.len(),
        1,
        "what was refused does not appear"
    );
    let waiting = scene.answer(&session, "one moment").await;
    scene.delivery(&session, &waiting, "queued").await;

    // Neither a restart nor a kill connects it again.
    scene.house.restart().await;
    scene.admin = scene.house.admin().await;
    assert_eq!(scene.channel().await["status"], "disconnected");
    scene
        .messenger
        .post(&late)
        .await
        .problem(409, "channel_disconnected");
    assert!(scene.messenger.received_of("message").is_empty());

    let answer = scene.admin.call("channels.reconnect", channel).await;
    assert_eq!(answer["channel"]["status"], "active", "{answer}");
    let connects = scene.messenger.received_of("connect");
    assert_eq!(connects.len(), 2);
    assert_eq!(connects[0].data().get("lastMessageId"), None);
    assert_eq!(connects[1].data()["lastMessageId"], "first-of-ann");
    assert_ne!(
        connects[1].data()["challenge"],
        connects[0].data()["challenge"]
    );
    scene.delivery(&session, &waiting, "accepted").await;
    assert_eq!(
        scene.messenger.received_of("message")[0].text(),
        "one moment"
    );

    let accepted = scene.messenger.post(&late).await.ok();
    assert_eq!(accepted["sessionId"], session.as_str());
    assert_eq!(accepted.get("duplicate"), None);
    let texts = each(&scene.history(&session).await, "text");
    assert!(texts.contains(&"are you there?".into()), "{texts:?}");
}

#[tokio::test]
async fn a_messenger_may_disconnect_itself() {
    let scene = Scene::open().await;
    scene
        .messenger
        .post(&json!({ "type": "disconnect" }))
        .await
        .ok();
    let channel = scene.channel_is("disconnected").await;
    assert!(channel["since"].is_string());
    assert!(
        channel["reason"].as_str().unwrap().contains("messenger"),
        "{channel}"
    );
    scene
        .messenger
        .post(&message("m1", "ann", "x"))
        .await
        .problem(409, "channel_disconnected");
    assert!(
        scene.messenger.received_of("disconnect").is_empty(),
        "it knows that already"
    );

    let args = json!({ "channel": scene.channel });
    let answer = scene.admin.call("channels.reconnect", args).await;
    assert_eq!(answer["channel"]["status"], "active");
    scene.messenger.say("m1", "ann", "x").await;
}

#[tokio::test]
async fn a_deleted_channel_is_gone_and_its_account_is_free_again() {
    let scene = Scene::open().await;
    scene.taken("ann").await;
    scene
        .admin
        .call("channels.delete", json!({ "channel": scene.channel }))
        .await;
    scene.messenger.wait_for("disconnect", 1).await;
    scene
        .messenger
        .post(&message("m2", "ann", "x"))
        .await
        .problem(404, "channel_not_found");
    let again = crate::scene::connect(&scene.admin, &scene.live_chat, &scene.messenger, json!({}));
    let again = again.await;
    assert_eq!(again["channel"]["status"], "active");
    assert_ne!(again["channel"]["id"], scene.channel.as_str());
    scene.messenger.say("m2", "ann", "x").await;
}
