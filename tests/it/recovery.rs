//! What is rebuilt is what was there.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::operator::Operator;
use crate::scene::{Scene, list};

/// Everything that an administrator can ask.
async fn everything(admin: &Operator, scene: &Scene) -> Vec<(String, Value)> {
    let sessions = |view: &str| ("sessions.list", json!({ "view": view }));
    let mut asked = vec![
        ("live-chats.list", json!({})),
        ("channels.list", json!({})),
        ("users.list", json!({})),
        ("contacts.list", json!({})),
        ("deliveries.list", json!({ "channel": scene.channel })),
        ("audit.list", json!({})),
        ("replies.list", json!({ "liveChat": scene.live_chat })),
        ("events.after", json!({ "position": 0 })),
        ("me", json!({})),
    ];
    asked.extend(["queue", "mine", "active", "closed"].map(sessions));
    let mut answers = Vec::new();
    for (method, args) in asked {
        answers.push((format!("{method} {args}"), admin.call(method, args).await));
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
async fn projections_that_were_thrown_away_come_back_as_they_were() {
    let mut scene = Scene::open().await;
    for chat in ["ann", "bob", "cid"] {
        let session = scene.taken(chat).await;
        let id = scene.answer(&session, "hello").await;
        scene.delivery(&session, &id, "accepted").await;
        let receipt = json!({ "messageId": id, "status": "delivered" });
        scene
            .messenger
            .post(&json!({ "type": "messageStatus", "data": receipt }))
            .await
            .ok();
        scene
            .olga
            .call(
                "messages.note",
                json!({ "session": session, "text": "a note" }),
            )
            .await;
        if chat == "ann" {
            scene
                .olga
                .call("sessions.close", json!({ "session": session }))
                .await;
        }
    }
    let edit = json!({ "externalMessageId": "first-of-bob", "text": "hello!" });
    scene
        .messenger
        .post(&json!({ "type": "messageEdited", "data": edit }))
        .await
        .ok();
    let delete = json!({ "externalMessageId": "first-of-cid" });
    scene
        .messenger
        .post(&json!({ "type": "messageDeleted", "data": delete }))
        .await
        .ok();
    let reply = json!({ "liveChat": scene.live_chat, "shortcut": "hi", "text": "Hello!" });
    scene.admin.call("replies.create", reply).await;
    scene.messenger.answers_to("message", Answer::status(422));
    let session = scene.taken("dot").await;
    let id = scene.answer(&session, "fails").await;
    scene.delivery(&session, &id, "failed").await;
    scene.messenger.say("again", "ann", "me again").await;
    scene.messenger.wait_for("messageOutcome", 5).await;
    // Once stopped and started, everything that was under way is at rest.
    scene.house.restart().await;
    let before = everything(&scene.house.admin().await, &scene).await;

    scene.house.stop().await;
    std::fs::remove_dir_all(scene.house.data().join("projections")).unwrap();
    scene.house.start().await;
    let admin = scene.house.admin().await;
    let after = everything(&admin, &scene).await;
    assert_eq!(before.len(), after.len());
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before, after);
    }
}
