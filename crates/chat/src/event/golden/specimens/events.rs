//! An event of every kind.

use super::{TIME, bytes, channel, contact, indexed, message, open, sealed, session, user};
use crate::event::*;
use crate::id::{LiveChatId, ReplyId, TokenId};
use crate::messenger::outbound::Dialect;
use crate::model::{Capabilities, ChannelStatus, DeliveryState, Group, OpenedBy, Verified};
use crate::reason::Reason;
use crate::rpc::Security;
use crate::seal::{Indexed, Private};

/// Converts the bodies of events to a vector of [`Event`].
macro_rules! events {
    [$($body:expr),* $(,)?] => { vec![$(Event::from($body)),*] };
}

/// One event of every kind with every field set, in the order of [`Event::KINDS`].
pub(in crate::event::golden) fn specimens() -> Vec<Event> {
    [
        users(),
        live_chats(),
        channels(),
        contacts(),
        sessions(),
        messages(),
        deliveries(),
    ]
    .concat()
}

fn users() -> Vec<Event> {
    events![
        UserCreated {
            name: "Ann".to_owned(),
            groups: vec![Group::Operators, Group::Readers],
            password_hash: sealed(),
        },
        UserUpdated {
            name: Some("Anna".to_owned()),
            groups: Some(vec![Group::Administrators]),
            password_hash: Some(sealed()),
        },
        UserDisabled { disabled: true },
        TokenIssued {
            hash: sealed(),
            token: None,
            name: None,
        },
        TokenRevoked {
            token: token(),
            name: "CI".to_owned(),
        },
        TokenUsed { token: token() },
    ]
}

fn token() -> TokenId {
    TokenId::from_bytes(bytes(8))
}

fn live_chats() -> Vec<Event> {
    events![
        LiveChatCreated {
            name: "Desk".to_owned(),
            members: vec![user("ann"), user("bob")],
        },
        LiveChatRenamed {
            name: "Front desk".to_owned(),
        },
        LiveChatDeleted {},
        MembersChanged {
            members: vec![user("ann")],
        },
        ReplySaved {
            reply: ReplyId::from_bytes(bytes(7)),
            shortcut: indexed(),
            text: sealed(),
        },
        ReplyDeleted {
            reply: ReplyId::from_bytes(bytes(7)),
        },
    ]
}

fn channels() -> Vec<Event> {
    let capabilities = Capabilities {
        operator_initiated: true,
        files: true,
        typing: true,
        receipts: true,
        edits: true,
        sessions: true,
        max_text_length: Some(4_096),
    };
    events![
        ChannelCreated {
            live_chat: LiveChatId::from_bytes(bytes(2)),
            name: "Messenger".to_owned(),
            webhook: "https://messenger.example/hook".to_owned(),
            code: sealed(),
            codeless: false,
            security: Security::Token,
            dialect: Dialect::Brix,
            operator_initiated: Some(true),
        },
        ChannelStatusChanged {
            status: ChannelStatus::Active,
            reason_text: Some("because".to_owned()),
            verified: Some(Verified::Challenge),
            capabilities: Some(capabilities),
            breaker_open: true,
            reason: None,
        },
        ChannelUpdated {
            name: Some("Other".to_owned()),
            webhook: Some("https://other.example/".to_owned()),
            security: Some(Security::Signed),
            dialect: Some(Dialect::Native),
            operator_initiated: Some(false),
        },
        CodeRotated {
            code: sealed(),
            codeless: true,
            old_until: TIME,
        },
        CodeUsed {
            old: true,
            inbound: false,
        },
        MessagesRefused { count: 17 },
        NoticesSettled {
            notices: vec![0, 1, 1_000_000],
            error: None,
        },
        ScheduleShifted { by_ms: -10_800_000 },
        edit_parked(Indexed::without_text(bytes(0xd2))),
        RequestAccepted {
            webhook_id: bytes(0xd3),
            digest: bytes(0xd4),
        },
    ]
}

fn contacts() -> Vec<Event> {
    events![
        contact_created(indexed()),
        ContactUpdated {
            profile: Some(sealed()),
            is_empty: false,
        },
        ContactForgotten {},
    ]
}

fn sessions() -> Vec<Event> {
    events![
        session_opened(indexed()),
        ChatRenamed { name: indexed() },
        SessionAssigned {
            operator: user("ann"),
            from: None,
        },
        SessionTransferred {
            operator: Some(user("bob")),
            note: Some(sealed()),
            reason: None,
        },
        SessionClosed {
            reason_text: Some("the channel was deleted".to_owned()),
            reason: None,
        },
        SessionReopened {
            operator: Some(user("ann")),
        },
    ]
}

