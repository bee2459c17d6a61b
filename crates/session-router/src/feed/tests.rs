//! Events on the feed and in `events.after`.

use std::collections::BTreeMap;

use chat::time::Timestamp;
use serde_json::{Value, json};

use super::{Signal, Who};
use crate::api::SignalKind;
use crate::view::tests::shell::{Shell, text};
use crate::view::tests::{check, fixture};

/// All events published so far, with their subjects.
fn published(shell: &mut Shell) -> Vec<(String, Value)> {
    let items = std::mem::take(&mut shell.items);
    let messages = items.into_iter().flat_map(|item| {
        let id = format!("acme-{}", item.position());
        let messages = item.render(&shell.sealed_log, &shell.subjects);
        for (_, headers, _) in &messages {
            assert_eq!(*headers, [("Nats-Msg-Id".to_owned(), id.clone())]);
        }
        messages
    });
    messages
        .map(|(subject, _, payload)| (subject, serde_json::from_slice(&payload).unwrap()))
        .collect()
}

/// The id that an operator gives to a message.
const COMMAND: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

/// A conversation from the first message to the disconnected channel, and its events.
fn conversation() -> (Shell, String, Vec<(String, Value)>) {
    let (mut shell, live_chat, channel) = fixture();
    let session = shell
        .writes(channel, "c1", "u1", "hello")
        .session_id
        .to_string();
    let of = |mut body: Value| {
        body["session"] = session.as_str().into();
        body
    };
    shell.ok("ann", "sessions.take", &of(json!({})));
    let first = shell.ok("ann", "sessions.history", &of(json!({})))["messages"][0]["id"].clone();
    shell.ok("ann", "messages.read", &of(json!({ "upTo": first })));
    let send = json!({ "text": "hi", "commandId": COMMAND });
    shell.ok("ann", "messages.send", &of(send));
    shell.ok("ann", "messages.note", &of(json!({ "text": "rude" })));
    shell.ok("ann", "sessions.transfer", &of(json!({ "queue": true })));
    let data = json!({ "externalMessageId": "none yet", "text": "x" });
    shell.says(channel, &json!({ "type": "messageEdited", "data": data }));
    shell.ok("sue", "sessions.close", &of(json!({})));
    shell.ok("ann", "sessions.reopen", &of(json!({})));
    shell.ok("root", "sessions.take", &of(json!({})));
    let channel = json!({ "channel": channel });
    shell.ok("root", "channels.disconnect", &channel);
    let published = published(&mut shell);
    (shell, live_chat, published)
}

/// The events on subjects with a prefix, and their names.
fn with_prefix<'a>(
    published: &'a [(String, Value)],
    prefix: &str,
) -> (Vec<&'a (String, Value)>, Vec<&'a str>) {
    let found = published.iter();
    let found: Vec<_> = found.filter(|(s, _)| s.starts_with(prefix)).collect();
    let names = found.iter().map(|(s, _)| s.rsplit('.').next().unwrap());
    let names = names.collect();
    (found, names)
}

/// The data of the first event with a name on the feed.
fn data_of(published: &[(String, Value)], name: &str) -> Value {
    let mut events = published
        .iter()
        .filter(|(subject, _)| subject.contains(".feed."));
    let kind = format!("switchboard.{name}");
    let (_, event) = events.find(|(_, event)| event["type"] == kind).unwrap();
    event["data"].clone()
}

