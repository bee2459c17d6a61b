//! What messengers answer to `userInfo`.

use serde_json::{Value, json};

use crate::messenger::Received;
use crate::response::{Gate, WebhookResponse};
use crate::world::{World, text};

/// Waits until the contact of a session has a name. Returns the contact.
pub(crate) async fn named(world: &World, session: &str) -> Value {
    let args = json!({ "session": session });
    let contact = world.olga.call("sessions.get", args).await["contact"]["id"].clone();
    let args = json!({ "contact": contact });
    let known = world.olga.until("contacts.get", args, |answer| {
        let contact = answer["contact"].clone();
        contact["username"].is_string().then_some(contact)
    });
    known.await
}

#[tokio::test]
async fn a_large_json_profile_is_read_at_the_top_only_and_its_picture_dropped() {
    let world = World::start().await;
    // As long as is read, which is more than NATS carries in one message. Nested members come last.
    let company = r#"{"username":"ACME","phoneNumber":"+1"}"#;
    let rest = format!(r#"","username":"Ann","phoneNumber":7999,"company":{company}}}"#);
    let start = r#"{"avatar":"data:image/png;base64,"#;
    let picture = "A".repeat(1024 * 1024 - start.len() - rest.len());
    let answer = format!("{start}{picture}{rest}");
    let answer = WebhookResponse::status(200).text(&answer);
    world.messenger.respond_to("userInfo", answer);
    let session = world.queued_session("ann").await;
    let known = named(&world, &session).await;
    assert_eq!(
        (
            &known["username"],
            &known["phoneNumber"],
            known.get("avatar")
        ),
        (&json!("Ann"), &json!("7999"), None)
    );
}

#[tokio::test]
async fn a_profile_that_was_not_found_is_requested_again_at_the_next_message() {
    let world = World::start().await;
    let page = WebhookResponse::status(200).text("<html>\"id\"</html>");
    for (chat, answer) in [("ann", WebhookResponse::status(404)), ("bob", page)] {
        world.messenger.respond_to("userInfo", answer);
        let before = world.messenger.received_of("userInfo").len();
        let session = world.queued_session(chat).await;
        let first = format!("first-of-{chat}");
        let is_outcome =
            |one: &Received| one.kind() == "messageOutcome" && one.data()["messageId"] == first;
        let sent = world
            .messenger
            .wait_until("the outcome of the first message", |all| {
                all.iter().any(|one| is_outcome(one))
            });
        sent.await;
        world.messenger.respond_as_usual();
        world
            .messenger
            .say(&format!("second-of-{chat}"), chat, "again")
            .await;
        let requests = world.messenger.wait_for("userInfo", before + 2).await;
        assert_eq!(
            requests[before + 1].data()["userId"],
            format!("user-of-{chat}")
        );
        assert!(text(&named(&world, &session).await["username"]).starts_with("user-of"));
    }
}

#[tokio::test]
async fn an_outcome_does_not_wait_for_a_slow_profile() {
    let world = World::start().await;
    let gate = Gate::closed();
    let answer = WebhookResponse::json(&json!({ "username": "Ann" })).behind(&gate);
    world.messenger.respond_to("userInfo", answer);
    let session = world.queued_session("ann").await;
    world.messenger.wait_for("messageOutcome", 1).await;
    gate.open();
    assert_eq!(named(&world, &session).await["username"], "Ann");
    // The outcome came while the first request was running, not after its timeout.
    assert_eq!(world.messenger.received_of("userInfo").len(), 1);
}
