//! Related objects in an answer: colleagues, sessions of a person, the validity of codes.

use std::time::Duration;

use chat::time::Timestamp;
use serde_json::{Value, json};

use super::shell::{Shell, text};
use super::{check, fixture, talk};

fn ids(list: &Value) -> Vec<String> {
    let list = list.as_array().unwrap().iter();
    list.map(|one| text(&one["id"])).collect()
}

#[test]
fn live_chats_come_with_their_people_and_who_is_online() {
    let (mut shell, _, _) = fixture();
    shell.user("bea", "operators");
    shell.live_chat("Support", &["eve", "bea"]);
    shell.ok("root", "users.disable", &json!({ "login": "bea" }));
    let people = |shell: &mut Shell, user: &str| {
        shell.ok(user, "live-chats.list", &json!({}))["people"].clone()
    };
    // Members see their own live chats; supervisors and administrators see all.
    assert_eq!(ids(&people(&mut shell, "ann")), ["ann", "root", "sue"]);
    assert_eq!(ids(&people(&mut shell, "eve")), ["eve", "root", "sue"]);
    let all = ["ann", "eve", "root", "sue"];
    assert_eq!(ids(&people(&mut shell, "sue")), all);
    // Of one page only those of its live chats.
    let page = shell.ok("sue", "live-chats.list", &json!({ "limit": 1 }));
    assert_eq!(ids(&page["people"]), ["ann", "root", "sue"]);

    let (sue, now) = ("sue".parse().unwrap(), shell.now);
    shell.presence.saw(&sue, now);
    let wanted = json!({ "id": "sue", "name": "sue", "groups": ["supervisors"], "online": true });
    assert_eq!(people(&mut shell, "ann")[2], wanted);
    assert_eq!(people(&mut shell, "ann")[0]["online"], false);
    shell.now = now.plus(Duration::from_secs(121));
    assert_eq!(people(&mut shell, "ann")[2]["online"], false);
}

pub(super) fn contact_of(shell: &mut Shell, session: &str) -> String {
    let ok = shell.ok("ann", "sessions.get", &json!({ "session": session }));
    text(&ok["contact"]["id"])
}

#[test]
fn a_contact_comes_with_the_newest_sessions_that_the_caller_may_see() {
    let (mut shell, _, channel) = fixture();
    let mut sessions = Vec::new();
    for _ in 0..22 {
        let session = talk(&mut shell, channel, "hello");
        shell.ok("ann", "sessions.close", &json!({ "session": session }));
        sessions.insert(0, session);
    }
    let contact = contact_of(&mut shell, &sessions[0]);
    let ok = shell.ok("ann", "contacts.get", &json!({ "contact": contact }));
    check("contact", &ok["contact"]);
    check("session", &ok["sessions"][0]);
    assert_eq!(ids(&ok["sessions"]), sessions[..20]);
}

#[test]
fn administrators_see_the_validity_of_codes() {
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
    // Others do not, and no answer has the code.
    assert!(get(&mut shell, "sue").get("codes").is_none());
    assert!(!get(&mut shell, "root").to_string().contains("another code"));
}

#[test]
fn a_rejection_names_the_chats_of_a_contact_in_groups() {
    let (mut shell, _, channel) = fixture();
    let say = |shell: &mut Shell, id: &str, user: &str| {
        let data = json!({
            "externalMessageId": id, "externalChatId": "g-1", "externalUserId": user,
            "externalChatName": "Dacha", "text": "hello",
        });
        shell.says(channel, &json!({ "type": "message", "data": data }));
    };
    say(&mut shell, "1", "u-boris");
    say(&mut shell, "2", "u-ann");
    let session = shell.first_session();
    shell.ok("sue", "sessions.close", &json!({ "session": session }));
    let contact = contact_of(&mut shell, &session);
    let start = json!({ "channel": channel, "contact": contact, "text": "in private" });
    let rejection = shell.ask("ann", "sessions.create", &start).unwrap_err();
    assert_eq!(rejection.code.as_str(), "chat_ambiguous");
    let wanted = json!([{ "externalChatId": "g-1", "chatName": "Dacha", "session": session }]);
    assert_eq!(rejection.details["chats"], wanted);
}
