//! What is shown beside what was asked for: colleagues, changes of sessions, a person's sessions,
//! since when codes are good.

use std::time::Duration;

use chat::time::Timestamp;
use serde_json::{Value, json};

use super::shell::{Shell, text};
use super::{check, fixture, talk};

fn ids(list: &Value) -> Vec<String> {
    list.as_array()
        .unwrap()
        .iter()
        .map(|one| text(&one["id"]))
        .collect()
}

#[test]
fn live_chats_come_with_the_people_who_see_them_and_who_is_there() {
    let (mut shell, _, _) = fixture();
    shell.user("bea", "operators");
    shell.live_chat("Support", &["eve", "bea"]);
    shell.ok("root", "users.disable", &json!({ "login": "bea" }));
    let people = |shell: &mut Shell, user: &str| {
        shell.ok(user, "live-chats.list", &json!({}))["people"].clone()
    };
    // Members of their own, and whoever sees all.
    assert_eq!(ids(&people(&mut shell, "ann")), ["ann", "root", "sue"]);
    assert_eq!(ids(&people(&mut shell, "eve")), ["eve", "root", "sue"]);
    let all = ["ann", "eve", "root", "sue"];
    assert_eq!(ids(&people(&mut shell, "sue")), all);
    // Of one page only those of its live chats.
    let page = shell.ok("sue", "live-chats.list", &json!({ "limit": 1 }));
    assert_eq!(ids(&page["people"]), ["ann", "root", "sue"]);

    let (sue, now) = ("sue".parse().unwrap(), shell.now);
    shell.presence.heard(&sue, now);
    let wanted = json!({ "id": "sue", "name": "sue", "groups": ["supervisors"], "online": true });
    assert_eq!(people(&mut shell, "ann")[2], wanted);
    assert_eq!(people(&mut shell, "ann")[0]["online"], false);
    shell.now = now.plus(Duration::from_secs(121));
    assert_eq!(people(&mut shell, "ann")[2]["online"], false);
}

/// What happened, as `event operator`.
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

/// Two sessions of one chat, with something happening around every message.
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
fn a_history_says_what_happened_to_the_sessions_when_it_is_asked() {
    let (mut shell, _, channel) = fixture();
    let session = twice(&mut shell, channel);
    let silent = shell.ok("ann", "sessions.history", &json!({ "session": session }));
    assert!(silent.get("events").is_none());
    let ask = json!({ "session": session, "events": true });
    let whole = shell.ok("ann", "sessions.history", &ask);
    assert_eq!(whole["messages"], silent["messages"]);
    assert_eq!(changes(&whole), [ONCE, ONCE].concat());
    let last = &whole["events"].as_array().unwrap()[9];
    assert_eq!(
        (&last["author"], &last["session"]),
        (&json!("sue"), &json!(session))
    );
    let contact = whole_contact(&mut shell, &session);
    let ask = json!({ "contact": contact, "events": true });
    let of_person = shell.ok("ann", "sessions.history", &ask);
    assert_eq!(of_person["events"], whole["events"]);
}

fn whole_contact(shell: &mut Shell, session: &str) -> String {
    let ok = shell.ok("ann", "sessions.get", &json!({ "session": session }));
    text(&ok["contact"]["id"])
}

#[test]
fn pages_of_a_history_have_every_change_once_and_in_its_place() {
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
            assert!(
                page["events"].as_array().unwrap().iter().all(within),
                "{page}"
            );
            let mut found = changes(&page);
            found.append(&mut all);
            all = found;
            before = page["next"].clone();
            if before.is_null() {
                break;
            }
        }
        assert_eq!(
            (messages, all),
            (
                6,
                [ONCE, ONCE]
                    .concat()
                    .iter()
                    .map(|s| (*s).to_owned())
                    .collect()
            ),
            "{limit}"
        );
    }
}

#[test]
fn a_person_comes_with_the_newest_sessions_that_the_caller_sees() {
    let (mut shell, _, channel) = fixture();
    let mut sessions = Vec::new();
    for _ in 0..22 {
        let session = talk(&mut shell, channel, "hello");
        shell.ok("ann", "sessions.close", &json!({ "session": session }));
        sessions.insert(0, session);
    }
    let contact = whole_contact(&mut shell, &sessions[0]);
    let ok = shell.ok("ann", "contacts.get", &json!({ "contact": contact }));
    check("contact", &ok["contact"]);
    check("session", &ok["sessions"][0]);
    assert_eq!(ids(&ok["sessions"]), sessions[..20]);
}

#[test]
fn administrators_see_since_when_and_until_when_codes_are_good() {
    let (mut shell, _, channel) = fixture();
    let get = |shell: &mut Shell, user: &str| {
        shell.ok(user, "channels.get", &json!({ "channel": channel }))["channel"].clone()
    };
    let first = get(&mut shell, "root")["codes"].clone();
    let since = first[0]["since"].clone();
    assert_eq!(first, json!([{ "since": since }]));
    let rotate = json!({ "channel": channel, "code": "another code", "overlap": "1h" });
    let answered = shell.ok("root", "channels.rotate", &rotate);
    let both = get(&mut shell, "root")["codes"].clone();
    assert_eq!(answered["channel"]["codes"], both);
    assert!(both[0]["since"].as_str() > since.as_str() && both[0].get("until").is_none());
    assert_eq!(both[1]["since"], since);
    let until: Timestamp = serde_json::from_value(both[1]["until"].clone()).unwrap();
    assert!(until > shell.now);
    // Nobody else, and never the code.
    assert!(get(&mut shell, "sue").get("codes").is_none());
    assert!(!get(&mut shell, "root").to_string().contains("another code"));
}
