//! Answers of a messenger that mean no.

use serde_json::json;

use crate::answer::Answer;
use crate::delivery::soon;
use crate::messenger::message;
use crate::scene::{Scene, text};

#[tokio::test]
async fn a_message_that_the_messenger_cannot_take_fails_with_its_words_and_frees_its_chat() {
    let scene = Scene::open().await;
    let session = scene.taken("ann").await;
    for status in [400_u16, 403, 404, 413, 422] {
        let words = format!("no, says {status}");
        let answer = Answer::status(status).text(&words);
        scene.messenger.answers_to("message", answer);
        let id = scene.answer(&session, "a cat").await;
        let delivery = scene.delivery(&session, &id, "failed").await;
        assert_eq!(delivery["status"], status);
        assert_eq!(delivery["attempts"], 1);
        let reason = delivery["reason"].as_str().unwrap();
        assert!(reason.contains(&status.to_string()), "{reason}");
        // What it says may be the person's words: it is shown where attempts are, and not kept clear.
        let page = scene
            .admin
            .call("deliveries.list", json!({ "message": id }))
            .await;
        assert_eq!(page["attempts"][0]["answer"], words.as_str(), "{page}");
        scene.messenger.answers_as_usual();
        let next = scene.answer(&session, "a dog").await;
        scene.delivery(&session, &next, "accepted").await;
    }
    assert_eq!(scene.channel().await["status"], "active");
    assert!(scene.channel().await["lastError"].is_string());
}

#[tokio::test]
async fn a_failed_message_is_sent_again_under_its_id() {
    let scene = Scene::open().await;
    let session = scene.taken("ann").await;
    scene.messenger.answers_to("message", Answer::status(422));
    let id = scene.answer(&session, "try this").await;
    scene.delivery(&session, &id, "failed").await;
    scene.messenger.answers_as_usual();
    scene
        .olga
        .call("messages.retry", json!({ "message": id }))
        .await;
    scene.delivery(&session, &id, "accepted").await;
    let sent = scene.messenger.received_of("message");
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[0].data()["messageId"], id.as_str());
    assert_eq!(sent[1].raw, sent[0].raw);
    assert_eq!(
        scene.history(&session).await.len(),
        2,
        "one hello, one answer"
    );
    let retry = scene
        .olga
        .ask("messages.retry", json!({ "message": id }))
        .await;
    retry.expect_err("what was accepted is not sent again");
}

#[tokio::test]
async fn a_401_interrupts_the_channel_and_what_was_sent_waits() {
    let scene = Scene::with(soon()).await;
    let session = scene.taken("ann").await;
    scene.messenger.answers_to("message", Answer::status(401));
    let id = scene.answer(&session, "hello").await;
    let channel = scene.channel_is("interrupted").await;
    assert!(
        channel["reason"].as_str().unwrap().contains("code"),
        "{channel}"
    );
    assert_eq!(
        scene.delivery_of(&session, &id).await["state"],
        "sending",
        "not given up"
    );
    let tries = scene.messenger.received_of("message").len();
    scene
        .messenger
        .post(&message("m2", "ann", "x"))
        .await
        .problem(409, "channel_disconnected");

    scene.messenger.answers_as_usual();
    let args = json!({ "channel": scene.channel });
    scene.admin.call("channels.reconnect", args).await;
    scene.delivery(&session, &id, "accepted").await;
    assert_eq!(scene.messenger.received_of("message").len(), tries + 1);
}

#[tokio::test]
async fn a_410_disconnects_the_channel() {
    let scene = Scene::open().await;
    let session = scene.taken("ann").await;
    scene.messenger.answers_to("message", Answer::status(410));
    let id = scene.answer(&session, "hello").await;
    let channel = scene.channel_is("disconnected").await;
    assert!(
        channel["reason"].as_str().unwrap().contains("410"),
        "{channel}"
    );
    scene
        .messenger
        .post(&message("m2", "ann", "x"))
        .await
        .problem(409, "channel_disconnected");
    assert_eq!(
        scene.delivery_of(&session, &id).await["state"],
        "sending",
        "not given up"
    );
}

#[tokio::test]
async fn a_profile_that_is_broken_json_is_read_as_far_as_it_goes() {
    let scene = Scene::open().await;
    let broken = r#"{"id":"user-of-ann" "username":"Ann \"A\" Lee" "phoneNumber":"+1 555" }"#;
    scene
        .messenger
        .answers_to("userInfo", Answer::status(200).text(broken));
    let session = scene.session("ann").await;
    let args = json!({ "session": session });
    let contact = scene.olga.call("sessions.get", args).await["contact"]["id"].clone();
    let args = json!({ "contact": contact });
    let known = scene.olga.until("contacts.get", args, |answer| {
        let contact = answer["contact"].clone();
        contact["username"].is_string().then_some(contact)
    });
    let known = known.await;
    assert_eq!(known["username"], "Ann \"A\" Lee");
    assert_eq!(known["phoneNumber"], "+1 555");

    // None at all does not keep anything up.
    scene
        .messenger
        .answers_to("userInfo", Answer::status(500).text("<html>"));
    let other = scene.session("bob").await;
    assert_ne!(other, session);
    let outcomes = scene.messenger.wait_for("messageOutcome", 2).await;
    assert_eq!(text(&outcomes[1].data()["messageId"]), "first-of-bob");
}

#[tokio::test]
async fn what_failed_since_a_time_is_replayed() {
    let scene = Scene::open().await;
    let session = scene.taken("ann").await;
    scene.messenger.answers_to("message", Answer::status(422));
    let mut failed = Vec::new();
    for words in ["one", "two"] {
        let id = scene.answer(&session, words).await;
        scene.delivery(&session, &id, "failed").await;
        failed.push(id);
    }
    scene.messenger.answers_as_usual();
    let replay = json!({ "channel": scene.channel, "since": "2020-01-01T00:00:00Z" });
    scene
        .olga
        .refused("deliveries.replay", replay.clone(), "forbidden")
        .await;
    scene.admin.call("deliveries.replay", replay).await;
    for id in &failed {
        scene.delivery(&session, id, "accepted").await;
    }
    let sent = scene.messenger.received_of("message");
    let texts: Vec<&str> = sent.iter().map(|one| one.text()).collect();
    assert_eq!(
        texts,
        ["one", "two", "one", "two"],
        "in the order in which they were sent"
    );
}
