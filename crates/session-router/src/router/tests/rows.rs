//! Requests whose events concern what they create themselves, while nothing else is in memory.

use super::*;

/// A router of which no row is in memory that may leave it, and a channel. The session of the chat
/// `chat` is closed. Ada named the chat, and Bob wrote in it, too.
fn cold(with: impl FnOnce(&mut Router, ChannelId, Timestamp)) {
    let mut shell = Shell::new();
    let live_chat = shell.live_chat("Desk", &[]);
    let channel = shell.channel(&live_chat, "https://chat.example/hook");
    let session = shell.writes(channel, "chat", "ada", "hello").session_id;
    shell.says(channel, &message_of("bob", "from bob")).unwrap();
    let notices = shell.workspace().notices.iter();
    let notices = notices.map(|((_, number), _)| *number).collect();
    // Their profiles were requested in vain, so that nothing goes on with them.
    shell.system(SystemCommand::NoticesSettled(channel, notices));
    let session = json!({ "session": session });
    shell.ok("root", "sessions.take", &session);
    shell.ok("root", "sessions.close", &session);
    shell.forget_rows();
    let now = shell.now;
    shell.into_router(now, |router| with(router, channel, now));
}

fn body(kind: &str, data: &Value) -> Value {
    json!({ "type": kind, "data": data })
}

fn message_of(user: &str, id: &str) -> Value {
    let mut message = message(id);
    message["data"]["externalUserId"] = user.into();
    message
}

fn is_accepted(router: &mut Router, channel: ChannelId, body: &Value, now: Timestamp) {
    let reply = says(router, channel, body, now);
    assert!(matches!(reply, InboundReply::Accepted(_)), "{reply:?}");
    router.state_mut().check_rows().unwrap();
}

#[test]
fn a_message_that_was_deleted_before_it_arrived_opens_a_session() {
    cold(|router, channel, now| {
        let deleted = body("messageDeleted", &json!({ "externalMessageId": "late" }));
        assert_eq!(says(router, channel, &deleted, now), InboundReply::Done);
        is_accepted(router, channel, &message("late"), now);
    });
}

#[test]
fn a_message_that_was_changed_before_it_arrived_is_accepted_in_an_open_session() {
    for kind in ["messageEdited", "messageDeleted"] {
        cold(|router, channel, now| {
            is_accepted(router, channel, &message("first"), now);
            let data = json!({ "externalMessageId": "late", "text": "other" });
            let changed = body(kind, &data);
            assert_eq!(says(router, channel, &changed, now), InboundReply::Done);
            is_accepted(router, channel, &message("late"), now);
        });
    }
}

#[test]
fn another_person_opens_a_session_of_a_chat_that_somebody_named() {
    cold(|router, channel, now| {
        is_accepted(router, channel, &message_of("bob", "hi"), now);
    });
}
