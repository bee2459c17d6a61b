//! Messages and their deliveries.

use chat::id::MessageId;
use chat::rpc::Outcome;
use serde_json::{Value, json};

use super::related::contact_of;
use super::shell::{Shell, text};
use super::{answered, attempt, check, fixture, has, history, profile, talk};

#[test]
fn messages_show_their_text_author_and_delivery() {
    let (mut shell, _, channel) = fixture();
    let session = talk(&mut shell, channel, "hello");
    let file = json!({ "name": "f", "size": 3, "URL": "http://h/f" });
    let first = history(&mut shell, &session)[0]["id"].clone();
    let body = json!({ "session": session, "text": "hi", "files": [file], "replyTo": first });
    let sent = shell.ok("ann", "messages.send", &body);
    check("message", &sent["message"]);
    let queued = json!({ "state": "queued", "attempts": 0 });
    assert_eq!(sent["message"]["delivery"], queued);
    assert_eq!(sent["position"], sent["message"]["position"]);
    let note = json!({ "session": session, "text": "rude" });
    let note = shell.ok("ann", "messages.note", &note);
    assert_eq!(note["message"]["direction"], "note");
    let message = text(&sent["messageId"]).parse().unwrap();
    attempt(&mut shell, message, answered(500));
    let messages = history(&mut shell, &session);
    let wanted = [("inbound", "hello"), ("outbound", "hi"), ("note", "rude")];
    for (message, (direction, text)) in messages.iter().zip(wanted) {
        has(message, &json!({ "direction": direction, "text": text }));
    }
    assert_eq!(messages.len(), 3);
    let contact = contact_of(&mut shell, &session);
    assert_eq!(messages[0]["author"], contact);
    assert_eq!(messages[1]["author"], "ann");
    assert_eq!(messages[1]["files"], json!([file]));
    assert_eq!(messages[1]["replyTo"], first);
    let delivery = &messages[1]["delivery"];
    check("delivery", delivery);
    has(delivery, &json!({ "state": "sending", "status": 500 }));
    assert!(delivery["nextAttemptAt"].is_string() && delivery["reason"]["message"].is_string());
    // The last message is not the note.
    let ok = shell.ok("ann", "sessions.get", &json!({ "session": session }));
    assert_eq!(ok["session"]["lastMessage"]["text"], "hi");
}

#[test]
fn every_message_that_waits_says_until_when_and_why() {
    let (mut shell, _, channel) = fixture();
    let one = talk(&mut shell, channel, "hello");
    let other = shell.writes(channel, "c2", "u2", "hello").session_id;
    shell.ok("ann", "sessions.take", &json!({ "session": other }));
    let send = |shell: &mut Shell, session: &Value| -> Value {
        let body = json!({ "session": session, "text": "hi" });
        shell.ok("ann", "messages.send", &body)["message"].clone()
    };
    let (one, other) = (json!(one), json!(other));
    let first = send(&mut shell, &one);
    let second = send(&mut shell, &one);
    has(
        &second["delivery"],
        &json!({ "state": "queued", "attempts": 0 }),
    );
    let id: MessageId = text(&first["id"]).parse().unwrap();
    let busy = Outcome::Answered {
        status: 503,
        retry_after: Some(21_600),
        answer: Vec::new(),
    };
    attempt(&mut shell, id, busy);
    let behind = send(&mut shell, &other);
    let shown = |shell: &mut Shell, session: &Value, nth: usize| -> Value {
        let shown = history(shell, session.as_str().unwrap())[nth]["delivery"].clone();
        check("delivery", &shown);
        shown
    };
    let first = shown(&mut shell, &one, 1);
    let until = &first["nextAttemptAt"];
    assert!(until.is_string(), "{first}");
    assert_eq!(first["reason"]["code"], "unexpected_status");
    let lane = shown(&mut shell, &one, 2);
    assert_eq!(&lane["nextAttemptAt"], until);
    assert_eq!(lane["reason"]["code"], "waits_in_lane");
    for delivery in [&behind["delivery"], &shown(&mut shell, &other, 1)] {
        has(
            delivery,
            &json!({ "state": "queued", "nextAttemptAt": until }),
        );
        assert_eq!(delivery["reason"]["code"], "messenger_paused");
        assert_eq!(&delivery["reason"]["until"], until);
    }
    // A retry by hand ends the pause.
    shell.ok("ann", "messages.retry", &json!({ "message": behind["id"] }));
    assert!(shell.workspace().due(shell.now).count() > 0);

    shell.ok(
        "root",
        "channels.disconnect",
        &json!({ "channel": channel }),
    );
    let stopped = shown(&mut shell, &other, 1);
    assert_eq!(stopped["nextAttemptAt"], Value::Null);
    assert_eq!(stopped["reason"]["code"], "channel_not_active");
}

