//! Rebuilding projections from the log.

use std::time::Duration;

use serde_json::{Value, json};

use crate::broker::TestBroker;
use crate::operator::Operator;
use crate::wait::until;
use crate::world::{World, list};

/// An answer without the time and who is connected, which are not in the log.
fn lasting(mut answer: Value) -> Value {
    if let Some(members) = answer.as_object_mut() {
        members.remove("time");
    }
    let people = answer.get_mut("people").and_then(Value::as_array_mut);
    for person in people.into_iter().flatten() {
        person.as_object_mut().unwrap().remove("online");
    }
    answer
}

/// The answers to everything that an administrator can request.
async fn everything(admin: &Operator, world: &World) -> Vec<(String, Value)> {
    let sessions = |view: &str| ("sessions.list", json!({ "view": view }));
    let mut requests = vec![
        ("live-chats.list", json!({})),
        ("channels.list", json!({})),
        ("users.list", json!({})),
        ("contacts.list", json!({})),
        ("deliveries.list", json!({ "channel": world.channel })),
        ("audit.list", json!({})),
        ("replies.list", json!({ "liveChat": world.live_chat })),
        ("events.after", json!({ "position": 0 })),
        ("me", json!({})),
    ];
    requests.extend(["queue", "mine", "active", "closed"].map(sessions));
    let mut answers = Vec::new();
    for (method, args) in requests {
        let name = format!("{method} {args}");
        answers.push((name, lasting(admin.call(method, args).await)));
    }
    for view in ["queue", "active", "closed"] {
        let (method, args) = sessions(view);
        for session in list(&admin.call(method, args).await, "sessions") {
            for method in ["sessions.get", "sessions.history"] {
                let args = json!({ "session": session["id"] });
                answers.push((format!("{method} {args}"), admin.call(method, args).await));
            }
        }
    }
    answers
}

#[tokio::test]
async fn deleted_projections_are_rebuilt_exactly() {
    let mut world = World::start().await;
    for chat in ["ann", "bob", "cid"] {
        let session = world.assigned_session(chat).await;
        let id = world.send(&session, "hello").await;
        world.delivery(&session, &id, "accepted").await;
        let receipt = json!({ "messageId": id, "status": "delivered" });
        world.messenger.accepted("messageStatus", receipt).await;
        let note = json!({ "session": session, "text": "a note" });
        world.olga.call("messages.note", note).await;
        if chat == "ann" {
            world.olga.on_session("sessions.close", &session).await;
        }
    }
    let edit = json!({ "externalMessageId": "first-of-bob", "text": "hello!" });
    world.messenger.accepted("messageEdited", edit).await;
    let delete = json!({ "externalMessageId": "first-of-cid" });
    world.messenger.accepted("messageDeleted", delete).await;
    let reply = json!({ "liveChat": world.live_chat, "shortcut": "hi", "text": "Hello!" });
    world.admin.call("replies.create", reply).await;
    world.messenger.respond_status("message", 422);
    let session = world.assigned_session("dot").await;
    let id = world.send(&session, "fails").await;
    world.delivery(&session, &id, "failed").await;
    world.messenger.say("again", "ann", "me again").await;
    world.messenger.wait_for("messageOutcome", 5).await;
    world.broker.restart().await;
    let admin = world.broker.admin().await;
    // The last outcome may be sent again and recorded a second later.
    let before = until("answers that stay the same", async || {
        let first = everything(&admin, &world).await;
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        let second = everything(&admin, &world).await;
        (first == second).then_some(second)
    })
    .await;

    world.broker.stop().await;
    std::fs::remove_dir_all(world.broker.data().join("projections")).unwrap();
    world.broker.start().await;
    let admin = world.broker.admin().await;
    let after = everything(&admin, &world).await;
    assert_eq!(before, after);
}

#[tokio::test]
async fn damage_of_the_log_is_reported_while_the_broker_runs() {
    let broker = TestBroker::with(&[("log.scrub_round", "200ms")]).await;
    let metrics = async || broker.ops("/metrics").await.unwrap().text();
    until("a check of the log", async || {
        let checked = "switchboard_log_scrubbed_segments_total 1";
        metrics().await.contains(checked).then_some(())
    })
    .await;
    let undamaged = "switchboard_log_damaged_total 0\n";
    assert!(metrics().await.contains(undamaged));
    let segment = broker.data().join("log/journal/00000000000000000001.seg");
    let mut bytes = std::fs::read(&segment).unwrap();
    bytes[90] ^= 1;
    std::fs::write(&segment, bytes).unwrap();
    until("a report of the damage", async || {
        (!metrics().await.contains(undamaged)).then_some(())
    })
    .await;
    until("a line in the log", async || {
        let advice = "run `switchboard log repair`";
        broker.log().contains(advice).then_some(())
    })
    .await;
}
