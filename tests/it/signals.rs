//! Transient signals: typing, viewing, and session notifications.

use serde_json::json;

use crate::response::Behaviour;
use crate::world::{Setup, World, text};

#[tokio::test]
async fn an_operator_sees_that_a_person_is_typing() {
    let world = World::start().await;
    let session = world.assigned_session("ann").await;
    let position = world.olga.call("me", json!({})).await["position"].clone();
    let subject = format!("sb.default.feed.{}.{session}.typing", world.live_chat);
    let mut typing = world.olga.subscribe(&subject).await;
    let data = json!({ "externalChatId": "ann", "externalUserId": "user-of-ann" });
    let reply = world.messenger.event("typing", data).await;
    assert_eq!(reply.status, 200);
    let signal = typing.next().await;
    assert_eq!(signal["session"], session.as_str());
    assert!(
        signal["contact"].is_string() && signal["until"].is_string(),
        "{signal}"
    );
    let after = world
        .olga
        .call("events.after", json!({ "position": position }))
        .await;
    assert!(
        !after.to_string().contains("typing"),
        "signals are not stored"
    );
}

#[tokio::test]
async fn colleagues_and_the_messenger_see_that_an_operator_is_typing() {
    let world = World::start().await;
    let session = world.assigned_session("ann").await;
    // One subject per signal, since earlier events may still be on their way.
    let feed = format!("sb.default.feed.{}.{session}", world.live_chat);
    let mut typing = world.admin.subscribe(&format!("{feed}.typing")).await;
    let mut viewing = world.admin.subscribe(&format!("{feed}.viewing")).await;
    world.olga.on_session("typing", &session).await;
    let signal = typing.next().await;
    assert_eq!(
        (text(&signal["session"]), text(&signal["user"])),
        (session.clone(), "olga".to_owned())
    );
    let shown = world.messenger.wait_for("typing", 1).await;
    assert_eq!(shown[0].data(), &json!({ "targetChatId": "ann" }));
    assert_eq!(shown[0].body["channelId"], world.channel.as_str());

    world.olga.on_session("viewing", &session).await;
    let signal = viewing.next().await;
    assert_eq!(signal["user"], "olga");
}

#[tokio::test]
async fn a_messenger_without_typing_support_gets_no_typing_signals() {
    let world = World::with(Setup::basic_messenger()).await;
    let session = world.assigned_session("ann").await;
    world.olga.on_session("typing", &session).await;
    world.send(&session, "hello").await;
    world.messenger.wait_for("message", 1).await;
    assert!(world.messenger.received_of("typing").is_empty());
}

#[tokio::test]
async fn a_messenger_with_session_support_gets_session_notifications() {
    let behaviour = Behaviour {
        answers_challenge: true,
        capabilities: Some(json!({ "sessions": true })),
    };
    let world = World::with(Setup {
        behaviour,
        ..Setup::default()
    })
    .await;
    let session = world.assigned_session("ann").await;
    world.olga.on_session("sessions.close", &session).await;
    let sent = world.messenger.wait_for("session", 3).await;
    let states: Vec<String> = sent.iter().map(|one| text(&one.data()["state"])).collect();
    assert_eq!(states, ["opened", "assigned", "closed"]);
    for one in sent {
        assert_eq!(one.data()["sessionId"], session.as_str());
        assert_eq!(one.data()["targetChatId"], "ann");
    }
}
