use super::fixture::{Fixture, disable, send, user};
use crate::command::{ChannelCommand, LiveChatCommand, Person, Reply, SessionCommand};
use crate::content::TEXT_CHARS_MAX;
use crate::id::{SessionId, UserId};
use crate::model::{OpenedBy, SessionStatus};
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

fn create(fixture: &Fixture, chat: &str, text: Option<&str>) -> SessionCommand {
    SessionCommand::Create {
        channel: fixture.channel,
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

fn holder(fixture: &Fixture, session: SessionId) -> (SessionStatus, Option<UserId>) {
    let session = fixture.session(session);
    (session.status, session.operator.clone())
}

/// How many sessions each view shows, which must be what the sessions say.
#[track_caller]
fn views(fixture: &Fixture, name: &str) -> [usize; 4] {
    let desk = fixture.live_chat;
    [
        View::Queue(desk),
        View::Active(desk),
        View::Mine(user(name)),
        View::Closed(desk),
    ]
    .map(|view| fixture.workspace.page(&[view], None).count())
}

#[test]
fn a_session_goes_from_the_queue_to_an_operator_to_its_end() {
    let mut fixture = Fixture::open();
    let session = fixture.writes("1", "chat", "eva").session_id;
    assert_eq!(views(&fixture, "ann"), [1, 0, 0, 0]);
    fixture.does("ann", SessionCommand::Take(session));
    assert_eq!(views(&fixture, "ann"), [0, 1, 1, 0]);
    fixture.does("ann", transfer(session, Some("bob")));
    assert_eq!(
        (views(&fixture, "ann"), views(&fixture, "bob")),
        ([0, 1, 0, 0], [0, 1, 1, 0])
    );
    fixture.does("bob", transfer(session, None));
    assert_eq!(views(&fixture, "bob"), [1, 0, 0, 0]);
    fixture.does("bob", SessionCommand::Take(session));
    fixture.does("bob", SessionCommand::Close(session));
    assert_eq!(views(&fixture, "bob"), [0, 0, 0, 1]);
    let next = fixture.writes("2", "chat", "eva").session_id;
    assert_eq!(fixture.session(next).previous, Some(session));
}

#[test]
fn one_operator_has_a_session_and_taking_it_again_changes_nothing() {
    let (mut fixture, session) = Fixture::with_session();
    let rejection = fixture
        .asks("bob", SessionCommand::Take(session))
        .unwrap_err();
    assert_eq!(rejection.code, Code::AlreadyAssigned);
    assert_eq!(rejection.details["operator"], "ann");
    fixture.does("ann", SessionCommand::Take(session));
    assert!(fixture.records.is_empty());
}

#[test]
fn readers_and_strangers_do_not_work_on_sessions() {
    let mut fixture = Fixture::open();
    let session = fixture.writes("1", "chat", "eva").session_id;
    fixture.refuses("rea", SessionCommand::Take(session), Code::Forbidden);
    fixture.refuses("eve", SessionCommand::Take(session), Code::Forbidden);
    let unknown = SessionCommand::Take(SessionId::from_bytes([9; 16]));
    fixture.refuses("ann", unknown, Code::NotFound);
}

#[test]
fn only_who_has_a_session_or_supervises_passes_it_on() {
    let (mut fixture, session) = Fixture::with_session();
    fixture.refuses("bob", transfer(session, Some("bob")), Code::NotAssigned);
    fixture.refuses("ann", transfer(session, Some("eve")), Code::Invalid);
    fixture.refuses("ann", transfer(session, Some("rea")), Code::Invalid);
    fixture.refuses("ann", transfer(session, Some("nobody")), Code::Invalid);
    fixture.does("ann", transfer(session, Some("ann")));
    assert!(fixture.records.is_empty());
    fixture.does("sue", transfer(session, Some("sue")));
    assert_eq!(
        holder(&fixture, session),
        (SessionStatus::Assigned, Some(user("sue")))
    );
    let long = SessionCommand::Transfer {
        session,
        to: None,
        note: Some("x".repeat(TEXT_CHARS_MAX + 1)),
    };
    fixture.refuses("sue", long, Code::Invalid);
    fixture.does("sue", transfer(session, None));
    fixture.refuses("ann", transfer(session, Some("bob")), Code::NotAssigned);
}

#[test]
fn what_is_noted_at_a_transfer_is_a_note_like_any_other() {
    let (mut fixture, session) = Fixture::with_session();
    let noted = SessionCommand::Transfer {
        session,
        to: Some(user("bob")),
        note: Some("wants a refund".to_owned()),
    };
    fixture.does("ann", noted);
    assert_eq!(fixture.kinds(), ["note-added", "session-transferred"]);
    let blank = SessionCommand::Transfer {
        session,
        to: None,
        note: Some(" ".to_owned()),
    };
    fixture.does("bob", blank);
    assert_eq!(fixture.kinds(), ["session-transferred"]);
}

#[test]
fn a_session_whose_operator_can_no_longer_work_on_it_may_be_taken() {
    let (mut fixture, session) = Fixture::with_session();
    fixture.does("root", disable("ann", true));
    fixture.does("bob", SessionCommand::Take(session));
    assert_eq!(
        holder(&fixture, session),
        (SessionStatus::Assigned, Some(user("bob")))
    );
    assert_eq!(views(&fixture, "ann"), [0, 1, 0, 0]);
    let users = vec![user("rea")];
    fixture.does(
        "root",
        LiveChatCommand::Members {
            live_chat: fixture.live_chat,
            users,
        },
    );
    fixture.refuses("bob", send(session, "x"), Code::Forbidden);
    fixture.does("sue", SessionCommand::Take(session));
    assert_eq!(
        holder(&fixture, session),
        (SessionStatus::Assigned, Some(user("sue")))
    );
}

#[test]
fn a_closed_session_stays_closed() {
    let (mut fixture, session) = Fixture::with_session();
    fixture.does("ann", SessionCommand::Close(session));
    for again in [
        SessionCommand::Close(session),
        SessionCommand::Take(session),
        transfer(session, None),
    ] {
        fixture.refuses("ann", again, Code::SessionClosed);
    }
    fixture.refuses("ann", send(session, "x"), Code::SessionClosed);
}

#[test]
fn an_operator_opens_a_session_where_the_messenger_allows_it() {
    let mut fixture = Fixture::open();
    let ask = create(&fixture, "chat", Some("good day"));
    let session = session_id(fixture.asks("ann", ask));
    assert_eq!(
        fixture.kinds(),
        ["contact-created", "session-opened", "message-sent"]
    );
    assert_eq!(
        holder(&fixture, session),
        (SessionStatus::Assigned, Some(user("ann")))
    );
    assert_eq!(fixture.session(session).opened_by, OpenedBy::Operator);
    assert_eq!(fixture.due().len(), 1);

    let again = create(&fixture, "chat", None);
    let rejection = fixture.asks("bob", again).unwrap_err();
    assert_eq!(rejection.code, Code::SessionAlreadyOpen);
    assert_eq!(rejection.details["sessionId"], session.to_string());

    // What the person writes belongs to that session.
    assert_eq!(fixture.writes("1", "chat", "eva").session_id, session);
}

#[test]
fn a_session_is_not_opened_where_it_must_not() {
    let mut fixture = Fixture::open();
    let (chat, long) = (
        create(&fixture, "chat", None),
        create(&fixture, &"x".repeat(256), None),
    );
    fixture.refuses("ann", long, Code::Invalid);
    fixture.refuses("eve", chat.clone(), Code::Forbidden);
    let update = crate::command::Update {
        channel: fixture.channel,
        webhook: None,
        security: None,
        dialect: None,
        operator_initiated: Some(false),
    };
    fixture.does("root", ChannelCommand::Update(update));
    fixture.refuses("ann", chat.clone(), Code::NotEnabled);
    fixture.does("root", ChannelCommand::Disconnect(fixture.channel));
    fixture.refuses("ann", chat.clone(), Code::ChannelDisconnected);
    fixture.does("root", ChannelCommand::Delete(fixture.channel));
    fixture.refuses("ann", chat, Code::NotFound);
}

#[test]
fn a_session_with_somebody_known_is_on_the_chat_of_the_last_one() {
    let mut fixture = Fixture::open();
    let first = fixture.session_of("ann", "chat");
    fixture.does("ann", SessionCommand::Close(first));
    let contact = fixture.contact("chat's");
    let person = Person::Contact(contact);
    let create = SessionCommand::Create {
        channel: fixture.channel,
        person,
        text: None,
    };
    let second = session_id(fixture.asks("bob", create.clone()));
    let second = fixture.session(second);
    assert_eq!(
        (&*second.external_chat_id, second.previous),
        ("chat", Some(first))
    );
    let other = fixture.new_channel("https://other.example/");
    let person = Person::Contact(contact);
    fixture.refuses(
        "bob",
        SessionCommand::Create {
            channel: other,
            person,
            text: None,
        },
        Code::Invalid,
    );
}

#[test]
fn views_are_pages_of_the_newest_first() {
    let mut fixture = Fixture::open();
    let mut sessions = Vec::new();
    for n in 0..5 {
        fixture.wait(std::time::Duration::from_secs(1));
        sessions.push(
            fixture
                .writes(&n.to_string(), &format!("chat {n}"), "eva")
                .session_id,
        );
    }
    sessions.reverse();
    let queue = [View::Queue(fixture.live_chat)];
    let all: Vec<_> = fixture
        .workspace
        .page(&queue, None)
        .map(|((_, id), _)| id)
        .collect();
    assert_eq!(all, sessions);
    let third = fixture.workspace.page(&queue, None).nth(2).unwrap().0;
    let rest: Vec<_> = fixture
        .workspace
        .page(&queue, Some(third))
        .map(|((_, id), _)| id)
        .collect();
    assert_eq!(rest, sessions[3..]);
}
