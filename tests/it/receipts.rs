//! What a messenger says of messages later: receipts, edits, deletions.

use serde_json::{Value, json};

use crate::http::Reply;
use crate::messenger::message;
use crate::scene::{Scene, each, text};

async fn receipt(scene: &Scene, message: &str, status: &str) -> Reply {
    let data = json!({ "messageId": message, "status": status, "reason": "as it happens" });
    scene
        .messenger
        .post(&json!({ "type": "messageStatus", "data": data }))
        .await
}

async fn says(scene: &Scene, kind: &str, data: Value) -> Reply {
    scene
        .messenger
        .post(&json!({ "type": kind, "data": data }))
        .await
}

#[tokio::test]
async fn receipts_move_a_delivery_on_and_never_back() {
    let scene = Scene::open().await;
    let session = scene.taken("ann").await;
    let id = scene.answer(&session, "hello").await;
    scene.delivery(&session, &id, "accepted").await;
    assert_eq!(receipt(&scene, &id, "delivered").await.status, 200);
    let delivery = scene.delivery(&session, &id, "delivered").await;
    assert!(delivery["deliveredAt"].is_string());
    assert_eq!(receipt(&scene, &id, "read").await.status, 200);
    let delivery = scene.delivery(&session, &id, "read").await;
    assert!(delivery["deliveredAt"].is_string() && delivery["readAt"].is_string());
    for late in ["delivered", "failed", "read"] {
        assert_eq!(receipt(&scene, &id, late).await.status, 200, "{late}");
        assert_eq!(
            scene.delivery(&session, &id, "read").await,
            delivery,
            "{late}"
        );
    }

    let lost = scene.answer(&session, "lost").await;
    scene.delivery(&session, &lost, "accepted").await;
    assert_eq!(receipt(&scene, &lost, "failed").await.status, 200);
    let delivery = scene.delivery(&session, &lost, "failed").await;
    assert!(
        delivery["reason"]
            .as_str()
            .unwrap()
            .contains("as it happens")
    );
    receipt(&scene, &lost, "seen").await.problem(422, "invalid");
}

#[tokio::test]
async fn a_read_receipt_alone_is_enough() {
    let scene = Scene::open().await;
    let session = scene.taken("ann").await;
    let id = scene.answer(&session, "hello").await;
    scene.delivery(&session, &id, "accepted").await;
    receipt(&scene, &id, "read").await.ok();
    assert!(scene.delivery(&session, &id, "read").await["readAt"].is_string());
}

#[tokio::test]
async fn a_message_is_edited_and_deleted_as_its_author_wishes() {
    let scene = Scene::open().await;
    let session = scene.session("ann").await;
    scene.messenger.say("m2", "ann", "to go").await;
    let edit = json!({ "externalMessageId": "first-of-ann", "text": "hello!" });
    assert_eq!(says(&scene, "messageEdited", edit).await.status, 200);
    let delete = json!({ "externalMessageId": "m2" });
    assert_eq!(says(&scene, "messageDeleted", delete).await.status, 200);
    let history = scene.history(&session).await;
    assert_eq!(history.len(), 2);
    assert_eq!(history[0]["text"], "hello!");
    assert!(history[0]["edited"].is_string() || history[0]["edited"] == true);
    assert_eq!(history[1].get("text").filter(|text| !text.is_null()), None);
    assert!(history[1]["deleted"].is_string() || history[1]["deleted"] == true);
    // What was sent first is still the same message.
    let again = scene
        .messenger
        .post(&message("first-of-ann", "ann", "hello"))
        .await
        .ok();
    assert_eq!(again["duplicate"], true);
}

#[tokio::test]
async fn an_edit_that_comes_before_its_message_waits_for_it_also_across_a_restart() {
    let mut scene = Scene::open().await;
    let session = scene.session("ann").await;
    let edit = json!({ "externalMessageId": "m2", "text": "as it should be" });
    assert_eq!(says(&scene, "messageEdited", edit).await.status, 200);
    let delete = json!({ "externalMessageId": "m3" });
    assert_eq!(says(&scene, "messageDeleted", delete).await.status, 200);
    assert_eq!(scene.history(&session).await.len(), 1);
    scene.house.kill().await;
    scene.house.start().await;
    scene.admin = scene.house.admin().await;
    scene.messenger.say("m2", "ann", "as it was").await;
    scene.messenger.say("m3", "ann", "nobody reads this").await;
    let history = scene.history(&session).await;
    assert_eq!(each(&history[..2], "text"), ["hello", "as it should be"]);
    assert!(
        !history[2].to_string().contains("nobody reads this"),
        "{}",
        history[2]
    );
}

#[tokio::test]
async fn what_an_operator_has_read_is_marked_at_the_messenger() {
    let scene = Scene::open().await;
    let session = scene.taken("ann").await;
    let second = scene.messenger.say("m2", "ann", "and?").await;
    let unread = |answer: &Value| answer["session"]["unread"].as_u64();
    let args = json!({ "session": session });
    assert_eq!(
        unread(&scene.olga.call("sessions.get", args.clone()).await),
        Some(2)
    );
    let read = json!({ "session": session, "upTo": second["messageId"] });
    scene.olga.call("messages.read", read).await;
    let marked = scene.messenger.wait_until("m2 is marked", |all| {
        let mut marks = all.iter().filter(|one| one.kind() == "markAsRead");
        marks.any(|mark| text(&mark.data()["messageId"]) == "m2")
    });
    marked.await;
    let marks = scene.messenger.wait_for("markAsRead", 1).await;
    assert_eq!(marks[0].body["channelId"], scene.channel.as_str());
    assert_eq!(
        unread(&scene.olga.call("sessions.get", args).await),
        Some(0)
    );
}

#[tokio::test]
async fn a_messenger_learns_who_wrote_to_it_and_of_nobody_else() {
    let scene = Scene::open().await;
    let ask = |user: &str| json!({ "type": "userInfo", "data": { "userId": user } });
    assert_eq!(
        scene.messenger.post(&ask("olga")).await.status,
        404,
        "she has not written yet"
    );
    let session = scene.taken("ann").await;
    scene.answer(&session, "hello").await;
    scene.messenger.wait_for("message", 1).await;
    let card = scene.messenger.post(&ask("olga")).await.ok();
    assert_eq!(
        (&card["id"], &card["username"]),
        (&json!("olga"), &json!("OLGA"))
    );
    for user in ["admin", "nobody"] {
        assert_eq!(scene.messenger.post(&ask(user)).await.status, 404, "{user}");
    }
}
