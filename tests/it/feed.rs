//! The feed: every event once, in order, and nothing that `events.after` does not have.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::scene::{Scene, list, open_live_chat};

/// The position of the newest event that somebody sees.
async fn position(scene: &Scene) -> u64 {
    scene.admin.call("me", json!({})).await["position"]
        .as_u64()
        .unwrap()
}

/// A conversation in which much happens.
async fn live(scene: &Scene) {
    let session = scene.taken("ann").await;
    let id = scene.answer(&session, "hello").await;
    scene.delivery(&session, &id, "accepted").await;
    let receipt = json!({ "messageId": id, "status": "read" });
    scene
        .messenger
        .post(&json!({ "type": "messageStatus", "data": receipt }))
        .await
        .ok();
    let edit = json!({ "externalMessageId": "first-of-ann", "text": "hello!" });
    scene
        .messenger
        .post(&json!({ "type": "messageEdited", "data": edit }))
        .await
        .ok();
    scene
        .olga
        .call(
            "messages.note",
            json!({ "session": session, "text": "nice" }),
        )
        .await;
    scene
        .olga
        .call(
            "sessions.transfer",
            json!({ "session": session, "queue": true }),
        )
        .await;
    scene
        .olga
        .call("sessions.take", json!({ "session": session }))
        .await;
    scene.messenger.answers_to("message", Answer::status(422));
    let id = scene.answer(&session, "this fails").await;
    scene.delivery(&session, &id, "failed").await;
    scene
        .olga
        .call("sessions.close", json!({ "session": session }))
        .await;
}

/// Each event is a whole one and names the one before it.
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

/// Everything that happened is among them.
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
    let scene = Scene::open().await;
    let start = position(&scene).await;
    let mut feed = scene.olga.feed(&scene.live_chat).await;
    let mut all = scene.admin.feed("*").await;
    live(&scene).await;
    // Another live chat has its own chain, and is nothing to olga.
    open_live_chat(&scene.admin, "Other", &[]).await;
    let after = scene.messenger.say("m9", "bob", "the end").await;
    let end = after["position"].as_u64().unwrap();
    let mut events = feed.up_to(end).await;
    // An event is told after its command is answered: those of before may still have been on their way.
    events.retain(|one| one["position"].as_u64() > Some(start));

    assert_chained(&events);
    assert_kinds(&events);

    let args = json!({ "position": start });
    let page = scene.olga.call("events.after", args).await;
    let stored = list(&page, "events");
    let stored: Vec<&Value> = stored
        .iter()
        .filter(|one| one["position"].as_u64() <= Some(end))
        .collect();
    let positions = |events: &[&Value]| -> Vec<Value> {
        events.iter().map(|one| one["position"].clone()).collect()
    };
    let told: Vec<&Value> = events.iter().collect();
    assert_eq!(positions(&told), positions(&stored));
    for (told, stored) in told.iter().zip(&stored) {
        for member in [
            "id", "type", "subject", "time", "previous", "source", "position",
        ] {
            assert_eq!(told[member], stored[member], "{member} of {told}");
        }
        let members = |value: &Value| -> Vec<String> {
            value["data"].as_object().unwrap().keys().cloned().collect()
        };
        assert_eq!(members(told), members(stored));
        assert_eq!(told["data"]["by"], stored["data"]["by"]);
    }
    let seen = all.up_to(end).await;
    assert!(
        seen.len() >= events.len(),
        "an administrator sees all of it"
    );
}

#[tokio::test]
async fn an_event_has_its_subject_its_id_and_its_objects() {
    let scene = Scene::open().await;
    let mut feed = scene.olga.feed(&scene.live_chat).await;
    let accepted = scene.messenger.say("m1", "ann", "hello").await;
    let session = accepted["sessionId"].as_str().unwrap();
    let mut seen = BTreeMap::new();
    while !seen.contains_key("message-received") {
        let message = feed.message().await;
        let event: Value = serde_json::from_slice(&message.payload).unwrap();
        let name = event["type"]
            .as_str()
            .unwrap()
            .trim_start_matches("switchboard.")
            .to_owned();
        assert!(
            message.subject.ends_with(&format!(".{name}")),
            "{}",
            message.subject
        );
        assert!(
            message
                .subject
                .starts_with(&format!("sb.default.feed.{}.", scene.live_chat))
        );
        let id = message
            .headers
            .unwrap()
            .get("Nats-Msg-Id")
            .unwrap()
            .to_string();
        assert_eq!(id, format!("default-{}", event["position"]));
        if name.starts_with("session-") || name.starts_with("message-") {
            assert_eq!(event["subject"], session);
            assert!(message.subject.contains(session));
        }
        seen.insert(name, event);
    }
    assert_eq!(
        seen["session-opened"]["data"]["session"]["status"],
        "queued"
    );
    let received = &seen["message-received"]["data"];
    assert_eq!(received["message"]["text"], "hello");
    assert_eq!(received["message"]["id"], accepted["messageId"]);
    assert_eq!(received["message"]["position"], accepted["position"]);
    assert_eq!(received["session"]["id"], session);
    assert_eq!(received["by"], "messenger");
}

#[tokio::test]
async fn a_console_catches_up_page_by_page() {
    let scene = Scene::open().await;
    for n in 0..7 {
        scene
            .messenger
            .say(&format!("m{n}"), "ann", &format!("{n}"))
            .await;
    }
    let all = scene
        .olga
        .call("events.after", json!({ "position": 0 }))
        .await;
    let mut pages = Vec::new();
    let mut position = json!(0);
    loop {
        let args = json!({ "position": position, "limit": 3 });
        let page = list(&scene.olga.call("events.after", args).await, "events");
        assert!(page.len() <= 3);
        let Some(last) = page.last() else { break };
        position = last["position"].clone();
        pages.extend(page);
    }
    let positions = |events: &[Value]| crate::scene::each(events, "position");
    assert!(pages.len() > 7);
    let whole = positions(&list(&all, "events"));
    assert_eq!(positions(&pages)[..whole.len()], whole);
}
