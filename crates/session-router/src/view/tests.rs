//! What consoles are shown, from real logs.

mod beside;
mod lists;
mod rights;
pub(crate) mod shell;

use chat::command::{Attempted, Command};
use chat::content::Profile;
use chat::id::{ChannelId, MessageId};
use chat::rpc::{AttemptReply, Outcome};
use serde_json::{Value, json};

use shell::{Shell, text};

/// The objects of console-api section 5: their members, the optional ones marked as there, and
/// behind `+` what we added.
const OBJECTS: &[(&str, &str)] = &[
    ("liveChat", "id name members channels createdAt + deleted?"),
    (
        "channel",
        "id liveChat name webhook status since reason? verified security dialect capabilities \
         publicUrl pendingDeliveries lastErrorAt? lastError? refusedWhileDisconnected + codes?",
    ),
    (
        "contact",
        "id channel externalUserId username? phoneNumber? avatar? firstSeenAt forgotten?",
    ),
    (
        "session",
        "id liveChat channel contact externalChatId chatName? status operator? openedBy openedAt \
         closedAt? unread lastMessage? waitingSince?",
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
        "message n at ms status? error? answer? + state position channel session",
    ),
];

/// An object has the members that section 5 names, and no others.
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

/// What the messenger says of the person in a session.
fn profile(shell: &mut Shell, session: &str) {
    let contact =
        text(&shell.ok("ann", "sessions.get", &json!({ "session": session }))["contact"]["id"]);
    let profile = Profile {
        username: Some("Anna Person".to_owned()),
        phone_number: Some("+1 555".to_owned()),
        avatar: Some("data:image/png;base64,AA".to_owned()),
    };
    shell.system(Command::Profile(contact.parse().unwrap(), Some(profile)));
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
    shell.system(Command::Attempting(message));
    let reply = AttemptReply { ms: 12, outcome };
    let channel = shell.workspace.pending(message).unwrap().1.channel;
    let generation = shell.workspace.channel(channel).unwrap().generation;
    shell.system(Command::Attempted(Attempted {
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
fn a_session_is_shown_with_all_that_it_is_about() {
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
fn messages_show_their_words_authors_and_deliveries() {
    let (mut shell, _, channel) = fixture();
    let session = talk(&mut shell, channel, "hello");
    let file = json!({ "name": "f", "size": 3, "URL": "http://h/f" });
    let first = history(&mut shell, &session)[0]["id"].clone();
    let body = json!({ "session": session, "text": "hi", "files": [file], "replyTo": first });
    let sent = shell.ok("ann", "messages.send", &body);
    check("message", &sent["message"]);
    assert_eq!(
        sent["message"]["delivery"],
        json!({ "state": "queued", "attempts": 0 })
    );
    assert_eq!(sent["position"], sent["message"]["position"]);
    let note = shell.ok(
        "ann",
        "messages.note",
        &json!({ "session": session, "text": "rude" }),
    );
    assert_eq!(note["message"]["direction"], "note");
    attempt(
        &mut shell,
        text(&sent["messageId"]).parse().unwrap(),
        answered(500),
    );
    let messages = history(&mut shell, &session);
    let shown: Vec<_> = messages
        .iter()
        .map(|m| (m["direction"].clone(), m["text"].clone()))
        .collect();
    let wanted = [("inbound", "hello"), ("outbound", "hi"), ("note", "rude")];
    assert_eq!(shown, wanted.map(|(d, t)| (json!(d), json!(t))));
    let contact =
        shell.ok("ann", "sessions.get", &json!({ "session": session }))["contact"]["id"].clone();
    assert_eq!(messages[0]["author"], contact);
    assert_eq!(messages[1]["author"], "ann");
    assert_eq!(messages[1]["files"], json!([file]));
    assert_eq!(messages[1]["replyTo"], first);
    let delivery = &messages[1]["delivery"];
    check("delivery", delivery);
    assert_eq!(
        (&delivery["state"], &delivery["status"]),
        (&json!("sending"), &json!(500))
    );
    assert!(delivery["nextAttemptAt"].is_string() && delivery["reason"].is_string());
    // A note is no last message.
    let ok = shell.ok("ann", "sessions.get", &json!({ "session": session }));
    assert_eq!(ok["session"]["lastMessage"]["text"], "hi");
}

#[test]
fn receipts_and_ends_show_in_the_delivery() {
    let (mut shell, live_chat, channel) = fixture();
    let session = talk(&mut shell, channel, "hello");
    let send = |shell: &mut Shell, words: &str| -> MessageId {
        let body = json!({ "session": session, "text": words });
        text(&shell.ok("ann", "messages.send", &body)["messageId"])
            .parse()
            .unwrap()
    };
    let (read, refused, waits) = (
        send(&mut shell, "1"),
        send(&mut shell, "2"),
        send(&mut shell, "3"),
    );
    attempt(&mut shell, read, answered(200));
    for status in ["delivered", "read"] {
        let data = json!({ "messageId": read, "status": status });
        shell.says(channel, &json!({ "type": "messageStatus", "data": data }));
    }
    attempt(&mut shell, refused, answered(422));
    let body = json!({ "liveChat": live_chat, "force": true });
    let before = history(&mut shell, &session);
    check("delivery", &before[1]["delivery"]);
    assert_eq!(before[1]["delivery"]["state"], "read");
    assert!(
        before[1]["delivery"]["readAt"].as_str() > before[1]["delivery"]["deliveredAt"].as_str()
    );
    assert_eq!(
        before[2]["delivery"]["reason"],
        "the messenger answered 422"
    );
    // The fold ends what waits when its channel goes; no event says so of each.
    shell.ok("root", "channels.delete", &json!({ "channel": channel }));
    let after = history(&mut shell, &session);
    assert_eq!(after[3]["id"], waits.to_string());
    assert_eq!(after[3]["delivery"]["state"], "failed");
    assert!(after[3]["delivery"]["reason"].is_string());
    shell.ok("root", "live-chats.delete", &body);
}

#[test]
fn an_edited_message_shows_its_last_words_and_a_deleted_one_none() {
    let (mut shell, _, channel) = fixture();
    let say = |shell: &mut Shell, kind: &str, data: Value| {
        shell.says(channel, &json!({ "type": kind, "data": data }));
    };
    let write = |id: &str| {
        json!({
            "externalMessageId": id, "externalChatId": "c", "externalUserId": "u", "text": "old",
            "files": [{ "name": "f", "URL": "http://h/f" }],
        })
    };
    say(
        &mut shell,
        "messageEdited",
        json!({ "externalMessageId": "1", "text": "parked" }),
    );
    say(&mut shell, "message", write("1"));
    let messages: Vec<_> = shell
        .workspace
        .sessions
        .iter()
        .map(|(id, _)| id.to_string())
        .collect();
    let session = messages[0].clone();
    let shown = history(&mut shell, &session);
    assert_eq!(shown[0]["text"], "parked");
    assert_eq!(shown[0]["files"][0]["name"], "f");
    assert!(shown[0]["edited"].is_string());
    say(
        &mut shell,
        "messageEdited",
        json!({ "externalMessageId": "1", "text": "new" }),
    );
    assert_eq!(history(&mut shell, &session)[0]["text"], "new");
    say(
        &mut shell,
        "messageDeleted",
        json!({ "externalMessageId": "1" }),
    );
    let shown = history(&mut shell, &session);
    assert!(shown[0]["text"].is_null() && shown[0]["deleted"].is_string());
    assert_eq!(shown[0]["files"], json!([]));
}

#[test]
fn in_a_group_everybody_has_their_own_words() {
    let (mut shell, _, channel) = fixture();
    let session = talk(&mut shell, channel, "I am one");
    shell.writes(channel, "c1", "u2", "I am two");
    let before = history(&mut shell, &session);
    assert_eq!(before[1]["text"], "I am two");
    assert_ne!(before[0]["author"], before[1]["author"]);
    // The second is forgotten; the first still has words.
    let second = json!({ "contact": before[1]["author"] });
    assert_eq!(
        shell.refusal("ann", "contacts.forget", &second),
        "forbidden"
    );
    let contact = shell.ok("root", "contacts.forget", &second)["contact"].clone();
    check("contact", &contact);
    assert!(contact["forgotten"].is_string());
    let after = history(&mut shell, &session);
    assert_eq!(after[0]["text"], "I am one");
    assert!(after[1]["text"].is_null());
}

#[test]
fn a_forgotten_person_has_no_words_no_name_and_no_chat_name() {
    let (mut shell, _, channel) = fixture();
    let session = talk(&mut shell, channel, "my secret");
    profile(&mut shell, &session);
    shell.ok(
        "ann",
        "messages.send",
        &json!({ "session": session, "text": "your secret" }),
    );
    let contact = history(&mut shell, &session)[0]["author"].clone();
    shell.ok("root", "contacts.forget", &json!({ "contact": contact }));
    let everything = [
        json!(history(&mut shell, &session)),
        shell.ok("ann", "sessions.get", &json!({ "session": session })),
        shell.ok("ann", "contacts.get", &json!({ "contact": contact })),
        shell.ok("ann", "contacts.list", &json!({})),
        shell.ok("ann", "sessions.list", &json!({ "view": "closed" })),
        shell.ok("root", "events.after", &json!({ "position": 0 })),
        shell.ok("root", "audit.list", &json!({})),
    ];
    for shown in everything.map(|shown| shown.to_string()) {
        for word in ["secret", "Anna Person", "The chat", "+1 555", "AA"] {
            assert!(!shown.contains(word), "{word} in {shown}");
        }
    }
    let shown = history(&mut shell, &session);
    assert_eq!(shown.len(), 2);
    assert_eq!(shown[1]["author"], "ann");
}

#[test]
fn answers_of_commands_show_the_thing_as_it_is_now() {
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
    assert_eq!(
        (&user["user"]["id"], &user["user"]["name"]),
        (&json!("ann"), &json!("Ann"))
    );
    let off = shell.ok("root", "users.disable", &json!({ "login": "eve" }));
    assert_eq!(off["user"]["disabled"], true);
    let token = shell.ok("root", "users.token", &json!({ "login": "ann" }));
    assert_eq!(token["user"]["id"], "ann");
    let body = json!({ "liveChat": live_chat, "shortcut": "hi", "text": "Hello!" });
    let reply = shell.ok("sue", "replies.create", &body)["reply"].clone();
    assert_eq!(
        (&reply["shortcut"], &reply["text"]),
        (&json!("hi"), &json!("Hello!"))
    );
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
