//! A record of every stream, actor and answer.

use super::{TIME, bytes, channel, contact, message, session, user};
use crate::event::MessageDeleted;
use crate::id::{CommandId, LiveChatId, ReplyId};
use crate::record::{Actor, Answer, Cause, Record, Stream};

fn record(stream: &Stream, by: Actor, answer: Option<Answer>) -> Record {
    Record {
        position: 123,
        stream: stream.clone(),
        version: 7,
        time: TIME,
        by,
        caused_by: answer.map(|answer| Cause {
            command: CommandId::from_bytes(bytes(0xc0)),
            digest: bytes(0xd0),
            answer,
        }),
        live_chat: answer.map(|_| LiveChatId::from_bytes(bytes(2))),
        previous: if answer.is_some() { 120 } else { 0 },
        event: MessageDeleted {
            message: message(1),
        }
        .into(),
    }
}

/// One record for every stream, actor and answer.
pub(in crate::event::golden) fn envelopes() -> Vec<(&'static str, Record)> {
    let desk = LiveChatId::from_bytes(bytes(2));
    let reply = Answer::Reply(desk, ReplyId::from_bytes(bytes(7)));
    let on_user = Stream::User(user("bob"));
    let on_live_chat = Stream::LiveChat(desk);
    let on_channel = Stream::Channel(channel());
    let on_contact = Stream::Contact(contact());
    let on_session = Stream::Session(session(1));
    let mut all = vec![
        (
            "session-messenger",
            record(&on_session, Actor::Messenger, None),
        ),
        ("contact-system", record(&on_contact, Actor::System, None)),
    ];
    for (name, stream, answer) in [
        ("user-user", &on_user, Answer::User),
        ("user-token", &on_user, Answer::Token),
        ("livechat-livechat", &on_live_chat, Answer::LiveChat(desk)),
        ("livechat-reply", &on_live_chat, reply),
        ("channel-channel", &on_channel, Answer::Channel(channel())),
        ("session-done", &on_session, Answer::Done),
        ("session-session", &on_session, Answer::Session(session(1))),
        (
            "session-message",
            &on_session,
            Answer::Message(message(1), 123),
        ),
        ("session-contact", &on_session, Answer::Contact(contact())),
        ("session-count", &on_session, Answer::Count(200)),
    ] {
        all.push((name, record(stream, Actor::User(user("ann")), Some(answer))));
    }
    all
}
