//! Answers to queries, rendered from real logs.

mod deliveries;
mod groups;
mod history;
mod lists;
mod messages;
mod related;
mod rights;
pub(crate) mod shell;

use chat::command::{Attempted, SystemCommand};
use chat::content::Profile;
use chat::id::{ChannelId, MessageId};
use chat::rpc::{AttemptReply, Outcome};
use serde_json::{Value, json};

use shell::{Shell, text};

/// The objects of the console API with their members: `?` marks an optional one, and those behind
/// `+` are extensions of the specification.
const OBJECTS: &[(&str, &str)] = &[
    ("token", "id name createdAt lastUsedAt?"),
    ("liveChat", "id name members channels createdAt + deleted?"),
    (
        "channel",
        "id liveChat name webhook status since reason? verified security dialect capabilities \
         publicUrl pendingDeliveries lastErrorAt? lastError? refusedWhileDisconnected + codes? \
         oldCodeUsedAt? lastErrorReason?",
    ),
    (
        "contact",
        "id channel externalUserId username? phoneNumber? avatar? firstSeenAt forgotten?",
    ),
    (
        "session",
        "id liveChat channel contact externalChatId chatName? status operator? openedBy openedAt \
         closedAt? unread failed lastMessage? waitingSince? + group? position",
    ),
    (
        "message",
        "id session direction author text? files replyTo? externalMessageId? createdAt \
         acceptedAt position edited? deleted? delivery?",
    ),
    (
        "delivery",
        "state attempts nextAttemptAt? reason? status? deliveredAt? readAt?",
    ),
    (
        "attempt",
        "message n at ms status? error? answer? + text? contact? \
         delivery? state position channel session reason?",
    ),
];

/// Asserts that an object has the members of the table, and no others.
pub(crate) fn check(object: &str, value: &Value) {
    let (_, members) = OBJECTS.iter().find(|(name, _)| *name == object).unwrap();
    let known: Vec<&str> = members.split_whitespace().filter(|m| *m != "+").collect();
    let value = value
        .as_object()
        .unwrap_or_else(|| panic!("{object}: {value}"));
    for member in &known {
        let there = value.contains_key(member.trim_end_matches('?'));
        assert!(
            there || member.ends_with('?'),
            "{object} lacks {member}: {value:?}"
        );
    }
    for (member, value) in value {
        let optional = format!("{member}?");
        assert!(
            known.contains(&member.as_str()) || known.contains(&optional.as_str()),
            "{object} has {member}"
        );
        assert!(
            !value.is_null() || member == "verified",
            "{object} has {member}: null"
        );
    }
}

/// A fixture with one desk: `ann` works at it, `sue` supervises, `eve` works elsewhere.
pub(crate) fn fixture() -> (Shell, String, ChannelId) {
    let mut shell = Shell::new();
    shell.user("ann", "operators");
    shell.user("sue", "supervisors");
    shell.user("eve", "operators");
    let live_chat = shell.live_chat("Sales", &["ann"]);
    let channel = shell.channel(&live_chat, "https://messenger.example/hook?key=hidden");
    (shell, live_chat, channel)
}

/// A session that `ann` has.
fn talk(shell: &mut Shell, channel: ChannelId, words: &str) -> String {
    let session = shell
        .writes(channel, "c1", "u1", words)
        .session_id
        .to_string();
    shell.ok("ann", "sessions.take", &json!({ "session": session }));
    session
}

/// The messenger sends a profile of the person in a session.
fn profile(shell: &mut Shell, session: &str) {
    let contact =
        text(&shell.ok("ann", "sessions.get", &json!({ "session": session }))["contact"]["id"]);
    let profile = Profile {
        username: Some("Anna Person".to_owned()),
        phone_number: Some("+1 555".to_owned()),
        avatar: Some("data:image/png;base64,AA".to_owned()),
    };
    shell.system(SystemCommand::Profile(
        contact.parse().unwrap(),
        Some(profile),
    ));
}

/// Asserts that an object has these members.
#[track_caller]
fn has(object: &Value, members: &Value) {
    for (name, value) in members.as_object().unwrap() {
        assert_eq!(object[name], *value, "{name} of {object}");
    }
}

fn history(shell: &mut Shell, session: &str) -> Vec<Value> {
    let ok = shell.ok("ann", "sessions.history", &json!({ "session": session }));
    let messages = ok["messages"].as_array().unwrap().clone();
    for message in &messages {
        check("message", message);
    }
    messages
}

