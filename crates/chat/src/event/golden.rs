//! What was once written stays readable: one file for every kind, schema and envelope, committed
//! and never edited. `UPDATE_GOLDEN=1 cargo nextest run -p chat golden` writes those that are missing.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::codec;
use crate::event::*;
use crate::id::{
    ChannelId, CommandId, ContactId, LiveChatId, MessageId, ReplyId, SessionId, UserId,
};
use crate::messenger::outbound::Dialect;
use crate::noun::{
    Capabilities, ChannelStatus, DeliveryState, Direction, Group, OpenedBy, SessionStatus, Verified,
};
use crate::record::{Actor, Answer, Cause, Record, Stream};
use crate::role::Security;
use crate::seal::Private;
use crate::time::Timestamp;

const TIME: Timestamp = Timestamp::from_micros(1_795_341_600_123_456);

fn sealed<T>() -> Private<T> {
    Private::Sealed([0x5e, 0xa1, 0xed].into())
}

fn user(login: &str) -> UserId {
    login.parse().unwrap()
}

fn bytes(first: u8) -> [u8; 16] {
    [
        first, 0x93, 0xaa, 0, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, first,
    ]
}

fn channel() -> ChannelId {
    ChannelId::from_bytes(bytes(3))
}

fn contact() -> ContactId {
    ContactId::from_bytes(bytes(4))
}

fn session(n: u8) -> SessionId {
    SessionId::from_bytes(bytes(0x50 + n))
}

fn message(n: u8) -> MessageId {
    MessageId::from_bytes(bytes(0x60 + n))
}

/// One event of every kind as it is written today, every member filled.
fn specimens() -> Vec<Event> {
    let capabilities = Capabilities {
        operator_initiated: true,
        files: true,
        typing: true,
        receipts: true,
        edits: true,
        sessions: true,
        max_text_length: Some(4_096),
    };
    vec![
        UserCreated {
            name: "Ann".to_owned(),
            groups: vec![Group::Operators, Group::Readers],
            password_hash: sealed(),
        }
        .into(),
        UserUpdated {
            name: Some("Anna".to_owned()),
            groups: Some(vec![Group::Administrators]),
            password_hash: Some(sealed()),
        }
        .into(),
        UserDisabled { disabled: true }.into(),
        TokenIssued { hash: sealed() }.into(),
        LiveChatCreated {
            name: "Desk".to_owned(),
            members: vec![user("ann"), user("bob")],
        }
        .into(),
        LiveChatRenamed {
            name: "Front desk".to_owned(),
        }
        .into(),
        LiveChatDeleted {}.into(),
        MembersChanged {
            members: vec![user("ann")],
        }
        .into(),
        ReplySaved {
            reply: ReplyId::from_bytes(bytes(7)),
            shortcut: "hi".to_owned(),
            text: "Good day!".to_owned(),
        }
        .into(),
        ReplyDeleted {
            reply: ReplyId::from_bytes(bytes(7)),
        }
        .into(),
        ChannelCreated {
            live_chat: LiveChatId::from_bytes(bytes(2)),
            name: "Messenger".to_owned(),
            webhook: "https://messenger.example/hook".to_owned(),
            code: sealed(),
            codeless: false,
            security: Security::Token,
            dialect: Dialect::Brix,
            operator_initiated: Some(true),
        }
        .into(),
        ChannelStatusChanged {
            status: ChannelStatus::Active,
            reason: Some("because".to_owned()),
            verified: Some(Verified::Challenge),
            capabilities: Some(capabilities),
            breaker_open: true,
        }
        .into(),
        ChannelUpdated {
            name: Some("Other".to_owned()),
            webhook: Some("https://other.example/".to_owned()),
            security: Some(Security::Signed),
            dialect: Some(Dialect::Native),
            operator_initiated: Some(false),
        }
        .into(),
        CodeRotated {
            code: sealed(),
            codeless: true,
            old_until: TIME,
        }
        .into(),
        MessagesRefused { count: 17 }.into(),
        NoticesSettled {
            notices: vec![0, 1, 1_000_000],
        }
        .into(),
        EditParked {
            external_message_id: "ext-1".to_owned(),
            key: 300,
            text: Some(sealed()),
        }
        .into(),
        ContactCreated {
            channel: channel(),
            external_user_id: "Ева".to_owned(),
            key: 70_000,
        }
        .into(),
        ContactUpdated {
            profile: Some(sealed()),
        }
        .into(),
        ContactForgotten {}.into(),
        SessionOpened {
            channel: channel(),
            contact: contact(),
            external_chat_id: "chat-1".to_owned(),
            chat_name: Some(sealed()),
            opened_by: OpenedBy::Operator,
            operator: Some(user("ann")),
            previous: Some(session(0)),
        }
        .into(),
        SessionAssigned {
            operator: user("ann"),
        }
        .into(),
        SessionTransferred {
            operator: Some(user("bob")),
            note: Some(sealed()),
        }
        .into(),
        SessionClosed {
            reason: Some("the channel was deleted".to_owned()),
        }
        .into(),
        MessageReceived {
            message: message(1),
            contact: contact(),
            external_message_id: "ext-1".to_owned(),
            content: sealed(),
            created_at: TIME,
            reply_to: Some(message(0)),
            digest: bytes(0xd1),
        }
        .into(),
        MessageSent {
            message: message(2),
            operator: user("ann"),
            content: sealed(),
            reply_to: Some(message(1)),
            expires_at: TIME,
        }
        .into(),
        MessageEdited {
            message: message(1),
            content: Some(sealed()),
            parked: Some((12, 300)),
        }
        .into(),
        MessageDeleted {
            message: message(1),
        }
        .into(),
        MessageRead {
            message: message(1),
        }
        .into(),
        NoteAdded {
            message: message(3),
            operator: user("bob"),
            content: sealed(),
        }
        .into(),
        DeliveryChanged {
            message: message(2),
            state: DeliveryState::Sending,
            attempts: 3,
            next_attempt_at: Some(TIME),
            expires_at: TIME,
            reason: Some("the messenger answered 503".to_owned()),
            status: Some(503),
            attempt: Some(Attempt {
                ms: 1_234,
                error: Some("the time was over".to_owned()),
                answer: Some(sealed()),
                previous: 99,
            }),
            requeued: true,
            pause_until: Some(TIME),
        }
        .into(),
    ]
}

