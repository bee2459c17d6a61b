//! What operators do with a session beside answering.

use serde_json::{Value, json};

use crate::scene::{Scene, each, hire, list};

async fn with_oscar(scene: &Scene) -> crate::operator::Operator {
    hire(&scene.admin, "oscar", "operators").await;
    let users = json!({ "liveChat": scene.live_chat, "users": ["olga", "oscar"] });
    scene.admin.call("live-chats.members", users).await;
    scene.house.sign_in("oscar").await
}

#[tokio::test]
async fn a_session_is_handed_over_with_a_note_that_the_person_never_sees() {
    let scene = Scene::open().await;
    let oscar = with_oscar(&scene).await;
    // Her rights have not changed, but everybody's connection may: signing in again is always good.
    let olga = scene.house.sign_in("olga").await;
    let session = scene.session("ann").await;
    olga.call("sessions.take", json!({ "session": session }))
        .await;
    let args = json!({ "session": session, "to": "oscar", "note": "she wants a refund" });
    olga.call("sessions.transfer", args).await;
    let send = json!({ "session": session, "text": "it is Oscar now" });
    olga.refused("messages.send", send.clone(), "not_assigned")
        .await;
    let got = oscar
        .call("sessions.get", json!({ "session": session }))
        .await;
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

    let sent = scene.messenger.wait_for("message", 1).await;
    assert_eq!(sent[0].text(), "it is Oscar now");
    assert_eq!(sent[0].data()["operator"]["id"], "oscar");
    let history = scene.history(&session).await;
    let notes: Vec<&Value> = history
        .iter()
        .filter(|one| one["direction"] == "note")
        .collect();
    assert_eq!(notes.len(), 2);
    assert_eq!(notes[0]["text"], "she wants a refund");
    let all = scene.messenger.received();
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
    let got = oscar
        .call("sessions.get", json!({ "session": session }))
        .await;
    assert_eq!(got["session"]["status"], "queued");
    assert_eq!(got["session"].get("operator"), None);
    olga.call("sessions.take", json!({ "session": session }))
        .await;
}

#[tokio::test]
async fn sessions_are_found_by_what_was_said_and_listed_in_pages() {
    let scene = Scene::open().await;
    for n in 0..5 {
        scene
            .messenger
            .say(&format!("m{n}"), &format!("chat-{n}"), &format!("word{n}"))
            .await;
    }
    let args = json!({ "view": "queue", "text": "chat-3" });
    let found = scene.olga.call("sessions.list", args).await;
    assert_eq!(
        each(&list(&found, "sessions"), "externalChatId"),
        ["chat-3"]
    );
    let mut seen = Vec::new();
    let mut args = json!({ "view": "queue", "limit": 2 });
    loop {
        let page = scene.olga.call("sessions.list", args.clone()).await;
        seen.extend(each(&list(&page, "sessions"), "externalChatId"));
        if page["next"].is_null() {
            break;
        }
        args["before"] = page["next"].clone();
    }
    assert_eq!(
        seen,
        ["chat-4", "chat-3", "chat-2", "chat-1", "chat-0"],
        "newest waiting first"
    );
}

#[tokio::test]
async fn a_long_history_comes_in_pages_oldest_first() {
    let scene = Scene::open().await;
    let session = scene.session("ann").await;
    for n in 0..9 {
        scene
            .messenger
            .say(&format!("m{n}"), "ann", &format!("{n}"))
            .await;
    }
    let mut args = json!({ "session": session, "limit": 4 });
    let mut pages = Vec::new();
    loop {
        let page = scene.olga.call("sessions.history", args.clone()).await;
        pages.push(each(&list(&page, "messages"), "text"));
        if page["next"].is_null() {
            break;
        }
        args["before"] = page["next"].clone();
    }
    assert_eq!(
        pages,
        [
            vec!["5", "6", "7", "8"],
            vec!["1", "2", "3", "4"],
            vec!["hello", "0"]
        ]
    );
}

#[tokio::test]
async fn canned_replies_belong_to_a_live_chat() {
    let scene = Scene::open().await;
    let args = json!({ "liveChat": scene.live_chat, "shortcut": "hi", "text": "Good day!" });
    scene
        .olga
        .refused("replies.create", args.clone(), "forbidden")
        .await;
    scene.admin.call("replies.create", args.clone()).await;
    let page = scene
        .olga
        .call("replies.list", json!({ "liveChat": scene.live_chat }))
        .await;
    let replies = list(&page, "replies");
    assert_eq!(
        (&replies[0]["shortcut"], &replies[0]["text"]),
        (&args["shortcut"], &args["text"])
    );
    let update =
        json!({ "liveChat": scene.live_chat, "reply": replies[0]["id"], "text": "Hello!" });
    scene.admin.call("replies.update", update).await;
    let delete = json!({ "liveChat": scene.live_chat, "reply": replies[0]["id"] });
    scene.admin.call("replies.delete", delete).await;
    let page = scene
        .olga
        .call("replies.list", json!({ "liveChat": scene.live_chat }))
        .await;
    assert!(list(&page, "replies").is_empty());
}

#[tokio::test]
async fn the_audit_trail_says_who_did_what() {
    let scene = Scene::open().await;
    let mut audit = scene.admin.subscribe("sb.default.audit.>").await;
    scene
        .admin
        .call(
            "channels.rename",
            json!({ "channel": scene.channel, "name": "Web" }),
        )
        .await;
    // Of what was done before some may be told only now.
    let event = audit.next_of("channel-updated").await;
    assert_eq!(event["specversion"], "1.0");
    assert_eq!(event["data"]["by"], "admin", "{event}");
    let page = scene
        .admin
        .call("audit.list", json!({ "user": "admin", "limit": 200 }))
        .await;
    let newest = &list(&page, "audit")[0];
    assert!(newest.to_string().contains("Web"), "{newest}");
}