fn messages() -> Vec<Event> {
    events![
        message_received(indexed()),
        MessageSent {
            message: message(2),
            operator: user("ann"),
            content: sealed(),
            reply_to: Some(message(1)),
            expires_at: TIME,
            operator_name: None,
        },
        MessageEdited {
            message: message(1),
            content: Some(sealed()),
            parked: Some((12, 300)),
        },
        MessageDeleted {
            message: message(1),
        },
        MessageRead {
            message: message(1),
        },
        NoteAdded {
            message: message(3),
            operator: user("bob"),
            content: sealed(),
        },
    ]
}

fn deliveries() -> Vec<Event> {
    events![DeliveryChanged {
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
        report: None,
    },]
}

fn edit_parked(external_message_id: Indexed) -> EditParked {
    EditParked {
        external_message_id,
        key: 300,
        text: Some(sealed()),
    }
}

fn contact_created(external_user_id: Indexed) -> ContactCreated {
    ContactCreated {
        channel: channel(),
        external_user_id,
        key: 70_000,
    }
}

fn session_opened(external_chat_id: Indexed) -> SessionOpened {
    SessionOpened {
        channel: channel(),
        contact: contact(),
        external_chat_id,
        chat_name: Some(sealed()),
        opened_by: OpenedBy::Operator,
        operator: Some(user("ann")),
        previous: Some(session(0)),
        name: None,
    }
}

fn message_received(external_message_id: Indexed) -> MessageReceived {
    MessageReceived {
        message: message(1),
        contact: contact(),
        external_message_id,
        content: sealed(),
        created_at: TIME,
        reply_to: Some(message(0)),
        digest: bytes(0xd1),
    }
}

/// The events of older schemas.
pub(in crate::event::golden) fn old_specimens() -> Vec<(u16, Event)> {
    let saved = ReplySaved {
        reply: ReplyId::from_bytes(bytes(7)),
        shortcut: open("hi"),
        text: Private::Open("Good day!".to_owned()),
    };
    vec![
        (1, saved.into()),
        (1, edit_parked(open("ext-1")).into()),
        (1, contact_created(open("Ева")).into()),
        (1, session_opened(open("chat-1")).into()),
        (1, message_received(open("ext-1")).into()),
    ]
}

/// The events that carry a typed reason, a report of the messenger, the id and name of a token, or the
/// former operator of a session (since 2026-11).
pub(in crate::event::golden) fn with_new_fields() -> Vec<(&'static str, Event)> {
    let disconnected = ChannelStatusChanged {
        status: ChannelStatus::Disconnected,
        reason_text: None,
        verified: None,
        capabilities: None,
        breaker_open: false,
        reason: Some(Reason::ByUser {
            user: "ann".to_owned(),
        }),
    };
    let reason = Some(Reason::TimedOut { ms: 10_000 });
    let timed_out = DeliveryChanged {
        attempt: Some(Attempt {
            ms: 10_000,
            error_text: None,
            answer: None,
            previous: 99,
            reason: reason.clone(),
        }),
        reason,
        ..DeliveryChanged::new(message(2), DeliveryState::Sending, 3)
    };
    let reported = DeliveryChanged {
        report: Some(sealed()),
        ..DeliveryChanged::new(message(2), DeliveryState::Failed, 3)
    };
    let named = TokenIssued {
        hash: sealed(),
        token: Some(token()),
        name: Some("CI".to_owned()),
    };
    let named_chat = SessionOpened {
        chat_name: None,
        name: Some(indexed()),
        ..session_opened(indexed())
    };
    let empty = ContactUpdated {
        profile: None,
        is_empty: true,
    };
    vec![
        ("reason.session-transferred", returned()),
        ("from.session-assigned", taken_over()),
        ("reason.channel-status-changed", disconnected.into()),
        ("reason.session-closed", closed()),
        ("reason.delivery-changed", timed_out.into()),
        ("report.delivery-changed", reported.into()),
        ("named.token-issued", named.into()),
        ("empty.contact-updated", empty.into()),
        ("named.session-opened", named_chat.into()),
        ("named.message-sent", signed()),
        ("error.notices-settled", refused().into()),
    ]
}

fn signed() -> Event {
    let event = MessageSent {
        message: message(2),
        operator: user("ann"),
        content: sealed(),
        reply_to: None,
        expires_at: TIME,
        operator_name: Some("Ann".to_owned()),
    };
    event.into()
}

fn taken_over() -> Event {
    let event = SessionAssigned {
        operator: user("sue"),
        from: Some(user("ann")),
    };
    event.into()
}

fn returned() -> Event {
    let event = SessionTransferred {
        operator: None,
        note: None,
        reason: Some(Reason::OperatorDisabled {
            name: "Ann".to_owned(),
        }),
    };
    event.into()
}

fn closed() -> Event {
    SessionClosed::new(Some(Reason::ChannelDeleted)).into()
}

/// A notice that the messenger rejected.
fn refused() -> NoticesSettled {
    NoticesSettled {
        notices: vec![7],
        error: Some(Reason::NoticeRefused {
            request: "userInfo".to_owned(),
            status: 401,
        }),
    }
}