#[test]
fn receipts_and_failures_show_in_the_delivery() {
    let (mut shell, live_chat, channel) = fixture();
    let session = talk(&mut shell, channel, "hello");
    let [read, refused, waits] = ["1", "2", "3"].map(|text| -> MessageId {
        let body = json!({ "session": session, "text": text });
        let sent = shell.ok("ann", "messages.send", &body);
        self::text(&sent["messageId"]).parse().unwrap()
    });
    attempt(&mut shell, read, answered(200));
    for status in ["delivered", "read"] {
        let data = json!({ "messageId": read, "status": status });
        shell.says(channel, &json!({ "type": "messageStatus", "data": data }));
    }
    attempt(&mut shell, refused, answered(422));
    let body = json!({ "liveChat": live_chat, "force": true });
    let before = history(&mut shell, &session);
    check("delivery", &before[1]["delivery"]);
    let delivery = &before[1]["delivery"];
    assert_eq!(delivery["state"], "read");
    assert!(delivery["readAt"].as_str() > delivery["deliveredAt"].as_str());
    let reason = &before[2]["delivery"]["reason"];
    assert_eq!(reason["message"], "the messenger answered 422");
    // Deleting the channel ends its pending deliveries without an event for each.
    shell.ok("root", "channels.delete", &json!({ "channel": channel }));
    let after = history(&mut shell, &session);
    assert_eq!(after[3]["id"], waits.to_string());
    assert_eq!(after[3]["delivery"]["state"], "failed");
    assert!(after[3]["delivery"]["reason"]["message"].is_string());
    shell.ok("root", "live-chats.delete", &body);
}

#[test]
fn a_session_counts_its_failed_messages_until_they_are_retried_or_arrive() {
    let (mut shell, _, channel) = fixture();
    let session = talk(&mut shell, channel, "hello");
    let [refused, reported, waits] = ["1", "2", "3"].map(|text| -> MessageId {
        let body = json!({ "session": session, "text": text });
        let sent = shell.ok("ann", "messages.send", &body);
        self::text(&sent["messageId"]).parse().unwrap()
    });
    let failed = |shell: &mut Shell| {
        let ok = shell.ok("ann", "sessions.get", &json!({ "session": session }));
        ok["session"]["failed"].as_u64().unwrap()
    };
    assert_eq!(failed(&mut shell), 0);
    attempt(&mut shell, refused, answered(422));
    assert_eq!(failed(&mut shell), 1);
    attempt(&mut shell, reported, answered(200));
    let data = json!({ "messageId": reported, "status": "failed" });
    shell.says(channel, &json!({ "type": "messageStatus", "data": data }));
    assert_eq!(failed(&mut shell), 2);
    let shown = history(&mut shell, &session);
    let delivery = &shown[2]["delivery"];
    assert_eq!(
        delivery["reason"]["code"], "reported_by_messenger",
        "{shown:?}"
    );
    attempt(&mut shell, waits, answered(500));
    assert_eq!(
        failed(&mut shell),
        2,
        "one that is tried again has not failed"
    );
    shell.ok("ann", "messages.retry", &json!({ "message": refused }));
    assert_eq!(failed(&mut shell), 1);
    // Deleting the channel ends pending deliveries without an event for each.
    shell.ok("root", "channels.delete", &json!({ "channel": channel }));
    assert_eq!(failed(&mut shell), 3);
}

