//! Sessions that an operator opens by writing first.

use serde_json::json;

use crate::world::{Setup, World, text};

#[tokio::test]
async fn an_operator_may_write_first_if_the_messenger_supports_it() {
    let world = World::start().await;
    let args = json!({
        "channel": world.channel, "externalChatId": "eve", "externalUserId": "user-of-eve",
        "text": "your order is ready",
    });
    let made = world.olga.call("sessions.create", args.clone()).await;
    let session = &made["session"];
    assert_eq!(session["status"], "assigned");
    assert_eq!(session["operator"], "olga");
    assert_eq!(session["openedBy"], "operator");
    let sent = world.messenger.wait_for("message", 1).await;
    assert_eq!(sent[0].data()["targetChatId"], "eve");
    assert_eq!(sent[0].text(), "your order is ready");

    let rejection = world
        .olga
        .rejected("sessions.create", args, "session_already_open")
        .await;
    assert_eq!(rejection.status, "409");
    assert_eq!(rejection.details["sessionId"], session["id"]);
    let answer = world.messenger.say("m1", "eve", "thank you").await;
    assert_eq!(
        answer["sessionId"], session["id"],
        "the user's message joins the session"
    );

    // The person is a contact now and can be named by it.
    world
        .olga
        .call("sessions.close", json!({ "session": session["id"] }))
        .await;
    let args = json!({ "channel": world.channel, "contact": session["contact"] });
    let again = world.olga.call("sessions.create", args).await;
    assert_ne!(again["session"]["id"], session["id"]);
    assert_eq!(again["session"]["externalChatId"], "eve");
}

#[tokio::test]
async fn an_operator_may_not_write_first_unless_that_is_enabled() {
    let world = World::with(Setup::basic_messenger()).await;
    let args = json!({
        "channel": world.channel, "externalChatId": "eve", "externalUserId": "user-of-eve",
    });
    let rejection = world
        .olga
        .rejected("sessions.create", args.clone(), "not_enabled")
        .await;
    assert_eq!(rejection.status, "403");
    // That the person has written before makes no difference.
    let session = world.assigned_session("eve").await;
    world.olga.on_session("sessions.close", &session).await;
    world
        .olga
        .rejected("sessions.create", args.clone(), "not_enabled")
        .await;

    let enable = json!({ "channel": world.channel, "operatorInitiated": true });
    world.admin.call("channels.update", enable).await;
    let made = world.olga.call("sessions.create", args).await;
    assert_ne!(text(&made["session"]["id"]), session);
}
