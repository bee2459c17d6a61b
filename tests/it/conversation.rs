//! Conversations between a messenger's users and operators.

use serde_json::{Value, json};

use crate::messenger::{Received, message};
use crate::response::Behaviour;
use crate::world::{Setup, World, each, has, text};

/// The names of an object's members, sorted.
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

fn assert_authenticated(request: &Received, code: &str) {
    assert!(request.is_signed_with(code), "{:?}", request.headers);
    assert_eq!(
        request.header("content-type").split(';').next(),
        Some("application/json")
    );
    assert_eq!(request.body["token"], code);
}

#[tokio::test]
async fn a_first_message_opens_a_session_and_requests_the_profile_of_its_author() {
    let world = World::start().await;
    let accepted = world.messenger.say("m1", "ann", "is anybody there?").await;
    assert_eq!(
        members(&accepted),
        ["messageId", "position", "sessionId", "status"]
    );

    world.messenger.wait_for("messageOutcome", 1).await;
    let received = world.messenger.received();
    let kinds: Vec<&str> = received.iter().map(|one| one.kind()).collect();
    assert_eq!(kinds, ["connect", "userInfo", "messageOutcome"]);
    for request in &received {
        assert_authenticated(request, &world.messenger.code);
    }
    let [_, user_info, outcome] = &received[..] else {
        unreachable!()
    };
    assert_eq!(user_info.data(), &json!({ "userId": "user-of-ann" }));
    assert_eq!(user_info.body["channelId"], world.channel.as_str());
    assert_eq!(
        outcome.data(),
        &json!({ "success": true, "messageId": "m1" })
    );

    let session = &world.olga.sessions("queue").await[0];
    let queued = json!({
        "id": accepted["sessionId"], "status": "queued", "openedBy": "user", "externalChatId": "ann",
        "chatName": "Chat ann", "unread": 1, "liveChat": world.live_chat,
    });
    has(session, &queued);
    let args = json!({ "contact": session["contact"] });
    let known = world.olga.until("contacts.get", args, |answer| {
        (answer["contact"]["username"] == "user-of-ann by name").then(|| answer["contact"].clone())
    });
    assert_eq!(known.await["externalUserId"], "user-of-ann");
}

#[tokio::test]
async fn a_second_message_joins_the_open_session_and_requests_no_profile() {
    let world = World::start().await;
    let first = world.messenger.say("m1", "ann", "one").await;
    let second = world.messenger.say("m2", "ann", "two").await;
    let other = world.messenger.say("m3", "bob", "somebody else").await;
    assert_eq!(second["sessionId"], first["sessionId"]);
    assert_ne!(other["sessionId"], first["sessionId"]);
    assert!(second["position"].as_u64() > first["position"].as_u64());

    world.messenger.wait_for("messageOutcome", 3).await;
    let requests = world.messenger.received_of("userInfo");
    let requests: Vec<&Value> = requests.iter().map(|one| &one.data()["userId"]).collect();
    assert_eq!(requests, ["user-of-ann", "user-of-bob"]);
    let history = world.history(&text(&first["sessionId"])).await;
    assert_eq!(each(&history, "text"), ["one", "two"]);
    assert_eq!(each(&history, "direction"), ["inbound", "inbound"]);
    assert_eq!(each(&history, "externalMessageId"), ["m1", "m2"]);
    assert_eq!(history[0]["createdAt"], "2026-01-02T03:04:05.000000Z");
}

#[tokio::test]
async fn an_operators_message_arrives_once() {
    let world = World::start().await;
    let session = world.assigned_session("ann").await;
    let [other] = world.new_operators(["otto"]).await;
    let taken = other.rejected(
        "sessions.take",
        json!({ "session": session }),
        "already_assigned",
    );
    let message = taken.await.message.to_lowercase();
    assert!(message.contains("olga"), "{message}");

    let id = world.send(&session, "how may I help?").await;
    let delivery = world.delivery(&session, &id, "accepted").await;
    assert_eq!(delivery["attempts"], 1);
    let sent = world.messenger.received_of("message");
    assert_eq!(sent.len(), 1);
    assert_authenticated(&sent[0], &world.messenger.code);
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
    let wanted = json!({
        "targetChatId": "ann", "text": "how may I help?", "files": [], "messageId": id,
        "sessionId": session, "operator": { "id": "olga", "name": "OLGA" },
    });
    has(data, &wanted);
}

