//! Transfers, lists, histories, canned replies and the audit trail.

use serde_json::{Value, json};

use crate::messenger::message;
use crate::world::{World, create_user, each, list, text};

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
    let answer = oscar.on_session("sessions.get", &session).await;
    assert_eq!(answer["session"]["operator"], "oscar");
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
    let answer = oscar.on_session("sessions.get", &session).await;
    assert_eq!(answer["session"]["status"], "queued");
    assert_eq!(answer["session"].get("operator"), None);
    olga.on_session("sessions.take", &session).await;
}

/// The changes of a session, each as event, operator and former operator.
async fn changes(world: &World, session: &str) -> Vec<[Value; 3]> {
    let ask = json!({ "session": session, "events": true });
    let page = world.admin.call("sessions.history", ask).await;
    let line = |event: &Value| ["event", "operator", "from"].map(|name| event[name].clone());
    list(&page, "events").iter().map(line).collect()
}

#[tokio::test]
async fn a_supervisor_takes_over_and_reopens_and_takes_what_they_answer() {
    let world = World::start().await;
    let sven = world.new_user("sven", "supervisors").await;
    let session = world.assigned_session("ann").await;
    sven.on_session("sessions.take", &session).await;
    let rejection = (world.olga)
        .rejected(
            "sessions.take",
            json!({ "session": session }),
            "already_assigned",
        )
        .await;
    assert_eq!(rejection.details["operator"], "sven");
    sven.on_session("sessions.close", &session).await;
    let reopen = json!({ "session": session, "queue": true });
    sven.call("sessions.reopen", reopen.clone()).await;
    let rejection = sven
        .rejected("sessions.reopen", reopen, "session_already_open")
        .await;
    assert_eq!(rejection.details["sessionId"], session);
    sven.call(
        "messages.send",
        json!({ "session": session, "text": "hello again" }),
    )
    .await;
    let wanted = json!([
        ["session-opened", null, null],
        ["session-assigned", "olga", null],
        ["session-assigned", "sven", "olga"],
        ["session-closed", null, null],
        ["session-reopened", null, null],
        ["session-assigned", "sven", null],
    ]);
    assert_eq!(json!(changes(&world, &session).await), wanted);
}

#[tokio::test]
async fn the_sessions_of_a_disabled_operator_return_to_the_queue_of_colleagues() {
    let world = World::start().await;
    let oscar = with_oscar(&world).await;
    let olga = world.broker.sign_in("olga").await;
    let session = world.queued_session("ann").await;
    olga.on_session("sessions.take", &session).await;
    let mut feed = oscar.feed(&world.live_chat).await;
    world
        .admin
        .call("users.disable", json!({ "login": "olga" }))
        .await;
    let event = feed.next_of("session-transferred").await;
    assert_eq!(
        event["data"]["reason"]["code"], "operator_disabled",
        "{event}"
    );
    assert_eq!(event["data"]["session"]["status"], "queued");
    oscar.on_session("sessions.take", &session).await;
}

#[tokio::test]
async fn a_contact_of_a_group_is_not_written_to_in_the_group() {
    let world = World::start().await;
    let mut session = String::new();
    for (id, user) in [("m1", "u-boris"), ("m2", "u-ann")] {
        let mut said = message(id, "g-1", "who is coming?");
        said["data"]["externalUserId"] = user.into();
        let reply = world.messenger.post(&said).await;
        session = text(&reply.ok()["sessionId"]);
    }
    world.olga.on_session("sessions.take", &session).await;
    let answer = world.olga.on_session("sessions.close", &session).await;
    let start = json!({
        "channel": world.channel, "contact": answer["session"]["contact"], "text": "in private",
    });
    let rejection = world
        .olga
        .rejected("sessions.create", start, "chat_ambiguous")
        .await;
    let wanted = json!([{ "externalChatId": "g-1", "chatName": "Chat g-1", "session": session }]);
    assert_eq!(rejection.details["chats"], wanted);
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