/// One record for every stream, actor and answer.
fn envelopes() -> Vec<(&'static str, Record)> {
    let record = |stream, by, answer: Option<Answer>| Record {
        position: 123,
        stream,
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
    };
    let ann = || Actor::User(user("ann"));
    let desk = LiveChatId::from_bytes(bytes(2));
    let on_session = || Stream::Session(session(1));
    let reply = Answer::Reply(desk, ReplyId::from_bytes(bytes(7)));
    vec![
        (
            "session-messenger",
            record(on_session(), Actor::Messenger, None),
        ),
        (
            "contact-system",
            record(Stream::Contact(contact()), Actor::System, None),
        ),
        (
            "user-user",
            record(Stream::User(user("bob")), ann(), Some(Answer::User)),
        ),
        (
            "user-token",
            record(Stream::User(user("bob")), ann(), Some(Answer::Token)),
        ),
        (
            "livechat-livechat",
            record(Stream::LiveChat(desk), ann(), Some(Answer::LiveChat(desk))),
        ),
        (
            "livechat-reply",
            record(Stream::LiveChat(desk), ann(), Some(reply)),
        ),
        (
            "channel-channel",
            record(
                Stream::Channel(channel()),
                ann(),
                Some(Answer::Channel(channel())),
            ),
        ),
        (
            "session-done",
            record(on_session(), ann(), Some(Answer::Done)),
        ),
        (
            "session-session",
            record(on_session(), ann(), Some(Answer::Session(session(1)))),
        ),
        (
            "session-message",
            record(on_session(), ann(), Some(Answer::Message(message(1), 123))),
        ),
        (
            "session-contact",
            record(on_session(), ann(), Some(Answer::Contact(contact()))),
        ),
        (
            "session-count",
            record(on_session(), ann(), Some(Answer::Count(200))),
        ),
    ]
}

/// Every member of the closed sets.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Nouns {
    groups: Vec<Group>,
    channel: Vec<ChannelStatus>,
    verified: Vec<Verified>,
    session: Vec<SessionStatus>,
    opened: Vec<OpenedBy>,
    direction: Vec<Direction>,
    delivery: Vec<DeliveryState>,
    security: Vec<Security>,
    dialect: Vec<Dialect>,
}

fn nouns() -> Nouns {
    use ChannelStatus as C;
    use DeliveryState as D;
    Nouns {
        groups: vec![
            Group::Administrators,
            Group::Supervisors,
            Group::Operators,
            Group::Readers,
        ],
        channel: vec![
            C::Pending,
            C::Active,
            C::Disconnected,
            C::Interrupted,
            C::Failed,
            C::Deleted,
        ],
        verified: vec![Verified::Challenge, Verified::Status],
        session: vec![
            SessionStatus::Queued,
            SessionStatus::Assigned,
            SessionStatus::Closed,
        ],
        opened: vec![OpenedBy::User, OpenedBy::Operator],
        direction: vec![
            Direction::Inbound,
            Direction::Outbound,
            Direction::Note,
            Direction::System,
        ],
        delivery: vec![
            D::Queued,
            D::Sending,
            D::Accepted,
            D::Delivered,
            D::Read,
            D::Failed,
            D::Expired,
        ],
        security: vec![Security::Signed, Security::Token, Security::Open],
        dialect: vec![Dialect::Native, Dialect::Brix],
    }
}

