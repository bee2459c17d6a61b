//! Who is writing, who is looking: told at once, and not stored.

use serde_json::json;

use crate::answer::Manners;
use crate::scene::{Scene, Setup, text};

#[tokio::test]
async fn an_operator_sees_that_a_person_is_writing() {
    let scene = Scene::open().await;
    let session = scene.taken("ann").await;
    let position = scene.olga.call("me", json!({})).await["position"].clone();
    let subject = format!("sb.default.feed.{}.{session}.typing", scene.live_chat);
    let mut typing = scene.olga.subscribe(&subject).await;
    let data = json!({ "externalChatId": "ann", "externalUserId": "user-of-ann" });
    let said = scene
        .messenger
        .post(&json!({ "type": "typing", "data": data }))
        .await;
    assert_eq!(said.status, 200);
    let signal = typing.next().await;
    assert_eq!(signal["session"], session.as_str());
    assert!(
        signal["contact"].is_string() && signal["until"].is_string(),
        "{signal}"
    );
    let after = scene
        .olga
        .call("events.after", json!({ "position": position }))
        .await;
    assert!(!after.to_string().contains("typing"), "it is not stored");
}

#[tokio::test]
async fn colleagues_and_the_messenger_see_that_an_operator_is_writing() {
    let scene = Scene::open().await;
    let session = scene.taken("ann").await;
    // Each signal by its own subject: events of before may still be on their way.
    let feed = format!("sb.default.feed.{}.{session}", scene.live_chat);
    let mut typing = scene.admin.subscribe(&format!("{feed}.typing")).await;
    let mut viewing = scene.admin.subscribe(&format!("{feed}.viewing")).await;
    scene
        .olga
        .call("typing", json!({ "session": session }))
        .await;
    let signal = typing.next().await;
    assert_eq!(
        (text(&signal["session"]), text(&signal["user"])),
        (session.clone(), "olga".to_owned())
    );
    let shown = scene.messenger.wait_for("typing", 1).await;
    assert_eq!(shown[0].data(), &json!({ "targetChatId": "ann" }));
    assert_eq!(shown[0].body["channelId"], scene.channel.as_str());

    scene
        .olga
        .call("viewing", json!({ "session": session }))
        .await;
    let signal = viewing.next().await;
    assert_eq!(signal["user"], "olga");
}

#[tokio::test]
async fn a_messenger_that_cannot_show_typing_is_not_told() {
    let setup = Setup {
        manners: Manners::plain(),
        ..Setup::default()
    };
    let scene = Scene::with(setup).await;
    let session = scene.taken("ann").await;
    scene
        .olga
        .call("typing", json!({ "session": session }))
        .await;
    scene.answer(&session, "hello").await;
    scene.messenger.wait_for("message", 1).await;
    assert!(scene.messenger.received_of("typing").is_empty());
}

#[tokio::test]
async fn a_messenger_that_wants_sessions_is_told_of_them() {
    let manners = Manners {
        proves: true,
        capabilities: Some(json!({ "sessions": true })),
    };
    let scene = Scene::with(Setup {
        manners,
        ..Setup::default()
    })
    .await;
    let session = scene.taken("ann").await;
    scene
        .olga
        .call("sessions.close", json!({ "session": session }))
        .await;
    let told = scene.messenger.wait_for("session", 3).await;
    let states: Vec<String> = told.iter().map(|one| text(&one.data()["state"])).collect();
    assert_eq!(states, ["opened", "assigned", "closed"]);
    for one in told {
        assert_eq!(one.data()["sessionId"], session.as_str());
        assert_eq!(one.data()["targetChatId"], "ann");
    }
}
