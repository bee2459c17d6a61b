//! A specimen of every stored type.

use serde::{Deserialize, Serialize};

use crate::event::*;
use crate::id::{
    ChannelId, CommandId, ContactId, LiveChatId, MessageId, ReplyId, SessionId, UserId,
};
use crate::messenger::outbound::Dialect;
use crate::model::{
    Capabilities, ChannelStatus, DeliveryState, Direction, Group, OpenedBy, SessionStatus, Verified,
};
use crate::reason::Reason;
use crate::record::{Actor, Answer, Cause, Record, Stream};
use crate::rpc::Security;
use crate::seal::Private;
use crate::time::Timestamp;

pub(super) const TIME: Timestamp = Timestamp::from_micros(1_795_341_600_123_456);

pub(super) fn sealed<T>() -> Private<T> {
    Private::Sealed([0x5e, 0xa1, 0xed].into())
}

pub(super) fn user(login: &str) -> UserId {
    login.parse().unwrap()
}

pub(super) fn bytes(first: u8) -> [u8; 16] {
    [
        first, 0x93, 0xaa, 0, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, first,
    ]
}

pub(super) fn channel() -> ChannelId {
    ChannelId::from_bytes(bytes(3))
}

pub(super) fn contact() -> ContactId {
    ContactId::from_bytes(bytes(4))
}

pub(super) fn session(n: u8) -> SessionId {
    SessionId::from_bytes(bytes(0x50 + n))
}

pub(super) fn message(n: u8) -> MessageId {
    MessageId::from_bytes(bytes(0x60 + n))
}

/// One event of every kind with every field set.
#[expect(
    clippy::too_many_lines,
    reason = "one of each kind, one after the other"
)]
pub(super) fn specimens() -> Vec<Event> {
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
            reason_text: Some("because".to_owned()),
            verified: Some(Verified::Challenge),
            capabilities: Some(capabilities),
            breaker_open: true,
            reason: None,
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
            reason_text: Some("the channel was deleted".to_owned()),
            reason: None,
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
            reason_text: Some("the messenger answered 503".to_owned()),
            status: Some(503),
            attempt: Some(Attempt {
                ms: 1_234,
                error_text: Some("the time was over".to_owned()),
                answer: Some(sealed()),
                previous: 99,
                reason: None,
            }),
            requeued: true,
            pause_until: Some(TIME),
            reason: None,
        }
        .into(),
    ]
}

/// The events that carry a typed reason (since 2026-11).
pub(super) fn with_reasons() -> Vec<(&'static str, Event)> {
    vec![
        (
            "reason.channel-status-changed",
            ChannelStatusChanged {
                status: ChannelStatus::Disconnected,
                reason_text: None,
                verified: None,
                capabilities: None,
                breaker_open: false,
                reason: Some(Reason::ByUser {
                    user: "ann".to_owned(),
                }),
            }
            .into(),
        ),
        (
            "reason.session-closed",
            SessionClosed::new(Some(Reason::ChannelDeleted)).into(),
        ),
        (
            "reason.delivery-changed",
            DeliveryChanged {
                attempt: Some(Attempt {
                    ms: 10_000,
                    error_text: None,
                    answer: None,
                    previous: 99,
                    reason: Some(Reason::TimedOut { ms: 10_000 }),
                }),
                reason: Some(Reason::TimedOut { ms: 10_000 }),
                ..DeliveryChanged::new(message(2), DeliveryState::Sending, 3)
            }
            .into(),
        ),
    ]
}

/// One record for every stream, actor and result.
#[expect(clippy::too_many_lines, reason = "a list of one value of each shape")]
pub(super) fn envelopes() -> Vec<(&'static str, Record)> {
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

/// Every variant of the stored enums.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct StoredEnums {
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

pub(super) fn stored_enums() -> StoredEnums {
    use ChannelStatus as C;
    use DeliveryState as D;
    StoredEnums {
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
