//! A person writes, an operator answers, both go on.

use serde_json::{Value, json};

use crate::answer::Manners;
use crate::messenger::{Received, message};
use crate::scene::{Scene, Setup, each, list, text};

/// The members of an object, in order.
fn members(object: &Value) -> Vec<&str> {
    let mut names: Vec<&str> = object
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    names.sort_unstable();
    names
}

fn assert_proven(request: &Received, code: &str) {
    assert!(request.is_signed_with(code), "{:?}", request.headers);
    assert_eq!(
        request.header("content-type").split(';').next(),
        Some("application/json")
    );
    assert_eq!(request.body["token"], code);
}

#[tokio::test]
async fn a_first_message_opens_a_session_and_its_author_is_asked_for() {
    let scene = Scene::open().await;
    let accepted = scene.messenger.say("m1", "ann", "is anybody there?").await;
    assert_eq!(
        members(&accepted),
        ["messageId", "position", "sessionId", "status"]
    );

    scene.messenger.wait_for("messageOutcome", 1).await;
    let received = scene.messenger.received();
    let kinds: Vec<&str> = received.iter().map(|one| one.kind()).collect();
    assert_eq!(kinds, ["connect", "userInfo", "messageOutcome"]);
    for request in &received {
        assert_proven(request, &scene.messenger.code);
    }
    let [_, user_info, outcome] = &received[..] else {
        unreachable!()
    };
    assert_eq!(user_info.data(), &json!({ "userId": "user-of-ann" }));
    assert_eq!(user_info.body["channelId"], scene.channel.as_str());
    assert_eq!(
        outcome.data(),
        &json!({ "success": true, "messageId": "m1" })
    );

    let queue = scene
        .olga
        .call("sessions.list", json!({ "view": "queue" }))
        .await;
    let session = &list(&queue, "sessions")[0];
    assert_eq!(session["id"], accepted["sessionId"]);
    assert_eq!(session["status"], "queued");
    assert_eq!(session["openedBy"], "user");
    assert_eq!(session["externalChatId"], "ann");
    assert_eq!(session["chatName"], "Chat ann");
    assert_eq!(session["unread"], 1);
    assert_eq!(session["liveChat"], scene.live_chat.as_str());
    let args = json!({ "contact": session["contact"] });
    let known = scene.olga.until("contacts.get", args, |answer| {
        (answer["contact"]["username"] == "user-of-ann by name").then(|| answer["contact"].clone())
    });
    assert_eq!(known.await["externalUserId"], "user-of-ann");
}

#[tokio::test]
async fn a_second_message_joins_the_open_session_and_asks_for_nobody() {
    let scene = Scene::open().await;
    let first = scene.messenger.say("m1", "ann", "one").await;
    let second = scene.messenger.say("m2", "ann", "two").await;
    let other = scene.messenger.say("m3", "bob", "somebody else").await;
    assert_eq!(second["sessionId"], first["sessionId"]);
    assert_ne!(other["sessionId"], first["sessionId"]);
    assert!(second["position"].as_u64() > first["position"].as_u64());

    scene.messenger.wait_for("messageOutcome", 3).await;
    let asked = scene.messenger.received_of("userInfo");
    let asked: Vec<&Value> = asked.iter().map(|one| &one.data()["userId"]).collect();
    assert_eq!(asked, ["user-of-ann", "user-of-bob"]);
    let history = scene.history(&text(&first["sessionId"])).await;
    assert_eq!(each(&history, "text"), ["one", "two"]);
    assert_eq!(each(&history, "direction"), ["inbound", "inbound"]);
    assert_eq!(each(&history, "externalMessageId"), ["m1", "m2"]);
    assert_eq!(history[0]["createdAt"], "2026-01-02T03:04:05.000000Z");
}

#[tokio::test]
async fn an_operator_takes_answers_and_the_answer_arrives_once() {
    let scene = Scene::open().await;
    let session = scene.taken("ann").await;
    let other = scene.hire("otto", "supervisors").await;
    let taken = other.refused(
        "sessions.take",
        json!({ "session": session }),
        "already_assigned",
    );
    let words = taken.await.message.to_lowercase();
    assert!(words.contains("olga"), "{words}");

    let id = scene.answer(&session, "how may I help?").await;
    let delivery = scene.delivery(&session, &id, "accepted").await;
    assert_eq!(delivery["attempts"], 1);
    let sent = scene.messenger.received_of("message");
    assert_eq!(sent.len(), 1);
    assert_proven(&sent[0], &scene.messenger.code);
    assert_eq!(
        members(&sent[0].body),
        ["channelId", "data", "token", "type"]
    );
    let data = sent[0].data();
    let native = [
        "createdAt",
        "files",
        "messageId",
        "operator",
        "sessionId",
        "targetChatId",
        "text",
    ];
    assert_eq!(members(data), native);
    assert_eq!(data["targetChatId"], "ann");
    assert_eq!(data["text"], "how may I help?");
    assert_eq!(data["files"], json!([]));
    assert_eq!(data["messageId"], id.as_str());
    assert_eq!(data["sessionId"], session.as_str());
    assert_eq!(data["operator"], json!({ "id": "olga", "name": "OLGA" }));
}