#[test]
fn each_event_is_a_cloud_event_on_its_subject() {
    let (shell, live_chat, published) = conversation();
    let feed = format!("sb.acme.feed.{live_chat}.");
    let (of_feed, names) = with_prefix(&published, &feed);
    let wanted = [
        "channel-status-changed",
        "contact-updated",
        "session-opened",
        "message-received",
        "session-assigned",
        "message-read",
        "message-sent",
        "note-added",
        "session-transferred",
        "session-closed",
        "session-reopened",
        "session-assigned",
        "channel-status-changed",
    ];
    assert_eq!(names, wanted);
    let mut last = 0;
    for (subject, event) in &of_feed {
        let position = event["position"].as_u64().unwrap();
        assert_eq!(event["specversion"], "1.0");
        assert_eq!(event["id"], position.to_string());
        assert_eq!(event["source"], "/switchboard/acme");
        let name = subject.rsplit('.').next().unwrap();
        assert_eq!(event["type"], format!("switchboard.{name}"));
        assert_eq!(event["datacontenttype"], "application/json");
        let time = "2026-11-22T10:00:00.123456Z";
        assert_eq!(text(&event["time"]).len(), time.len());
        // The chain has no gap.
        assert_eq!(event["previous"], last, "{event}");
        last = position;
        let token = subject.rsplit('.').nth(1).unwrap();
        if name.starts_with("session") || name.starts_with("message") {
            assert_eq!(event["subject"], token);
        }
        assert!(!event.to_string().contains("hidden"), "{event}");
    }
    let head = shell.workspace().feed_head(live_chat.parse().unwrap());
    assert_eq!(last, head);
}

#[test]
fn each_event_holds_what_it_changed() {
    let (_, _, published) = conversation();
    let find = |name: &str| data_of(&published, name);
    let opened = find("session-opened");
    check("session", &opened["session"]);
    assert_eq!(opened["session"]["status"], "queued");
    assert_eq!(opened["by"], "messenger");
    assert_eq!(opened["session"]["chatName"], "The chat");
    let received = find("message-received");
    check("message", &received["message"]);
    assert_eq!(received["message"]["text"], "hello");
    assert_eq!(received["session"]["status"], "queued");
    let assigned = find("session-assigned");
    assert_eq!(assigned["session"]["operator"], "ann");
    assert_eq!(assigned["by"], "ann");
    assert_eq!(find("message-read")["session"]["unread"], 0);
    assert_eq!(find("note-added")["message"]["direction"], "note");
    let sent = find("message-sent");
    assert_eq!(sent["message"]["delivery"]["state"], "queued");
    let closed = find("session-closed");
    assert_eq!(closed["session"]["status"], "closed");
    assert_eq!(closed["by"], "sue");
    assert!(closed["session"]["closedAt"].is_string());
    let reopened = find("session-reopened");
    assert_eq!(reopened["session"]["status"], "assigned");
    assert_eq!(reopened["session"]["operator"], "ann");
    assert!(reopened["session"].get("closedAt").is_none());
    assert!(assigned.get("from").is_none());
    let taken_over = published.iter().find(|(_, e)| e["data"]["from"] == "ann");
    assert_eq!(taken_over.unwrap().1["data"]["session"]["operator"], "root");
    check("channel", &find("channel-status-changed")["channel"]);
    check("contact", &find("contact-updated")["contact"]);
}

#[test]
fn changes_by_administrators_are_published_to_administrators_only() {
    let (_, _, published) = conversation();
    let (audit, kinds) = with_prefix(&published, "sb.acme.audit.");
    let wanted = [
        "user-created",
        "user-created",
        "user-created",
        "user-created",
        "live-chat-created",
        "channel-created",
        "channel-status-changed",
    ];
    assert_eq!(kinds, wanted);
    let (subject, created) = audit[5];
    let channel = &created["data"]["channel"];
    let stream = format!("channel-{}", text(&channel["id"]));
    assert_eq!(subject.split('.').nth(3), Some(stream.as_str()));
    check("channel", channel);
    let webhook = "https://messenger.example/hook?key=hidden";
    assert_eq!(channel["webhook"], webhook);
    assert_eq!(created["data"]["by"], "root");
    let shown = json!(audit.iter().map(|(_, e)| e).collect::<Vec<_>>()).to_string();
    for secret in ["secret code", "argon2", "sealed"] {
        assert!(!shown.contains(secret), "{secret}");
    }
}

/// Every event that `ann` may see, by position, read in pages.
fn all_events(shell: &mut Shell, limit: usize) -> BTreeMap<u64, Value> {
    let (mut all, mut position) = (BTreeMap::new(), 0);
    loop {
        let body = json!({ "position": position, "limit": limit });
        let ok = shell.ok("ann", "events.after", &body);
        let events = ok["events"].as_array().unwrap();
        assert!(events.len() <= limit);
        let events = events.iter();
        all.extend(events.map(|e| (e["position"].as_u64().unwrap(), e.clone())));
        assert_eq!(ok["position"], shell.workspace().position);
        let Some(next) = ok["next"].as_u64() else {
            return all;
        };
        assert!(next > position);
        position = next;
    }
}