/// One attempt with this answer.
fn attempt(shell: &mut Shell, message: MessageId, outcome: Outcome) {
    shell.system(SystemCommand::Attempting(message));
    let reply = AttemptReply {
        ms: 12,
        outcome,
        old_code: None,
    };
    let channel = shell.workspace().pending(message).unwrap().1.channel;
    let generation = shell.workspace().channel(channel).unwrap().generation;
    shell.system(SystemCommand::Attempted(Attempted {
        message,
        generation,
        reply,
    }));
}

fn answered(status: u16) -> Outcome {
    Outcome::Answered {
        status,
        retry_after: None,
        answer: b"so it says".to_vec(),
    }
}

#[test]
fn a_session_comes_with_its_contact_channel_and_operator() {
    let (mut shell, live_chat, channel) = fixture();
    let session = talk(&mut shell, channel, "hello");
    profile(&mut shell, &session);
    let ok = shell.ok("ann", "sessions.get", &json!({ "session": session }));
    check("session", &ok["session"]);
    check("channel", &ok["channel"]);
    check("contact", &ok["contact"]);
    assert_eq!(ok["session"]["chatName"], "The chat");
    assert_eq!(ok["session"]["lastMessage"]["text"], "hello");
    assert_eq!(ok["session"]["unread"], 1);
    assert_eq!(ok["session"]["liveChat"], live_chat);
    assert_eq!(ok["contact"]["username"], "Anna Person");
    assert_eq!(ok["contact"]["avatar"], "data:image/png;base64,AA");
    assert_eq!(
        ok["operator"],
        json!({ "id": "ann", "name": "ann", "groups": ["operators"] })
    );
    assert_eq!(ok["channel"]["webhook"], "https://messenger.example");
    let url = format!("https://chat.example/api/messengers/external/other/webhook/{channel}");
    assert_eq!(ok["channel"]["publicUrl"], url);
    assert_eq!(ok["channel"]["capabilities"]["operatorInitiated"], true);
    assert_eq!(
        shell.refusal("eve", "sessions.get", &json!({ "session": session })),
        "forbidden"
    );
}

#[test]
fn the_answer_of_a_command_shows_the_changed_object() {
    let (mut shell, live_chat, channel) = fixture();
    let renamed = shell.ok(
        "root",
        "live-chats.rename",
        &json!({ "liveChat": live_chat, "name": "S" }),
    );
    check("liveChat", &renamed["liveChat"]);
    assert_eq!(renamed["liveChat"]["channels"], 1);
    let user = shell.ok(
        "root",
        "users.update",
        &json!({ "login": "ann", "name": "Ann" }),
    );
    has(&user["user"], &json!({ "id": "ann", "name": "Ann" }));
    let off = shell.ok("root", "users.disable", &json!({ "login": "eve" }));
    assert_eq!(off["user"]["disabled"], true);
    let token = shell.ok("root", "users.token", &json!({ "login": "ann" }));
    assert_eq!(token["user"]["id"], "ann");
    let tokens = shell.list("ann", "users.tokens", &json!({}), "tokens");
    check("token", &tokens[0]);
    let revoke = json!({ "token": tokens[0]["id"] });
    let revoked = shell.ok("ann", "users.token-revoke", &revoke);
    assert_eq!(revoked["user"]["id"], "ann");
    let body = json!({ "liveChat": live_chat, "shortcut": "hi", "text": "Hello!" });
    let reply = shell.ok("sue", "replies.create", &body)["reply"].clone();
    has(&reply, &json!({ "shortcut": "hi", "text": "Hello!" }));
    let replies = shell.ok("ann", "replies.list", &json!({ "liveChat": live_chat }));
    assert_eq!(replies["replies"], json!([reply]));
    let updated = shell.ok(
        "root",
        "channels.rename",
        &json!({ "channel": channel, "name": "N" }),
    );
    check("channel", &updated["channel"]);
    assert_eq!(
        updated["channel"]["webhook"],
        "https://messenger.example/hook?key=hidden"
    );
    let body = json!({
        "channel": channel, "externalChatId": "c9", "externalUserId": "u9", "text": "hello",
        "commandId": "01890a5d-ac96-774b-bcce-b302099a8057",
    });
    let first = shell.ok("ann", "sessions.create", &body);
    check("session", &first["session"]);
    assert_eq!(shell.ok("ann", "sessions.create", &body), first);
    let replayed = shell.ok(
        "root",
        "deliveries.replay",
        &json!({ "channel": channel, "since": "1h" }),
    );
    assert_eq!(replayed, json!({ "count": 0 }));
}