#[tokio::test]
async fn an_operators_message_has_its_files_and_the_message_that_it_replies_to() {
    let world = World::start().await;
    let mut inbound = message("m1", "ann", "here");
    inbound["data"]["files"] = json!([{ "name": "a.png", "URL": "https://files.test/a" }]);
    let accepted = world.messenger.post(&inbound).await.ok();
    let session = text(&accepted["sessionId"]);
    let history = world.history(&session).await;
    assert_eq!(history[0]["files"][0]["URL"], "https://files.test/a");

    world.olga.on_session("sessions.take", &session).await;
    let files = json!([{ "name": "b.pdf", "size": 7, "URL": "https://files.test/b" }]);
    let args = json!({ "session": session, "files": files, "replyTo": accepted["messageId"] });
    world.olga.call("messages.send", args).await;
    let sent = world.messenger.wait_for("message", 1).await;
    assert_eq!(sent[0].data()["files"], files);
    assert_eq!(
        sent[0].data()["replyTo"],
        "m1",
        "the messenger's id of the message"
    );
}

#[tokio::test]
async fn the_brix_dialect_gets_exactly_its_own_members() {
    let connect = json!({ "dialect": "brix", "operatorInitiated": true });
    let behaviour = Behaviour {
        capabilities: Some(json!({ "typing": true, "sessions": true })),
        ..Behaviour::basic()
    };
    let setup = Setup {
        behaviour,
        connect,
        ..Setup::default()
    };
    let world = World::with(setup).await;
    let session = world.assigned_session("ann").await;
    let typing = json!({ "session": session });
    world.olga.call("typing", typing).await;
    let requests = world.messenger.wait_for("userInfo", 1).await;
    assert_eq!(members(&requests[0].body), ["data", "token", "type"]);
    let outcome = world.messenger.wait_for("messageOutcome", 1).await;
    assert_eq!(members(&outcome[0].body), ["data", "token", "type"]);

    world.send(&session, "hello").await;
    let sent = world.messenger.wait_for("message", 1).await;
    assert_authenticated(&sent[0], &world.messenger.code);
    assert_eq!(
        members(&sent[0].body),
        ["channelId", "data", "token", "type"]
    );
    assert_eq!(members(sent[0].data()), ["files", "targetChatId", "text"]);

    let upto = world.history(&session).await[0]["id"].clone();
    world
        .olga
        .call("messages.read", json!({ "session": session, "upTo": upto }))
        .await;
    let read = world.messenger.wait_for("markAsRead", 1).await;
    assert_eq!(members(&read[0].body), ["data", "token", "type"]);
    assert_eq!(read[0].data(), &json!({ "messageId": "first-of-ann" }));
    for addition in ["typing", "session"] {
        let received = world.messenger.received_of(addition);
        assert!(
            received.is_empty(),
            "{addition}: the dialect does not have it"
        );
    }
}

#[tokio::test]
async fn after_closing_the_next_message_opens_a_new_session_and_history_shows_both() {
    let world = World::start().await;
    let first = world.assigned_session("ann").await;
    world.olga.on_session("sessions.close", &first).await;
    let args = json!({ "session": first, "text": "too late" });
    world
        .olga
        .rejected("messages.send", args, "session_closed")
        .await;

    let second = text(&world.messenger.say("m2", "ann", "me again").await["sessionId"]);
    assert_ne!(second, first);
    let history = world.history(&second).await;
    assert_eq!(each(&history, "session"), [first.as_str(), second.as_str()]);
    assert_eq!(each(&history, "text"), ["hello", "me again"]);
    for (view, session) in [("closed", first), ("queue", second)] {
        let sessions = world.olga.sessions(view).await;
        assert_eq!(each(&sessions, "id"), [session], "{view}");
    }
}