#[test]
fn events_after_returns_what_the_feed_published() {
    let (mut shell, _, published) = conversation();
    let mut live: BTreeMap<u64, Value> = BTreeMap::new();
    for (subject, event) in published {
        if subject.contains(".feed.") {
            live.insert(event["position"].as_u64().unwrap(), event);
        }
    }
    for limit in [1, 3, 1_000] {
        let missed = all_events(&mut shell, limit);
        assert!(missed.keys().eq(live.keys()), "{missed:?}");
        for (position, event) in &missed {
            let then = &live[position];
            for member in ["id", "type", "subject", "time", "previous"] {
                assert_eq!(event[member], then[member]);
            }
            let mut places = vec!["/data/by", "/data/session/id", "/data/message/text"];
            places.push("/data/channel/status");
            let kind = text(&event["type"]);
            if kind.starts_with("switchboard.session") {
                places.push("/data/session/status");
            }
            // The end of a session names no operator: a later event shows the present one.
            if kind.starts_with("switchboard.session") && kind != "switchboard.session-closed" {
                places.push("/data/session/operator");
            }
            for place in places {
                assert_eq!(event.pointer(place), then.pointer(place), "{place}");
            }
        }
    }
    let eve = shell.ok("eve", "events.after", &json!({ "position": 0 }));
    assert_eq!(eve["events"], json!([]));
    assert_eq!(eve["next"], Value::Null);
    let root = shell.ok("root", "events.after", &json!({ "position": 0 }));
    assert!(root["events"].as_array().unwrap().len() > live.len());
    let head = shell.workspace().position;
    let beyond = shell.ok("ann", "events.after", &json!({ "position": head + 5 }));
    assert_eq!(beyond["events"], json!([]));
    assert_eq!(beyond["next"], Value::Null);
}

#[test]
fn an_event_names_the_command_behind_it_live_and_afterwards() {
    let (mut shell, _, published) = conversation();
    assert_eq!(data_of(&published, "message-sent")["commandId"], COMMAND);
    let note = data_of(&published, "note-added");
    assert!(note.get("commandId").is_none());
    let caught_up = shell.ok("ann", "events.after", &json!({ "position": 0 }));
    let mut events = caught_up["events"].as_array().unwrap().iter();
    let sent = events.find(|e| e["type"] == "switchboard.message-sent");
    assert_eq!(sent.unwrap()["data"]["commandId"], COMMAND);
}

#[test]
fn a_signal_has_its_author_and_its_end() {
    let (shell, live_chat, _) = conversation();
    let session = *shell.workspace().sessions.iter().next().unwrap().0;
    let now = Timestamp::from_micros(0);
    let chat = live_chat.parse().unwrap();
    let mut signal = Signal {
        session,
        kind: SignalKind::Typing,
        who: Who::User("ann".parse().unwrap()),
        ended: false,
    };
    let (subject, payload) = signal.message(&shell.subjects, chat, now);
    assert_eq!(
        subject,
        format!("sb.acme.feed.{live_chat}.{session}.typing")
    );
    let payload: Value = serde_json::from_slice(&payload).unwrap();
    let wanted =
        json!({ "session": session, "user": "ann", "until": "1970-01-01T00:00:06.000000Z" });
    assert_eq!(payload, wanted);
    let contact = *shell.workspace().contacts.iter().next().unwrap().0;
    signal.who = Who::Contact(contact);
    signal.kind = SignalKind::Viewing;
    signal.ended = true;
    let (subject, payload) = signal.message(&shell.subjects, chat, now);
    assert!(subject.ends_with(".viewing"));
    let payload: Value = serde_json::from_slice(&payload).unwrap();
    let wanted = json!({
        "session": session, "contact": contact, "until": "1970-01-01T00:00:00.000000Z",
        "ended": true,
    });
    assert_eq!(payload, wanted);
}
