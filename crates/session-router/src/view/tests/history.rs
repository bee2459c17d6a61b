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
fn a_history_is_in_the_order_of_the_log_whatever_the_messenger_says() {
    let (mut shell, _, channel) = fixture();
    let written = [
        ("1", "2026-01-01T00:00:02Z"),
        ("2", "2026-01-01T00:00:01Z"),
        ("3", "2126-01-01T00:00:00Z"),
        ("4", "2026-01-01T00:00:03Z"),
    ];
    for (id, at) in written {
        let data = json!({
            "externalMessageId": id, "externalChatId": "c", "externalUserId": "u", "text": id,
            "createdAt": at,
        });
        shell.says(channel, &json!({ "type": "message", "data": data }));
    }
    let session = shell.first_session();
    let contact = contact_of(&mut shell, &session);
    for of in [json!({ "session": session }), json!({ "contact": contact })] {
        let page = shell.ok("ann", "sessions.history", &of);
        let texts = page["messages"].as_array().unwrap().iter();
        let texts: Vec<_> = texts.map(|m| text(&m["text"])).collect();
        assert_eq!(texts, ["1", "2", "3", "4"]);
    }
    let last = &shell.ok("ann", "sessions.get", &json!({ "session": session }))["session"];
    assert_eq!(last["lastMessage"]["text"], "4");
    let accepted = &last["lastMessage"]["acceptedAt"];
    assert_eq!(*accepted, history(&mut shell, &session)[3]["acceptedAt"]);
}

/// Closes the session of a chat after a message in it. Returns the session.
fn once(
    shell: &mut Shell,
    channel: chat::id::ChannelId,
    chat: &str,
    user: &str,
    said: &str,
) -> String {
    let session = shell
        .writes(channel, chat, user, said)
        .session_id
        .to_string();
    shell.ok("ann", "sessions.take", &json!({ "session": session }));
    shell.ok("ann", "sessions.close", &json!({ "session": session }));
    session
}

#[test]
fn the_history_of_a_person_has_all_their_chats_in_order_with_one_cursor() {
    let (mut shell, _, channel) = fixture();
    let said = ["a 1", "b 1", "a 2", "c 1", "b 2", "a 3"];
    let mut first = String::new();
    for text in said {
        let chat = text.split(' ').next().unwrap();
        first = once(&mut shell, channel, chat, "bo", text);
    }
    // Others opened the group's earlier and later sessions.
    once(&mut shell, channel, "group", "cy", "g 1");
    once(&mut shell, channel, "group", "bo", "g 2");
    once(&mut shell, channel, "group", "dee", "g 3");
    once(&mut shell, channel, "elsewhere", "dee", "x");
    // In this group nobody opened a session for the person.
    shell.writes(channel, "guests", "cy", "h 1");
    shell.writes(channel, "guests", "bo", "h 2");
    // Both chats are open.
    for text in ["a 4", "b 3", "a 5"] {
        let chat = text.split(' ').next().unwrap();
        shell.writes(channel, chat, "bo", text);
    }
    let all: Vec<&str> = said
        .into_iter()
        .chain(["g 1", "g 2", "g 3", "h 1", "h 2", "a 4", "b 3", "a 5"])
        .collect();
    let contact = contact_of(&mut shell, &first);
    for limit in [1, 2, 3, 5, 100] {
        let body = json!({ "contact": contact, "limit": limit });
        let mut pages = Vec::new();
        let mut before = Value::Null;
        loop {
            let mut body = body.clone();
            body["before"] = before;
            let page = shell.ok("ann", "sessions.history", &body);
            let texts = page["messages"].as_array().unwrap().iter();
            pages.splice(0..0, texts.map(|m| text(&m["text"])).collect::<Vec<_>>());
            before = page["next"].clone();
            if before.is_null() {
                break;
            }
        }
        assert_eq!(pages, all, "limit {limit}");
    }
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

#[test]
fn a_history_of_a_reopened_session_includes_later_sessions_of_the_chat() {
    let (mut shell, _, channel) = fixture();
    let sessions = ["1", "2"].map(|words| {
        let session = talk(&mut shell, channel, words);
        shell.ok("ann", "sessions.close", &json!({ "session": session }));
        session
    });
    let words = |shell: &mut Shell| {
        let shown = history(shell, &sessions[0]);
        shown.iter().map(|m| text(&m["text"])).collect::<Vec<_>>()
    };
    assert_eq!(words(&mut shell), ["1"]);
    shell.ok("ann", "sessions.reopen", &json!({ "session": sessions[0] }));
    assert_eq!(talk(&mut shell, channel, "3"), sessions[0]);
    assert_eq!(words(&mut shell), ["1", "2", "3"]);
}

/// The changes of a page, as `event operator from`.
fn changes(page: &Value) -> Vec<String> {
    let events = page["events"].as_array().unwrap().iter();
    events
        .map(|event| {
            assert_eq!(event["direction"], "system");
            let at = event["position"].as_u64().unwrap();
            assert_eq!(event["id"], format!("event-{at}"));
            let kind = event["event"].as_str().unwrap();
            match (event["operator"].as_str(), event["from"].as_str()) {
                (Some(operator), Some(from)) => format!("{kind} {operator} from {from}"),
                (Some(operator), None) => format!("{kind} {operator}"),
                (None, _) => kind.to_owned(),
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
        shell.ok("ann", "sessions.reopen", &of);
        shell.ok("sue", "sessions.take", &of);
        shell.ok("sue", "sessions.close", &of);
        last = session;
    }
    last
}

const ONCE: [&str; 8] = [
    "session-opened",
    "session-assigned ann",
    "session-transferred",
    "session-assigned sue",
    "session-closed",
    "session-reopened ann",
    "session-assigned sue from ann",
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
    let last = &whole["events"].as_array().unwrap()[15];
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