fn dir() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden")
}

/// The bytes of a golden file, which is written first when it is missing and that was asked for.
fn golden(name: &str, extension: &str, today: &[u8]) -> Vec<u8> {
    let path = dir().join(format!("{name}.{extension}"));
    #[expect(
        clippy::disallowed_methods,
        reason = "a test that is told to write its files"
    )]
    let update = std::env::var("UPDATE_GOLDEN").is_ok();
    if update && !path.exists() {
        std::fs::write(&path, today).unwrap();
    }
    std::fs::read(&path).unwrap_or_else(|_| {
        panic!("{name}.{extension} is missing: run with UPDATE_GOLDEN=1, and commit what it writes")
    })
}

/// Bytes and JSON are today what they were when the file was written.
#[track_caller]
fn check(name: &str, today: &[u8], json: &Value) {
    let rule = "what is written changed: raise the schema, and freeze the old shape in history.rs";
    assert!(golden(name, "msgpack", today) == today, "{name}: {rule}");
    let text = format!("{json:#}\n");
    let written = golden(name, "json", text.as_bytes());
    assert_eq!(String::from_utf8(written).unwrap(), text, "{name}");
}

fn name_of(event: &Event) -> String {
    format!("{}.{}", event.kind(), event.schema())
}

#[test]
fn every_golden_event_reads_as_what_was_written() {
    for event in specimens() {
        let name = name_of(&event);
        let read = Event::decode(
            event.kind(),
            event.schema(),
            &golden(&name, "msgpack", &event.encode()),
        );
        assert_eq!(read.unwrap(), event, "{name}");
    }
}

#[test]
fn every_golden_event_is_what_is_written_today() {
    for event in specimens() {
        check(&name_of(&event), &event.encode(), &event.to_json());
    }
}

#[test]
fn every_golden_envelope_is_what_is_written_today_and_reads_as_it() {
    for (name, record) in envelopes() {
        let (name, today) = (format!("record.{name}"), record.encode());
        check(&name, &today, &record.to_json());
        let read = Record::decode(record.position, &golden(&name, "msgpack", &today)).unwrap();
        assert_eq!(read, record, "{name}");
    }
}

#[test]
fn every_golden_noun_is_what_is_written_today_and_reads_as_it() {
    let (nouns, today) = (nouns(), codec::encode(&nouns()));
    check("nouns", &today, &serde_json::to_value(&nouns).unwrap());
    assert_eq!(
        codec::decode::<Nouns>(&golden("nouns", "msgpack", &today)).unwrap(),
        nouns
    );
}

#[test]
fn every_kind_has_a_specimen_and_every_file_is_one() {
    let kinds: Vec<_> = specimens().iter().map(|e| (e.kind(), e.schema())).collect();
    assert_eq!(kinds, Event::KINDS);
    let mut names: Vec<String> = specimens().iter().map(name_of).collect();
    names.extend(envelopes().iter().map(|(name, _)| format!("record.{name}")));
    names.push("nouns".to_owned());
    for entry in std::fs::read_dir(dir()).unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        let name = file.rsplit_once('.').unwrap().0;
        assert!(names.iter().any(|n| n == name), "{file} is read by no test");
    }
}

#[test]
fn a_body_with_members_of_tomorrow_still_reads() {
    let tomorrow = serde_json::json!({ "name": "Desk", "colour": "blue" });
    let read = Event::decode("live-chat-renamed", 1, &codec::encode(&tomorrow)).unwrap();
    assert_eq!(
        read,
        LiveChatRenamed {
            name: "Desk".to_owned()
        }
        .into()
    );
}

#[test]
fn a_kind_or_schema_of_tomorrow_is_kept_and_skipped() {
    for (kind, schema) in [
        ("tea-served", 1),
        ("live-chat-renamed", 2),
        ("live-chat-renamed", 0),
    ] {
        assert_eq!(
            Event::decode(kind, schema, b"anything").unwrap(),
            Event::Unknown
        );
    }
}

#[test]
fn bytes_that_are_no_record_are_refused() {
    let good = envelopes()[0].1.encode();
    for cut in 0..good.len() {
        assert!(Record::decode(1, &good[..cut]).is_err(), "{cut}");
    }
    assert!(Record::decode(1, &[&good[..], b"x"].concat()).is_err());
}