#[test]
fn an_edited_message_shows_its_last_text_and_a_deleted_one_none() {
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
    let edit = |text: &str| json!({ "externalMessageId": "1", "text": text });
    say(&mut shell, "messageEdited", edit("parked"));
    say(&mut shell, "message", write("1"));
    let session = shell.first_session();
    let shown = history(&mut shell, &session);
    assert_eq!(shown[0]["text"], "parked");
    assert_eq!(shown[0]["files"][0]["name"], "f");
    assert!(shown[0]["edited"].is_string());
    say(&mut shell, "messageEdited", edit("new"));
    assert_eq!(history(&mut shell, &session)[0]["text"], "new");
    let delete = json!({ "externalMessageId": "1" });
    say(&mut shell, "messageDeleted", delete);
    let shown = history(&mut shell, &session);
    assert!(shown[0]["text"].is_null() && shown[0]["deleted"].is_string());
    assert_eq!(shown[0]["files"], json!([]));
}

#[test]
fn in_a_group_chat_each_message_has_its_own_author() {
    let (mut shell, _, channel) = fixture();
    let session = talk(&mut shell, channel, "I am one");
    shell.writes(channel, "c1", "u2", "I am two");
    let before = history(&mut shell, &session);
    assert_eq!(before[1]["text"], "I am two");
    assert_ne!(before[0]["author"], before[1]["author"]);
    // The second person is forgotten, the first is not.
    let second = json!({ "contact": before[1]["author"] });
    let refused = shell.refusal("ann", "contacts.forget", &second);
    assert_eq!(refused, "forbidden");
    let contact = shell.ok("root", "contacts.forget", &second)["contact"].clone();
    check("contact", &contact);
    assert!(contact["forgotten"].is_string());
    let after = history(&mut shell, &session);
    assert_eq!(after[0]["text"], "I am one");
    assert!(after[1]["text"].is_null());
}

#[test]
fn the_messengers_ids_are_shown_and_found_until_their_person_is_forgotten() {
    let (mut shell, _, channel) = fixture();
    let session = shell.writes(channel, "+44-chat", "+44-user", "hello");
    let message = json!({ "externalMessageId": "+44-message", "externalChatId": "+44-chat",
        "externalUserId": "+44-user", "text": "hi" });
    shell.says(channel, &json!({ "type": "message", "data": message }));
    let of_session = json!({ "session": session.session_id });
    let shown = shell.ok("ann", "sessions.get", &of_session);
    assert_eq!(shown["session"]["externalChatId"], "+44-chat");
    assert_eq!(shown["contact"]["externalUserId"], "+44-user");
    let messages = history(&mut shell, &session.session_id.to_string());
    assert_eq!(messages[1]["externalMessageId"], "+44-message");
    let found = |shell: &mut Shell| {
        let contacts = json!({ "text": "+44-user" });
        let sessions = json!({ "view": "queue", "text": "+44-chat" });
        [
            shell.ok("ann", "contacts.list", &contacts)["contacts"].clone(),
            shell.ok("ann", "sessions.list", &sessions)["sessions"].clone(),
        ]
    };
    assert!(found(&mut shell).iter().all(|list| list[0].is_object()));

    let contact = json!({ "contact": messages[0]["author"] });
    shell.ok("root", "contacts.forget", &contact);
    let shown = shell.ok("ann", "sessions.get", &of_session);
    assert_eq!(shown["session"]["externalChatId"], "");
    assert_eq!(shown["contact"]["externalUserId"], "");
    assert_eq!(found(&mut shell), [json!([]), json!([])]);
    let everything = [
        shown,
        json!(history(&mut shell, &session.session_id.to_string())),
        shell.ok("ann", "contacts.get", &contact),
        shell.ok("ann", "contacts.list", &json!({})),
        shell.ok("ann", "sessions.list", &json!({ "view": "closed" })),
        shell.ok("root", "events.after", &json!({ "position": 0 })),
        shell.ok("root", "audit.list", &json!({})),
    ];
    for shown in everything.map(|shown| shown.to_string()) {
        assert!(!shown.contains("+44"), "{shown}");
    }
}

#[test]
fn a_forgotten_person_has_no_texts_no_name_and_no_chat_name() {
    let (mut shell, _, channel) = fixture();
    let session = talk(&mut shell, channel, "my secret");
    profile(&mut shell, &session);
    let send = json!({ "session": session, "text": "your secret" });
    shell.ok("ann", "messages.send", &send);
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
