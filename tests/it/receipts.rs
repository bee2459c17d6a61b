//! Receipts, edits and deletions.

use std::time::Duration;

use serde_json::{Value, json};

use crate::http::Reply;
use crate::messenger::message;
use crate::world::{World, each, text};

async fn receipt(world: &World, message: &str, status: &str) -> Reply {
    let data = json!({ "messageId": message, "status": status, "reason": "as it happens" });
    world.messenger.event("messageStatus", data).await
}

#[tokio::test]
async fn a_receipt_counts_if_it_proves_more() {
    let world = World::start().await;
    let session = world.assigned_session("ann").await;
    let id = world.send(&session, "hello").await;
    world.delivery(&session, &id, "accepted").await;
    assert_eq!(receipt(&world, &id, "delivered").await.status, 200);
    let delivery = world.delivery(&session, &id, "delivered").await;
    assert!(delivery["deliveredAt"].is_string());
    assert_eq!(receipt(&world, &id, "read").await.status, 200);
    let delivery = world.delivery(&session, &id, "read").await;
    assert!(delivery["deliveredAt"].is_string() && delivery["readAt"].is_string());
    assert_eq!(delivery.get("reason"), None, "nothing failed");
    for late in ["delivered", "failed", "read"] {
        assert_eq!(receipt(&world, &id, late).await.status, 200, "{late}");
        assert_eq!(
            world.delivery(&session, &id, "read").await,
            delivery,
            "{late}"
        );
    }

    let lost = world.send(&session, "lost").await;
    world.delivery(&session, &lost, "accepted").await;
    assert_eq!(receipt(&world, &lost, "failed").await.status, 200);
    let delivery = world.delivery(&session, &lost, "failed").await;
    assert!(
        delivery["reason"]["message"]
            .as_str()
            .unwrap()
            .contains("as it happens")
    );
    receipt(&world, &lost, "seen").await.problem(422, "invalid");

    // Evidence wins: the person has it after all.
    assert_eq!(receipt(&world, &lost, "delivered").await.status, 200);
    world.delivery(&session, &lost, "delivered").await;
    let args = json!({ "message": lost });
    let retry = world.olga.request("messages.retry", args).await;
    retry.expect_err("a delivered message is not sent again");
    assert_eq!(receipt(&world, &lost, "failed").await.status, 200);
    assert_eq!(receipt(&world, &lost, "read").await.status, 200);
    world.delivery(&session, &lost, "read").await;
}

#[tokio::test]
async fn a_message_is_edited_and_deleted_by_its_author() {
    let world = World::start().await;
    let session = world.queued_session("ann").await;
    world.messenger.say("m2", "ann", "to go").await;
    let edit = json!({ "externalMessageId": "first-of-ann", "text": "hello!" });
    assert_eq!(
        world.messenger.event("messageEdited", edit).await.status,
        200
    );
    let delete = json!({ "externalMessageId": "m2" });
    assert_eq!(
        world.messenger.event("messageDeleted", delete).await.status,
        200
    );
    let history = world.history(&session).await;
    assert_eq!(history.len(), 2);
    assert_eq!(history[0]["text"], "hello!");
    assert!(history[0]["edited"].is_string() || history[0]["edited"] == true);
    assert_eq!(history[1].get("text").filter(|text| !text.is_null()), None);
    assert!(history[1]["deleted"].is_string() || history[1]["deleted"] == true);
    // A repeat of the original is still a duplicate.
    let again = world
        .messenger
        .post(&message("first-of-ann", "ann", "hello"))
        .await
        .ok();
    assert_eq!(again["duplicate"], true);
}

#[tokio::test]
async fn an_edit_that_arrives_before_its_message_is_kept_across_a_crash() {
    let mut world = World::start().await;
    let session = world.queued_session("ann").await;
    let edit = json!({ "externalMessageId": "m2", "text": "as it should be" });
    assert_eq!(
        world.messenger.event("messageEdited", edit).await.status,
        200
    );
    let delete = json!({ "externalMessageId": "m3" });
    assert_eq!(
        world.messenger.event("messageDeleted", delete).await.status,
        200
    );
    assert_eq!(world.history(&session).await.len(), 1);
    world.crash().await;
    world.admin = world.broker.admin().await;
    world.messenger.say("m2", "ann", "as it was").await;
    world.messenger.say("m3", "ann", "nobody reads this").await;
    let history = world.history(&session).await;
    assert_eq!(each(&history[..2], "text"), ["hello", "as it should be"]);
    assert!(
        !history[2].to_string().contains("nobody reads this"),
        "{}",
        history[2]
    );
}

#[tokio::test]
async fn more_edits_than_may_wait_are_refused_until_a_message_comes() {
    let world = World::start().await;
    let session = world.queued_session("ann").await;
    // As the messenger does that a channel's rate holds up.
    let edit = async |n: usize| loop {
        let data = json!({ "externalMessageId": format!("e{n}"), "text": "right" });
        let reply = world.messenger.event("messageEdited", data).await;
        if reply.status != 429 {
            return reply;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    for n in 0..1_000 {
        assert_eq!(edit(n).await.status, 200, "{n}");
    }
    let refused = edit(1_000).await;
    let detail = refused.problem(503, "unavailable")["detail"].to_string();
    assert!(
        detail.contains("1000 edits of this channel wait"),
        "{detail}"
    );
    assert!(refused.header("retry-after").parse::<u32>().unwrap() >= 1);
    world.messenger.say("e0", "ann", "wrong").await;
    assert_eq!(edit(1_000).await.status, 200);
    world.messenger.say("e1000", "ann", "wrong").await;
    let history = world.history(&session).await;
    assert_eq!(each(&history, "text"), ["hello", "right", "right"]);
}

#[tokio::test]
async fn messages_that_an_operator_has_read_are_marked_at_the_messenger() {
    let world = World::start().await;
    let session = world.assigned_session("ann").await;
    let second = world.messenger.say("m2", "ann", "and?").await;
    let unread = |answer: &Value| answer["session"]["unread"].as_u64();
    let args = json!({ "session": session });
    assert_eq!(
        unread(&world.olga.call("sessions.get", args.clone()).await),
        Some(2)
    );
    let read = json!({ "session": session, "upTo": second["messageId"] });
    world.olga.call("messages.read", read).await;
    let marked = world.messenger.wait_until("m2 is marked", |all| {
        let mut marks = all.iter().filter(|one| one.kind() == "markAsRead");
        marks.any(|mark| text(&mark.data()["messageId"]) == "m2")
    });
    marked.await;
    let marks = world.messenger.wait_for("markAsRead", 1).await;
    assert_eq!(marks[0].body["channelId"], world.channel.as_str());
    assert_eq!(
        unread(&world.olga.call("sessions.get", args).await),
        Some(0)
    );
}
