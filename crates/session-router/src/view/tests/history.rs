//! `sessions.history`.

use serde_json::{Value, json};

use super::related::contact_of;
use super::shell::{Shell, text};
use super::{fixture, has, history, talk};

#[test]
fn a_history_includes_earlier_sessions_of_the_chat() {
    let (mut shell, _, channel) = fixture();
    let mut words = Vec::new();
    let mut sessions = Vec::new();
    for i in 0..4 {
        let session = talk(&mut shell, channel, &format!("{i} a"));
        shell.ok(
            "ann",
            "messages.send",
            &json!({ "session": session, "text": format!("{i} b") }),
        );
        shell.ok("ann", "sessions.close", &json!({ "session": session }));
        words.extend([format!("{i} a"), format!("{i} b")]);
        sessions.push(session);
    }
    // Written last, but in the first session.
    shell.ok(
        "ann",
        "messages.note",
        &json!({ "session": sessions[0], "text": "late" }),
    );
    words.push("late".to_owned());
    for limit in [1, 2, 3, 100] {
        let (mut all, mut before) = (Vec::new(), Value::Null);
        loop {
            let body = json!({ "session": sessions[3], "before": before, "limit": limit });
            let ok = shell.ok("ann", "sessions.history", &body);
            let page = ok["messages"].as_array().unwrap();
            let page: Vec<_> = page.iter().map(|m| text(&m["text"])).collect();
            all.splice(0..0, page);
            before = ok["next"].clone();
            if before.is_null() {
                break;
            }
        }
        assert_eq!(all, words, "limit {limit}");
    }
    let contact =
        shell.ok("ann", "sessions.get", &json!({ "session": sessions[0] }))["contact"]["id"]
            .clone();
    let ok = shell.ok("ann", "sessions.history", &json!({ "contact": contact }));
    assert_eq!(ok["messages"].as_array().unwrap().len(), words.len());
    assert_eq!(history(&mut shell, &sessions[0]).len(), 3);
    let refused = shell.refusal("eve", "sessions.history", &json!({ "contact": contact }));
    assert_eq!(refused, "forbidden");
}

#[test]
fn a_page_of_history_is_sorted_by_the_time_of_writing() {
    let (mut shell, _, channel) = fixture();
    for (id, at) in [("1", "2026-01-01T00:00:02Z"), ("2", "2026-01-01T00:00:01Z")] {
        let data = json!({
            "externalMessageId": id, "externalChatId": "c", "externalUserId": "u", "text": id,
            "createdAt": at,
        });
        shell.says(channel, &json!({ "type": "message", "data": data }));
    }
    let session = shell.first_session();
    let shown = history(&mut shell, &session);
    assert_eq!(
        (&shown[0]["text"], &shown[1]["text"]),
        (&json!("2"), &json!("1"))
    );
}

#[test]
fn long_histories_stay_within_one_answer() {
    let (mut shell, _, channel) = fixture();
    let session = talk(&mut shell, channel, "hello");
    // What JSON writes as six bytes.
    let long = "\u{1}".repeat(10_000);
    let note = json!({ "session": session, "text": long });
    for _ in 0..20 {
        shell.ok("ann", "messages.note", &note);
    }
    let body = json!({ "session": session, "limit": 500 });
    let first = shell.ok("ann", "sessions.history", &body);
    assert!(!first["next"].is_null() && first.to_string().len() < 800 * 1024);
    let all = shell.pages("ann", "sessions.history", &body, "messages");
    assert_eq!(all.len(), 21);
    let after = shell.ok("ann", "events.after", &json!({ "position": 0 }));
    assert!(!after["next"].is_null() && after.to_string().len() < 1_000_000);
}

/// The changes of a page, as `event operator`.
fn changes(page: &Value) -> Vec<String> {
    let events = page["events"].as_array().unwrap().iter();
    events
        .map(|event| {
            assert_eq!(event["direction"], "system");
            let at = event["position"].as_u64().unwrap();
            assert_eq!(event["id"], format!("event-{at}"));
            let kind = event["event"].as_str().unwrap();
            match event["operator"].as_str() {
                Some(operator) => format!("{kind} {operator}"),
                None => kind.to_owned(),
            }
        })
        .collect()
}

/// Two sessions of one chat, with changes around every message.
fn twice(shell: &mut Shell, channel: chat::id::ChannelId) -> String {
    let mut last = String::new();
    for _ in 0..2 {
        let session = talk(shell, channel, "hello");
        let of = json!({ "session": session });
        let send = json!({ "session": session, "text": "hi" });
        shell.ok("ann", "messages.send", &send);
        let queue = json!({ "session": session, "queue": true });
        shell.ok("ann", "sessions.transfer", &queue);
        shell.ok("sue", "sessions.take", &of);
        let note = json!({ "session": session, "text": "note" });
        shell.ok("sue", "messages.note", &note);
        shell.ok("sue", "sessions.close", &of);
        last = session;
    }
    last
}

const ONCE: [&str; 5] = [
    "session-opened",
    "session-assigned ann",
    "session-transferred",
    "session-assigned sue",
    "session-closed",
];

#[test]
fn a_history_includes_changes_of_sessions_on_request() {
    let (mut shell, _, channel) = fixture();
    let session = twice(&mut shell, channel);
    let silent = shell.ok("ann", "sessions.history", &json!({ "session": session }));
    assert!(silent.get("events").is_none());
    let ask = json!({ "session": session, "events": true });
    let whole = shell.ok("ann", "sessions.history", &ask);
    assert_eq!(whole["messages"], silent["messages"]);
    assert_eq!(changes(&whole), [ONCE, ONCE].concat());
    let last = &whole["events"].as_array().unwrap()[9];
    has(last, &json!({ "author": "sue", "session": session }));
    let contact = contact_of(&mut shell, &session);
    let ask = json!({ "contact": contact, "events": true });
    let of_person = shell.ok("ann", "sessions.history", &ask);
    assert_eq!(of_person["events"], whole["events"]);
}

#[test]
fn pages_of_a_history_have_every_change_once_and_in_order() {
    let (mut shell, _, channel) = fixture();
    let session = twice(&mut shell, channel);
    for limit in 1..=7 {
        let (mut before, mut all, mut messages) = (Value::Null, Vec::new(), 0);
        loop {
            let ask = json!({
                "session": session, "events": true, "limit": limit, "before": before,
            });
            let page = shell.ok("ann", "sessions.history", &ask);
            messages += page["messages"].as_array().unwrap().len();
            let within = |event: &Value| {
                let at = event["position"].as_u64().unwrap();
                before.as_u64().is_none_or(|before| at < before)
                    && page["next"].as_u64().is_none_or(|next| at >= next)
            };
            let events = page["events"].as_array().unwrap();
            assert!(events.iter().all(within), "{page}");
            let mut found = changes(&page);
            found.append(&mut all);
            all = found;
            before = page["next"].clone();
            if before.is_null() {
                break;
            }
        }
        assert_eq!(messages, 6, "{limit}");
        assert_eq!(all, [ONCE, ONCE].concat(), "{limit}");
    }
}
