//! Repeated messages and commands have one effect.

use serde_json::{Value, json};

use crate::messenger::message;
use crate::world::{World, each, list, text};

/// A command id.
const COMMAND: &str = "019a0000-0000-7000-8000-00000000c0de";

#[tokio::test]
async fn a_repeated_message_gets_the_first_answer_even_after_restarts() {
    let mut world = World::start().await;
    let sent = message("m1", "ann", "once");
    let mut first = world.messenger.post(&sent).await.ok();
    assert_eq!(first.get("duplicate"), None);
    first["duplicate"] = true.into();
    assert_eq!(world.messenger.post(&sent).await.ok(), first);
    let mut reordered = sent.clone();
    reordered["data"]["somethingNew"] = json!({ "unknown": "members are ignored" });
    assert_eq!(world.messenger.post_signed(&reordered).await.ok(), first);

    let other = message("m1", "ann", "something else");
    world
        .messenger
        .expect_problem(&other, 409, "message_conflict")
        .await;
    world.broker.restart().await;
    assert_eq!(world.messenger.post(&sent).await.ok(), first);
    world
        .messenger
        .expect_problem(&other, 409, "message_conflict")
        .await;
    world.crash().await;
    assert_eq!(world.messenger.post(&sent).await.ok(), first);
    world
        .messenger
        .expect_problem(&other, 409, "message_conflict")
        .await;

    let olga = world.broker.sign_in("olga").await;
    let session = text(&first["sessionId"]);
    olga.on_session("sessions.take", &session).await;
    olga.on_session("sessions.close", &session).await;
    assert_eq!(
        world.messenger.post(&sent).await.ok(),
        first,
        "a repeat opens no session"
    );
    let page = olga
        .call("sessions.history", json!({ "session": session }))
        .await;
    assert_eq!(each(&list(&page, "messages"), "text"), ["once"]);
    let outcomes = world.messenger.wait_for("messageOutcome", 1).await;
    assert_eq!(outcomes.len(), 1);
}

async fn post(world: &World, webhook_id: &str, body: &Value) -> Value {
    world.messenger.post_signed_as(webhook_id, body).await.ok()
}

#[tokio::test]
async fn a_signed_request_has_one_effect_even_after_a_crash() {
    let mut world = World::start().await;
    let session = text(&world.messenger.say("m1", "ann", "a").await["sessionId"]);
    let edit = |text: &str| json!({ "type": "messageEdited", "data": { "externalMessageId": "m1", "text": text } });
    let (first, disconnect) = (edit("b"), json!({ "type": "disconnect" }));
    let first_answer = json!({ "status": "accepted" });
    let repeated = json!({ "status": "accepted", "duplicate": true });
    assert_eq!(post(&world, "w1", &first).await, first_answer);
    assert_eq!(post(&world, "w2", &edit("c")).await, first_answer);
    assert_eq!(post(&world, "w1", &first).await, repeated);
    assert_eq!(post(&world, "w3", &disconnect).await, first_answer);
    world.crash().await;
    let admin = world.broker.sign_in("admin").await;
    let channel = json!({ "channel": world.channel });
    admin.call("channels.reconnect", channel).await;
    assert_eq!(post(&world, "w3", &disconnect).await, repeated);
    assert_eq!(post(&world, "w1", &first).await, repeated);
    let other = world.messenger.post_signed_as("w1", &edit("d")).await;
    other.problem(409, "message_conflict");
    let page = admin
        .call("sessions.history", json!({ "session": session }))
        .await;
    assert_eq!(each(&list(&page, "messages"), "text"), ["c"]);
    // The channel is active: a new message is accepted.
    world.messenger.say("m2", "ann", "hello").await;
}

#[tokio::test]
async fn of_concurrent_repeats_exactly_one_is_the_first() {
    let world = World::start().await;
    let sent = message("m1", "ann", "once");
    let posts = (0..12).map(|_| world.messenger.post(&sent));
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

    let [oscar, sven] = world.new_operators(["oscar", "sven"]).await;
    let take = json!({ "session": first[0]["sessionId"] });
    let takes = [&world.olga, &oscar, &sven].map(|who| who.request("sessions.take", take.clone()));
    let takes = futures_util::future::join_all(takes).await;
    assert_eq!(
        takes.iter().filter(|one| one.is_ok()).count(),
        1,
        "{takes:?}"
    );
    for rejection in takes.iter().filter_map(|one| one.as_ref().err()) {
        assert_eq!(rejection.code, "already_assigned");
    }
}

#[tokio::test]
async fn message_ids_are_scoped_to_their_channel() {
    let world = World::start().await;
    let first = world.messenger.say("m1", "ann", "once").await;
    let other =
        crate::messenger::Messenger::start("another", crate::response::Behaviour::complete()).await;
    crate::world::connect(&world.admin, &world.live_chat, &other, json!({})).await;
    let second = other
        .say("m1", "ann", "another person by the same ids")
        .await;
    assert_ne!(second["messageId"], first["messageId"]);
    assert_ne!(second["sessionId"], first["sessionId"]);
}

#[tokio::test]
async fn a_command_repeated_by_its_id_gets_the_first_answer_and_has_one_effect() {
    let mut world = World::start().await;
    let session = world.assigned_session("ann").await;
    let args = json!({ "session": session, "text": "hello Ann", "commandId": COMMAND });
    let ids = |answer: &Value| (answer["messageId"].clone(), answer["position"].clone());
    let first = world.olga.call("messages.send", args.clone()).await;
    assert_eq!(
        ids(&world.olga.call("messages.send", args.clone()).await),
        ids(&first)
    );
    world
        .delivery(&session, &text(&first["messageId"]), "accepted")
        .await;

    world.crash().await;
    let olga = world.broker.sign_in("olga").await;
    assert_eq!(ids(&olga.call("messages.send", args).await), ids(&first));
    let other = json!({ "session": session, "text": "the last" });
    olga.call("messages.send", other).await;
    let sent = world.messenger.wait_for("message", 2).await;
    let texts: Vec<&str> = sent.iter().map(|one| one.text()).collect();
    assert_eq!(texts, ["hello Ann", "the last"]);
}
