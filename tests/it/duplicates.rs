//! One effect per intent, however often it is sent.

use serde_json::{Value, json};

use crate::messenger::message;
use crate::scene::{Scene, each, list, text};

/// What a command id looks like.
const COMMAND: &str = "019a0000-0000-7000-8000-00000000c0de";

#[tokio::test]
async fn the_same_message_again_gets_the_first_answer_also_after_restarts() {
    let mut scene = Scene::open().await;
    let said = message("m1", "ann", "once");
    let mut first = scene.messenger.post(&said).await.ok();
    assert_eq!(first.get("duplicate"), None);
    first["duplicate"] = true.into();
    assert_eq!(scene.messenger.post(&said).await.ok(), first);
    let mut reordered = said.clone();
    reordered["data"]["somethingNew"] = json!({ "unknown": "members are ignored" });
    assert_eq!(scene.messenger.post_signed(&reordered).await.ok(), first);

    let other = message("m1", "ann", "something else");
    scene
        .messenger
        .post(&other)
        .await
        .problem(409, "message_conflict");
    scene.house.restart().await;
    assert_eq!(scene.messenger.post(&said).await.ok(), first);
    scene
        .messenger
        .post(&other)
        .await
        .problem(409, "message_conflict");
    scene.house.kill().await;
    scene.house.start().await;
    assert_eq!(scene.messenger.post(&said).await.ok(), first);
    scene
        .messenger
        .post(&other)
        .await
        .problem(409, "message_conflict");

    let olga = scene.house.sign_in("olga").await;
    let session = text(&first["sessionId"]);
    olga.call("sessions.take", json!({ "session": session }))
        .await;
    olga.call("sessions.close", json!({ "session": session }))
        .await;
    assert_eq!(
        scene.messenger.post(&said).await.ok(),
        first,
        "no session is opened by it"
    );
    let page = olga
        .call("sessions.history", json!({ "session": session }))
        .await;
    assert_eq!(each(&list(&page, "messages"), "text"), ["once"]);
    let outcomes = scene.messenger.wait_for("messageOutcome", 1).await;
    assert_eq!(outcomes.len(), 1);
}

#[tokio::test]
async fn of_many_at_the_same_time_one_is_the_first() {
    let scene = Scene::open().await;
    let said = message("m1", "ann", "once");
    let posts = (0..12).map(|_| scene.messenger.post(&said));
    let answers = futures_util::future::join_all(posts).await;
    let answers: Vec<Value> = answers.iter().map(crate::http::Reply::ok).collect();
    let first: Vec<&Value> = answers
        .iter()
        .filter(|one| one.get("duplicate").is_none())
        .collect();
    assert_eq!(first.len(), 1, "{answers:?}");
    assert!(
        answers
            .iter()
            .all(|one| one["messageId"] == first[0]["messageId"])
    );

    let (oscar, sven) = (
        scene.hire("oscar", "supervisors").await,
        scene.hire("sven", "supervisors").await,
    );
    let take = json!({ "session": first[0]["sessionId"] });
    let takes = [&scene.olga, &oscar, &sven].map(|who| who.ask("sessions.take", take.clone()));
    let takes = futures_util::future::join_all(takes).await;
    assert_eq!(
        takes.iter().filter(|one| one.is_ok()).count(),
        1,
        "{takes:?}"
    );
    for refusal in takes.iter().filter_map(|one| one.as_ref().err()) {
        assert_eq!(refusal.code, "already_assigned");
    }
}

#[tokio::test]
async fn an_id_is_known_within_its_channel_only() {
    let scene = Scene::open().await;
    let first = scene.messenger.say("m1", "ann", "once").await;
    let other = crate::messenger::Messenger::start("another", crate::answer::Manners::good()).await;
    crate::scene::connect(&scene.admin, &scene.live_chat, &other, json!({})).await;
    let second = other
        .say("m1", "ann", "another person by the same ids")
        .await;
    assert_ne!(second["messageId"], first["messageId"]);
    assert_ne!(second["sessionId"], first["sessionId"]);
}

#[tokio::test]
async fn a_command_repeated_by_its_id_gets_the_first_answer_and_has_one_effect() {
    let mut scene = Scene::open().await;
    let session = scene.taken("ann").await;
    let args = json!({ "session": session, "text": "hello Ann", "commandId": COMMAND });
    let ids = |answer: &Value| (answer["messageId"].clone(), answer["position"].clone());
    let first = scene.olga.call("messages.send", args.clone()).await;
    assert_eq!(
        ids(&scene.olga.call("messages.send", args.clone()).await),
        ids(&first)
    );
    scene
        .delivery(&session, &text(&first["messageId"]), "accepted")
        .await;

    scene.house.kill().await;
    scene.house.start().await;
    let olga = scene.house.sign_in("olga").await;
    assert_eq!(ids(&olga.call("messages.send", args).await), ids(&first));
    let other = json!({ "session": session, "text": "the last" });
    olga.call("messages.send", other).await;
    let sent = scene.messenger.wait_for("message", 2).await;
    let texts: Vec<&str> = sent.iter().map(|one| one.text()).collect();
    assert_eq!(texts, ["hello Ann", "the last"]);
}