#[tokio::test]
async fn an_answer_has_its_files_and_what_it_answers() {
    let scene = Scene::open().await;
    let mut said = message("m1", "ann", "here");
    said["data"]["files"] = json!([{ "name": "a.png", "URL": "https://files.test/a" }]);
    let accepted = scene.messenger.post(&said).await.ok();
    let session = text(&accepted["sessionId"]);
    let history = scene.history(&session).await;
    assert_eq!(history[0]["files"][0]["URL"], "https://files.test/a");

    scene
        .olga
        .call("sessions.take", json!({ "session": session }))
        .await;
    let files = json!([{ "name": "b.pdf", "size": 7, "URL": "https://files.test/b" }]);
    let args = json!({ "session": session, "files": files, "replyTo": accepted["messageId"] });
    scene.olga.call("messages.send", args).await;
    let sent = scene.messenger.wait_for("message", 1).await;
    assert_eq!(sent[0].data()["files"], files);
    assert_eq!(
        sent[0].data()["replyTo"],
        "m1",
        "by the id that the messenger knows"
    );
}

#[tokio::test]
async fn the_plain_dialect_gets_exactly_the_plain_members() {
    let connect = json!({ "dialect": "brix", "operatorInitiated": true });
    let manners = Manners {
        capabilities: Some(json!({ "typing": true, "sessions": true })),
        ..Manners::plain()
    };
    let setup = Setup {
        manners,
        connect,
        ..Setup::default()
    };
    let scene = Scene::with(setup).await;
    let session = scene.taken("ann").await;
    let typing = json!({ "session": session });
    scene.olga.call("typing", typing).await;
    let asked = scene.messenger.wait_for("userInfo", 1).await;
    assert_eq!(members(&asked[0].body), ["data", "token", "type"]);
    let outcome = scene.messenger.wait_for("messageOutcome", 1).await;
    assert_eq!(members(&outcome[0].body), ["data", "token", "type"]);

    scene.answer(&session, "hello").await;
    let sent = scene.messenger.wait_for("message", 1).await;
    assert_proven(&sent[0], &scene.messenger.code);
    assert_eq!(
        members(&sent[0].body),
        ["channelId", "data", "token", "type"]
    );
    assert_eq!(members(sent[0].data()), ["files", "targetChatId", "text"]);

    let upto = scene.history(&session).await[0]["id"].clone();
    scene
        .olga
        .call("messages.read", json!({ "session": session, "upTo": upto }))
        .await;
    let read = scene.messenger.wait_for("markAsRead", 1).await;
    assert_eq!(members(&read[0].body), ["data", "token", "type"]);
    assert_eq!(read[0].data(), &json!({ "messageId": "first-of-ann" }));
    for addition in ["typing", "session"] {
        let told = scene.messenger.received_of(addition);
        assert!(told.is_empty(), "{addition}: whatever it says that it can");
    }
}

#[tokio::test]
async fn after_closing_the_next_message_opens_a_new_session_and_history_shows_both() {
    let scene = Scene::open().await;
    let first = scene.taken("ann").await;
    scene
        .olga
        .call("sessions.close", json!({ "session": first }))
        .await;
    let args = json!({ "session": first, "text": "too late" });
    scene
        .olga
        .refused("messages.send", args, "session_closed")
        .await;

    let second = text(&scene.messenger.say("m2", "ann", "me again").await["sessionId"]);
    assert_ne!(second, first);
    let history = scene.history(&second).await;
    assert_eq!(each(&history, "session"), [first.as_str(), second.as_str()]);
    assert_eq!(each(&history, "text"), ["hello", "me again"]);
    let closed = scene
        .olga
        .call("sessions.list", json!({ "view": "closed" }))
        .await;
    assert_eq!(each(&list(&closed, "sessions"), "id"), [first.as_str()]);
    let queue = scene
        .olga
        .call("sessions.list", json!({ "view": "queue" }))
        .await;
    assert_eq!(each(&list(&queue, "sessions"), "id"), [second.as_str()]);
}
