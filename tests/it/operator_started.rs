//! Sessions that an operator starts.

use serde_json::json;

use crate::answer::Manners;
use crate::scene::{Scene, Setup, text};

#[tokio::test]
async fn an_operator_may_write_first_where_the_messenger_can_take_it() {
    let scene = Scene::open().await;
    let args = json!({
        "channel": scene.channel, "externalChatId": "eve", "externalUserId": "user-of-eve",
        "text": "your order is ready",
    });
    let made = scene.olga.call("sessions.create", args.clone()).await;
    let session = &made["session"];
    assert_eq!(session["status"], "assigned");
    assert_eq!(session["operator"], "olga");
    assert_eq!(session["openedBy"], "operator");
    let sent = scene.messenger.wait_for("message", 1).await;
    assert_eq!(sent[0].data()["targetChatId"], "eve");
    assert_eq!(sent[0].text(), "your order is ready");

    let refusal = scene
        .olga
        .refused("sessions.create", args, "session_already_open")
        .await;
    assert_eq!(refusal.status, "409");
    assert_eq!(refusal.details["sessionId"], session["id"]);
    let answer = scene.messenger.say("m1", "eve", "thank you").await;
    assert_eq!(
        answer["sessionId"], session["id"],
        "the answer belongs to it"
    );

    // Known now, the person can be named by the contact.
    scene
        .olga
        .call("sessions.close", json!({ "session": session["id"] }))
        .await;
    let args = json!({ "channel": scene.channel, "contact": session["contact"] });
    let again = scene.olga.call("sessions.create", args).await;
    assert_ne!(again["session"]["id"], session["id"]);
    assert_eq!(again["session"]["externalChatId"], "eve");
}

#[tokio::test]
async fn an_operator_may_not_write_first_unless_that_is_enabled() {
    let setup = Setup {
        manners: Manners::plain(),
        ..Setup::default()
    };
    let scene = Scene::with(setup).await;
    let args = json!({
        "channel": scene.channel, "externalChatId": "eve", "externalUserId": "user-of-eve",
    });
    let refusal = scene
        .olga
        .refused("sessions.create", args.clone(), "not_enabled")
        .await;
    assert_eq!(refusal.status, "403");
    // Who was written to first is not asked either.
    let session = scene.taken("eve").await;
    scene
        .olga
        .call("sessions.close", json!({ "session": session }))
        .await;
    scene
        .olga
        .refused("sessions.create", args.clone(), "not_enabled")
        .await;

    let enable = json!({ "channel": scene.channel, "operatorInitiated": true });
    scene.admin.call("channels.update", enable).await;
    let made = scene.olga.call("sessions.create", args).await;
    assert_ne!(text(&made["session"]["id"]), session);
}
