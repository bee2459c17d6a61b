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
