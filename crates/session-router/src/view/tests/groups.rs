//! The names of chats, and chats in which several people write.

use chat::id::ChannelId;
use serde_json::{Value, json};

use super::fixture;
use super::shell::{Shell, text};

/// Applies a message of a person in the chat `group`. Returns the session.
fn writes(shell: &mut Shell, channel: ChannelId, user: &str, name: Option<&str>) -> Value {
    let id = format!("m{}", shell.workspace().position);
    let mut data = json!({
        "externalMessageId": id, "externalChatId": "group", "externalUserId": user, "text": "hello",
    });
    if let Some(name) = name {
        data["externalChatName"] = name.into();
    }
    let body = json!({ "type": "message", "data": data });
    let session = shell.says(channel, &body).unwrap().session_id;
    session_of(shell, &session.to_string())
}

fn session_of(shell: &mut Shell, id: &str) -> Value {
    shell.ok("ann", "sessions.get", &json!({ "session": id }))["session"].clone()
}

/// How many times the chat was renamed.
fn renames(shell: &mut Shell) -> usize {
    let events = shell.pages("ann", "events.after", &json!({ "position": 0 }), "events");
    let renamed = |event: &&Value| event["type"] == "switchboard.chat-renamed";
    let renamed: Vec<_> = events.iter().filter(renamed).collect();
    assert!(
        renamed
            .iter()
            .all(|event| event["data"]["session"]["id"].is_string())
    );
    renamed.len()
}

#[test]
fn a_chat_has_its_newest_name_also_in_other_sessions() {
    let (mut shell, _, channel) = fixture();
    let session = writes(&mut shell, channel, "ada", None);
    assert_eq!(session.get("chatName"), None);
    for (name, shown, count) in [
        (Some("Dacha"), "Dacha", 1),
        (Some("Dacha"), "Dacha", 1),
        (None, "Dacha", 1),
        (Some(" "), "Dacha", 1),
        (Some("Dacha 2026"), "Dacha 2026", 2),
        (Some("Dacha"), "Dacha", 3),
    ] {
        let session = writes(&mut shell, channel, "ada", name);
        assert_eq!(
            (&session["chatName"], renames(&mut shell)),
            (&json!(shown), count)
        );
    }
    let id = text(&session["id"]);
    for method in ["sessions.take", "sessions.close"] {
        shell.ok("ann", method, &json!({ "session": id }));
    }
    let next = writes(&mut shell, channel, "ada", None);
    assert_ne!(next["id"], session["id"]);
    assert_eq!(next["chatName"], "Dacha");
    let next = text(&next["id"]);
    for method in ["sessions.take", "sessions.close"] {
        shell.ok("ann", method, &json!({ "session": next }));
    }
    let last = writes(&mut shell, channel, "ada", Some("Garden"));
    assert_eq!(last["chatName"], "Garden");
    assert_eq!(session_of(&mut shell, &id)["chatName"], "Garden");
    assert_eq!(
        renames(&mut shell),
        3,
        "the session was opened with the name"
    );
}

#[test]
fn a_chat_is_a_group_once_a_second_person_writes_in_it() {
    let (mut shell, _, channel) = fixture();
    let session = writes(&mut shell, channel, "ada", Some("Dacha"));
    assert_eq!(session.get("group"), None);
    let session = writes(&mut shell, channel, "eva", Some("Dacha"));
    assert_eq!(session["group"], true);
    let session = text(&session["id"]);
    for method in ["sessions.take", "sessions.close"] {
        shell.ok("ann", method, &json!({ "session": session }));
    }
    let next = writes(&mut shell, channel, "ada", None);
    assert_eq!(next["group"], true);

    // The first to write are different people, too.
    let (mut shell, _, channel) = fixture();
    let session = writes(&mut shell, channel, "ada", None);
    for method in ["sessions.take", "sessions.close"] {
        shell.ok("ann", method, &json!({ "session": session["id"] }));
    }
    assert_eq!(writes(&mut shell, channel, "eva", None)["group"], true);
}

/// The session in the data of the newest message event.
fn in_last_message(shell: &mut Shell) -> Value {
    let events = shell.pages("ann", "events.after", &json!({ "position": 0 }), "events");
    let mut messages = events.iter().rev();
    let last = messages.find(|event| event["data"]["message"].is_object());
    last.unwrap()["data"]["session"].clone()
}

#[test]
fn a_message_in_a_group_says_so_and_a_history_has_its_authors() {
    let (mut shell, _, channel) = fixture();
    writes(&mut shell, channel, "ada", None);
    assert_eq!(in_last_message(&mut shell).get("group"), None);
    let session = writes(&mut shell, channel, "eva", None);
    assert_eq!(in_last_message(&mut shell)["group"], true);
    let history = json!({ "session": session["id"] });
    let page = shell.ok("ann", "sessions.history", &history);
    let contacts = page["contacts"].as_array().unwrap().iter();
    let mut found: Vec<_> = contacts.map(|c| (&c["id"], &c["externalUserId"])).collect();
    let messages = page["messages"].as_array().unwrap().iter();
    let authors = messages
        .map(|m| &m["author"])
        .zip([json!("ada"), json!("eva")]);
    let mut authors: Vec<_> = authors.collect();
    found.sort_by_key(|(id, _)| id.to_string());
    authors.sort_by_key(|(id, _)| id.to_string());
    assert_eq!(
        found,
        authors
            .iter()
            .map(|(id, user)| (*id, user))
            .collect::<Vec<_>>()
    );
}

#[test]
fn a_name_is_erased_with_the_person_whose_key_seals_it() {
    let (mut shell, _, channel) = fixture();
    let session = writes(&mut shell, channel, "ada", Some("Dacha"));
    writes(&mut shell, channel, "eva", Some("Dacha 2026"));
    let contact = json!({ "contact": session["contact"] });
    shell.ok("root", "contacts.forget", &contact);
    let session = session_of(&mut shell, &text(&session["id"]));
    assert_eq!(session.get("chatName"), None);
    let next = writes(&mut shell, channel, "eva", Some("Dacha 2026"));
    assert_eq!(next["chatName"], "Dacha 2026");
}
