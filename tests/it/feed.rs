//! The feed has every event once and in order, as `events.after` does.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::world::{World, create_live_chat, list};

/// The newest position that the administrator sees.
async fn position(world: &World) -> u64 {
    world.admin.call("me", json!({})).await["position"]
        .as_u64()
        .unwrap()
}

/// Produces events of all kinds that a conversation has.
async fn converse(world: &World) {
    let session = world.assigned_session("ann").await;
    let id = world.send(&session, "hello").await;
    world.delivery(&session, &id, "accepted").await;
    let receipt = json!({ "messageId": id, "status": "read" });
    world.messenger.accepted("messageStatus", receipt).await;
    world.delivery(&session, &id, "read").await;
    let edit = json!({ "externalMessageId": "first-of-ann", "text": "hello!" });
    world.messenger.accepted("messageEdited", edit).await;
    let note = json!({ "session": session, "text": "nice" });
    world.olga.call("messages.note", note).await;
    let transfer = json!({ "session": session, "queue": true });
    world.olga.call("sessions.transfer", transfer).await;
    world.olga.on_session("sessions.take", &session).await;
    world.messenger.respond_status("message", 422);
    let id = world.send(&session, "this fails").await;
    world.delivery(&session, &id, "failed").await;
    world.olga.on_session("sessions.close", &session).await;
}

/// Asserts that events are complete and each names its predecessor.
fn assert_chained(events: &[Value]) {
    let mut last = None;
    for event in events {
        assert_eq!(event["specversion"], "1.0");
        assert_eq!(event["source"], "/switchboard/default");
        assert_eq!(event["datacontenttype"], "application/json");
        assert_eq!(event["id"], event["position"].to_string());
        assert!(event["time"].as_str().unwrap().ends_with('Z'));
        assert!(event["type"].as_str().unwrap().starts_with("switchboard."));
        assert!(event["data"]["by"].is_string(), "{event}");
        if let Some(last) = last {
            assert_eq!(event["previous"], last, "{event}");
        }
        last = Some(event["position"].clone());
    }
}

/// Asserts that there are events of all expected kinds.
fn assert_kinds(events: &[Value]) {
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for event in events {
        *kinds.entry(event["type"].as_str().unwrap()).or_default() += 1;
    }
    for kind in [
        "session-opened",
        "session-assigned",
        "session-transferred",
        "session-closed",
        "message-received",
        "message-sent",
        "message-edited",
        "note-added",
        "delivery-changed",
        "contact-updated",
    ] {
        assert!(
            kinds.contains_key(format!("switchboard.{kind}").as_str()),
            "{kind}: {kinds:?}"
        );
    }
}

#[tokio::test]
async fn the_feed_is_a_chain_without_a_gap_and_the_same_as_events_after() {
    let world = World::start().await;
    let start = position(&world).await;
    let mut feed = world.olga.feed(&world.live_chat).await;
    let mut all = world.admin.feed("*").await;
    converse(&world).await;
    // Another live chat has its own chain, which olga does not see.
    create_live_chat(&world.admin, "Other", &[]).await;
    let after = world.messenger.say("m9", "bob", "the end").await;
    let end = after["position"].as_u64().unwrap();
    let mut events = feed.up_to(end).await;
    // Events are published after the answer, so earlier ones may have been on their way.
    events.retain(|one| one["position"].as_u64() > Some(start));

    assert_chained(&events);
    assert_kinds(&events);

    let args = json!({ "position": start });
    let page = world.olga.call("events.after", args).await;
    let stored = list(&page, "events");
    let stored: Vec<&Value> = stored
        .iter()
        .filter(|one| one["position"].as_u64() <= Some(end))
        .collect();
    let positions = |events: &[&Value]| -> Vec<Value> {
        events.iter().map(|one| one["position"].clone()).collect()
    };
    let published: Vec<&Value> = events.iter().collect();
    assert_eq!(positions(&published), positions(&stored));
    for (published, stored) in published.iter().zip(&stored) {
        for member in [
            "id", "type", "subject", "time", "previous", "source", "position",
        ] {
            assert_eq!(published[member], stored[member], "{member}: {published}");
        }
        let members = |value: &Value| -> Vec<String> {
            value["data"].as_object().unwrap().keys().cloned().collect()
        };
        assert_eq!(members(published), members(stored));
        assert_eq!(published["data"]["by"], stored["data"]["by"]);
    }
    let seen = all.up_to(end).await;
    assert!(
        seen.len() >= events.len(),
        "an administrator sees all live chats"
    );
}
