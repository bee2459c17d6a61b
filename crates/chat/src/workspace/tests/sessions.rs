use super::house::{House, refused, send, user};
use crate::command::{ChannelCommand, LiveChatCommand, Person, Reply, SessionCommand, UserCommand};
use crate::content::TEXT_CHARS_MAX;
use crate::id::{SessionId, UserId};
use crate::noun::{OpenedBy, SessionStatus};
use crate::record::Answer;
use crate::rejection::{Code, Rejection};
use crate::workspace::View;

fn transfer(session: SessionId, to: Option<&str>) -> SessionCommand {
    SessionCommand::Transfer {
        session,
        to: to.map(user),
        note: None,
    }
}

fn create(house: &House, chat: &str, text: Option<&str>) -> SessionCommand {
    SessionCommand::Create {
        channel: house.channel,
        person: Person::External {
            chat: chat.to_owned(),
            user: "eva".to_owned(),
        },
        text: text.map(str::to_owned),
    }
}

fn session_id(reply: Result<Reply, Rejection>) -> SessionId {
    match reply.unwrap() {
        Reply::Answer(Answer::Session(id)) => id,
        other => panic!("{other:?}"),
    }
}

fn holder(house: &House, session: SessionId) -> (SessionStatus, Option<UserId>) {
    let session = house.workspace.sessions.get(&session).unwrap();
    (session.status, session.operator.clone())
}

/// How many sessions each view shows, which must be what the sessions say.
#[track_caller]
fn views(house: &House, name: &str) -> [usize; 4] {
    let desk = house.live_chat;
    [
        View::Queue(desk),
        View::Active(desk),
        View::Mine(user(name)),
        View::Closed(desk),
    ]
    .map(|view| house.workspace.page(&[view], None).count())
}

#[test]
fn a_session_goes_from_the_queue_to_an_operator_to_its_end() {
    let mut house = House::open();
    let session = house.writes("1", "chat", "eva").session_id;
    assert_eq!(views(&house, "ann"), [1, 0, 0, 0]);
    house.does("ann", SessionCommand::Take(session));
    assert_eq!(views(&house, "ann"), [0, 1, 1, 0]);
    house.does("ann", transfer(session, Some("bob")));
    assert_eq!(
        (views(&house, "ann"), views(&house, "bob")),
        ([0, 1, 0, 0], [0, 1, 1, 0])
    );
    house.does("bob", transfer(session, None));
    assert_eq!(views(&house, "bob"), [1, 0, 0, 0]);
    house.does("bob", SessionCommand::Take(session));
    house.does("bob", SessionCommand::Close(session));
    assert_eq!(views(&house, "bob"), [0, 0, 0, 1]);
    let next = house.writes("2", "chat", "eva").session_id;
    assert_eq!(
        house.workspace.sessions.get(&next).unwrap().previous,
        Some(session)
    );
}

#[test]
fn one_operator_has_a_session_and_taking_it_again_changes_nothing() {
    let mut house = House::open();
    let session = house.session_of("ann", "chat");
    let rejection = house
        .asks("bob", SessionCommand::Take(session))
        .unwrap_err();
    assert_eq!(rejection.code, Code::AlreadyAssigned);
    assert_eq!(rejection.details["operator"], "ann");
    house.does("ann", SessionCommand::Take(session));
    assert!(house.records.is_empty());
}

#[test]
fn readers_and_strangers_do_not_work_on_sessions() {
    let mut house = House::open();
    let session = house.writes("1", "chat", "eva").session_id;
    refused(
        house.asks("rea", SessionCommand::Take(session)),
        Code::Forbidden,
    );
    refused(
        house.asks("eve", SessionCommand::Take(session)),
        Code::Forbidden,
    );
    let unknown = SessionCommand::Take(SessionId::from_bytes([9; 16]));
    refused(house.asks("ann", unknown), Code::NotFound);
}

#[test]
fn only_who_has_a_session_or_supervises_passes_it_on() {
    let mut house = House::open();
    let session = house.session_of("ann", "chat");
    refused(
        house.asks("bob", transfer(session, Some("bob"))),
        Code::NotAssigned,
    );
    refused(
        house.asks("ann", transfer(session, Some("eve"))),
        Code::Invalid,
    );
    refused(
        house.asks("ann", transfer(session, Some("rea"))),
        Code::Invalid,
    );
    refused(
        house.asks("ann", transfer(session, Some("nobody"))),
        Code::Invalid,
    );
    house.does("ann", transfer(session, Some("ann")));
    assert!(house.records.is_empty());
    house.does("sue", transfer(session, Some("sue")));
    assert_eq!(
        holder(&house, session),
        (SessionStatus::Assigned, Some(user("sue")))
    );
    let long = SessionCommand::Transfer {
        session,
        to: None,
        note: Some("x".repeat(TEXT_CHARS_MAX + 1)),
    };
    refused(house.asks("sue", long), Code::Invalid);
    house.does("sue", transfer(session, None));
    refused(
        house.asks("ann", transfer(session, Some("bob"))),
        Code::NotAssigned,
    );
}

