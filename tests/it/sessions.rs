//! Transfers, lists, histories, canned replies and the audit trail.

use serde_json::{Value, json};

use crate::world::{World, create_user, each, list};

async fn with_oscar(world: &World) -> crate::operator::Operator {
    create_user(&world.admin, "oscar", "operators").await;
    world.set_members(&["olga", "oscar"]).await;
    world.broker.sign_in("oscar").await
}

#[tokio::test]
async fn a_session_is_transferred_with_a_note_that_the_messenger_never_gets() {
    let world = World::start().await;
    let oscar = with_oscar(&world).await;
    // A change of members may disconnect every member.
    let olga = world.broker.sign_in("olga").await;
    let session = world.queued_session("ann").await;
    olga.on_session("sessions.take", &session).await;
    let args = json!({ "session": session, "to": "oscar", "note": "she wants a refund" });
    olga.call("sessions.transfer", args).await;
    let send = json!({ "session": session, "text": "it is Oscar now" });
    olga.rejected("messages.send", send.clone(), "not_assigned")
        .await;
    let got = oscar.on_session("sessions.get", &session).await;
    assert_eq!(got["session"]["operator"], "oscar");
    let mine = oscar.call("sessions.list", json!({ "view": "mine" })).await;
    assert_eq!(each(&list(&mine, "sessions"), "id"), [session.as_str()]);
    oscar
        .call(
            "messages.note",
            json!({ "session": session, "text": "on it" }),
        )
        .await;
    oscar.call("messages.send", send).await;

    let sent = world.messenger.wait_for("message", 1).await;
    assert_eq!(sent[0].text(), "it is Oscar now");
    assert_eq!(sent[0].data()["operator"]["id"], "oscar");
    let history = world.history(&session).await;
    let notes: Vec<&Value> = history
        .iter()
        .filter(|one| one["direction"] == "note")
        .collect();
    assert_eq!(notes.len(), 2);
    assert_eq!(notes[0]["text"], "she wants a refund");
    let all = world.messenger.received();
    assert!(
        all.iter()
            .all(|one| !one.body.to_string().contains("refund"))
    );

    oscar
        .call(
            "sessions.transfer",
            json!({ "session": session, "queue": true }),
        )
        .await;
    let got = oscar.on_session("sessions.get", &session).await;
    assert_eq!(got["session"]["status"], "queued");
    assert_eq!(got["session"].get("operator"), None);
    olga.on_session("sessions.take", &session).await;
}

#[tokio::test]
async fn sessions_are_searched_by_text_and_listed_in_pages() {
    let world = World::start().await;
    for n in 0..5 {
        world
            .messenger
            .say(&format!("m{n}"), &format!("chat-{n}"), &format!("word{n}"))
            .await;
    }
    let args = json!({ "view": "queue", "text": "chat-3" });
    let found = world.olga.call("sessions.list", args).await;
    assert_eq!(
        each(&list(&found, "sessions"), "externalChatId"),
        ["chat-3"]
    );
    let args = json!({ "view": "queue", "limit": 2 });
    let pages = world.olga.pages("sessions.list", args, "sessions").await;
    let chats = each(&pages.concat(), "externalChatId");
    assert_eq!(chats, ["chat-4", "chat-3", "chat-2", "chat-1", "chat-0"]);
}

#[tokio::test]
async fn a_long_history_has_pages_with_the_oldest_message_first() {
    let world = World::start().await;
    let session = world.queued_session("ann").await;
    for n in 0..9 {
        world
            .messenger
            .say(&format!("m{n}"), "ann", &format!("{n}"))
            .await;
    }
    let args = json!({ "session": session, "limit": 4 });
    let pages = world.olga.pages("sessions.history", args, "messages").await;
    let texts: Vec<_> = pages.iter().map(|page| each(page, "text")).collect();
    let wanted = [
        &["5", "6", "7", "8"][..],
        &["1", "2", "3", "4"],
        &["hello", "0"],
    ];
    assert_eq!(texts, wanted);
}

#[tokio::test]
async fn canned_replies_belong_to_a_live_chat() {
    let world = World::start().await;
    let args = json!({ "liveChat": world.live_chat, "shortcut": "hi", "text": "Good day!" });
    world
        .olga
        .rejected("replies.create", args.clone(), "forbidden")
        .await;
    world.admin.call("replies.create", args.clone()).await;
    let page = world
        .olga
        .call("replies.list", json!({ "liveChat": world.live_chat }))
        .await;
    let replies = list(&page, "replies");
    assert_eq!(
        (&replies[0]["shortcut"], &replies[0]["text"]),
        (&args["shortcut"], &args["text"])
    );
    let update =
        json!({ "liveChat": world.live_chat, "reply": replies[0]["id"], "text": "Hello!" });
    world.admin.call("replies.update", update).await;
    let delete = json!({ "liveChat": world.live_chat, "reply": replies[0]["id"] });
    world.admin.call("replies.delete", delete).await;
    let page = world
        .olga
        .call("replies.list", json!({ "liveChat": world.live_chat }))
        .await;
    assert!(list(&page, "replies").is_empty());
}

#[tokio::test]
async fn the_audit_trail_has_the_user_of_every_change() {
    let world = World::start().await;
    let mut audit = world.admin.subscribe("sb.default.audit.>").await;
    world
        .admin
        .call(
            "channels.rename",
            json!({ "channel": world.channel, "name": "Web" }),
        )
        .await;
    // Events of earlier changes may still be on their way.
    let event = audit.next_of("channel-updated").await;
    assert_eq!(event["specversion"], "1.0");
    assert_eq!(event["data"]["by"], "admin", "{event}");
    let page = world
        .admin
        .call("audit.list", json!({ "user": "admin", "limit": 200 }))
        .await;
    let newest = &list(&page, "audit")[0];
    assert!(newest.to_string().contains("Web"), "{newest}");
}