#[test]
fn what_is_noted_at_a_transfer_is_a_note_like_any_other() {
    let mut house = House::open();
    let session = house.session_of("ann", "chat");
    let noted = SessionCommand::Transfer {
        session,
        to: Some(user("bob")),
        note: Some("wants a refund".to_owned()),
    };
    house.does("ann", noted);
    assert_eq!(house.kinds(), ["note-added", "session-transferred"]);
    let blank = SessionCommand::Transfer {
        session,
        to: None,
        note: Some(" ".to_owned()),
    };
    house.does("bob", blank);
    assert_eq!(house.kinds(), ["session-transferred"]);
}

#[test]
fn a_session_whose_operator_can_no_longer_work_on_it_may_be_taken() {
    let mut house = House::open();
    let session = house.session_of("ann", "chat");
    house.does(
        "root",
        UserCommand::Disable {
            user: user("ann"),
            disabled: true,
        },
    );
    house.does("bob", SessionCommand::Take(session));
    assert_eq!(
        holder(&house, session),
        (SessionStatus::Assigned, Some(user("bob")))
    );
    assert_eq!(views(&house, "ann"), [0, 1, 0, 0]);
    let users = vec![user("rea")];
    house.does(
        "root",
        LiveChatCommand::Members {
            live_chat: house.live_chat,
            users,
        },
    );
    refused(house.asks("bob", send(session, "x")), Code::Forbidden);
    house.does("sue", SessionCommand::Take(session));
    assert_eq!(
        holder(&house, session),
        (SessionStatus::Assigned, Some(user("sue")))
    );
}

#[test]
fn a_closed_session_stays_closed() {
    let mut house = House::open();
    let session = house.session_of("ann", "chat");
    house.does("ann", SessionCommand::Close(session));
    for again in [
        SessionCommand::Close(session),
        SessionCommand::Take(session),
        transfer(session, None),
    ] {
        refused(house.asks("ann", again), Code::SessionClosed);
    }
    refused(house.asks("ann", send(session, "x")), Code::SessionClosed);
}

#[test]
fn an_operator_opens_a_session_where_the_messenger_allows_it() {
    let mut house = House::open();
    let ask = create(&house, "chat", Some("good day"));
    let session = session_id(house.asks("ann", ask));
    assert_eq!(
        house.kinds(),
        ["contact-created", "session-opened", "message-sent"]
    );
    assert_eq!(
        holder(&house, session),
        (SessionStatus::Assigned, Some(user("ann")))
    );
    assert_eq!(
        house.workspace.sessions.get(&session).unwrap().opened_by,
        OpenedBy::Operator
    );
    assert_eq!(house.due().len(), 1);

    let again = create(&house, "chat", None);
    let rejection = house.asks("bob", again).unwrap_err();
    assert_eq!(rejection.code, Code::SessionAlreadyOpen);
    assert_eq!(rejection.details["sessionId"], session.to_string());

    // What the person writes belongs to that session.
    assert_eq!(house.writes("1", "chat", "eva").session_id, session);
}

#[test]
fn a_session_is_not_opened_where_it_must_not() {
    let mut house = House::open();
    let (chat, long) = (
        create(&house, "chat", None),
        create(&house, &"x".repeat(256), None),
    );
    refused(house.asks("ann", long), Code::Invalid);
    refused(house.asks("eve", chat.clone()), Code::Forbidden);
    let update = crate::command::Update {
        channel: house.channel,
        webhook: None,
        security: None,
        dialect: None,
        operator_initiated: Some(false),
    };
    house.does("root", ChannelCommand::Update(update));
    refused(house.asks("ann", chat.clone()), Code::NotEnabled);
    house.does("root", ChannelCommand::Disconnect(house.channel));
    refused(house.asks("ann", chat.clone()), Code::ChannelDisconnected);
    house.does("root", ChannelCommand::Delete(house.channel));
    refused(house.asks("ann", chat), Code::NotFound);
}

#[test]
fn a_session_with_somebody_known_is_on_the_chat_of_the_last_one() {
    let mut house = House::open();
    let first = house.session_of("ann", "chat");
    house.does("ann", SessionCommand::Close(first));
    let contact = house.contact("chat's");
    let person = Person::Contact(contact);
    let create = SessionCommand::Create {
        channel: house.channel,
        person,
        text: None,
    };
    let second = session_id(house.asks("bob", create.clone()));
    let second = house.workspace.sessions.get(&second).unwrap();
    assert_eq!(
        (&*second.external_chat_id, second.previous),
        ("chat", Some(first))
    );
    let other = house.new_channel("https://other.example/");
    let person = Person::Contact(contact);
    refused(
        house.asks(
            "bob",
            SessionCommand::Create {
                channel: other,
                person,
                text: None,
            },
        ),
        Code::Invalid,
    );
}

#[test]
fn views_are_pages_of_the_newest_first() {
    let mut house = House::open();
    let mut sessions = Vec::new();
    for n in 0..5 {
        house.wait(std::time::Duration::from_secs(1));
        sessions.push(
            house
                .writes(&n.to_string(), &format!("chat {n}"), "eva")
                .session_id,
        );
    }
    sessions.reverse();
    let queue = [View::Queue(house.live_chat)];
    let all: Vec<_> = house
        .workspace
        .page(&queue, None)
        .map(|((_, id), _)| id)
        .collect();
    assert_eq!(all, sessions);
    let third = house.workspace.page(&queue, None).nth(2).unwrap().0;
    let rest: Vec<_> = house
        .workspace
        .page(&queue, Some(third))
        .map(|((_, id), _)| id)
        .collect();
    assert_eq!(rest, sessions[3..]);
}
