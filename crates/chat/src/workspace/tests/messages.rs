use super::fixture::{Fixture, able, send};
use crate::command::{ChannelCommand, MessageCommand, Reply, SessionCommand};
use crate::content::{Content, FILES_MAX, File, TEXT_CHARS_MAX};
use crate::id::{MessageId, SessionId};
use crate::model::Direction;
use crate::record::Answer;
use crate::rejection::Code;
use crate::state::NoticeKind;

fn of(session: SessionId, content: Content) -> MessageCommand {
    MessageCommand::Send {
        session,
        content,
        reply_to: None,
    }
}

fn file(name: &str, url: &str) -> File {
    File {
        name: name.to_owned(),
        size: None,
        url: url.to_owned(),
    }
}

fn files(files: Vec<File>) -> Content {
    Content { text: None, files }
}

#[test]
fn only_the_assigned_operator_and_supervisors_write_in_a_session() {
    let mut fixture = Fixture::open();
    let session = fixture.writes("1", "chat", "eva").session_id;
    fixture.refuses("ann", send(session, "x"), Code::NotAssigned);
    fixture.does("ann", SessionCommand::Take(session));
    fixture.refuses("bob", send(session, "x"), Code::NotAssigned);
    fixture.refuses("rea", send(session, "x"), Code::Forbidden);
    let reply = fixture.does("ann", send(session, "x"));
    let position = fixture.workspace.position;
    assert!(matches!(reply, Reply::Answer(Answer::Message(_, at)) if at == position));
    fixture.does("sue", send(session, "x"));
}

#[test]
fn the_size_of_a_message_is_limited() {
    let (mut fixture, session) = Fixture::with_session();
    let mut check = |content, code| fixture.refuses("ann", of(session, content), code);
    check(Content::text(""), Code::Invalid);
    check(Content::text(" \n"), Code::Invalid);
    check(
        Content::text("x".repeat(TEXT_CHARS_MAX + 1)),
        Code::TooLarge,
    );
    check(
        files(vec![file("a", "http://h/a"); FILES_MAX + 1]),
        Code::TooLarge,
    );
    check(files(vec![file("", "http://h/a")]), Code::Invalid);
    check(files(vec![file("a", "")]), Code::Invalid);
    check(files(vec![file("a", &"x".repeat(2_049))]), Code::Invalid);
    fixture.does(
        "ann",
        of(session, Content::text("ж".repeat(TEXT_CHARS_MAX))),
    );
    fixture.does(
        "ann",
        of(session, files(vec![file("a", "http://h/a"); FILES_MAX])),
    );
}

#[test]
fn a_messengers_text_limit_is_enforced() {
    let mut fixture = Fixture::open();
    let mut proof = able();
    proof.capabilities.as_mut().unwrap().max_text_length = Some(5);
    let purpose = crate::verification::Purpose::Reconnect;
    fixture.verified(fixture.channel, purpose, Ok(proof));
    let session = fixture.session_of("ann", "chat");
    fixture.does("ann", send(session, "12345"));
    fixture.refuses("ann", send(session, "123456"), Code::TooLarge);
    // Notes are not delivered, so the limit does not apply.
    fixture.does(
        "ann",
        MessageCommand::Note {
            session,
            text: "123456".to_owned(),
        },
    );
}

#[test]
fn a_message_replies_to_one_of_the_same_chat() {
    let (mut fixture, session) = Fixture::with_session();
    let elsewhere = fixture.writes("2", "other", "eva").message_id;
    let own = fixture.workspace.messages(session).last().unwrap().id;
    let answer = |to| MessageCommand::Send {
        session,
        content: Content::text("x"),
        reply_to: Some(to),
    };
    fixture.refuses("ann", answer(elsewhere), Code::Invalid);
    fixture.refuses("ann", answer(MessageId::from_bytes([5; 16])), Code::Invalid);
    fixture.does("ann", answer(own));
}

#[test]
fn messages_for_a_disconnected_channel_wait_and_a_deleted_one_rejects_them() {
    let (mut fixture, session) = Fixture::with_session();
    fixture.does("root", ChannelCommand::Disconnect(fixture.channel));
    fixture.does("ann", send(session, "x"));
    fixture.does("root", ChannelCommand::Delete(fixture.channel));
    fixture.refuses("ann", send(session, "x"), Code::SessionClosed);
}

#[test]
fn a_note_is_not_delivered() {
    let (mut fixture, session) = Fixture::with_session();
    let note = |text: &str| MessageCommand::Note {
        session,
        text: text.to_owned(),
    };
    fixture.does("bob", note("he is angry"));
    assert!(fixture.due().is_empty() && fixture.workspace.deliveries.is_empty());
    let last = fixture.workspace.messages(session).next().unwrap();
    assert_eq!((last.direction, last.state), (Direction::Note, None));
    fixture.refuses("rea", note("x"), Code::Forbidden);
    fixture.refuses("eve", note("x"), Code::Forbidden);
    fixture.refuses("ann", note(""), Code::Invalid);
    fixture.does("ann", SessionCommand::Close(session));
    fixture.does("ann", note("done"));
}

#[test]
fn reading_lowers_the_unread_count_and_notifies_the_messenger() {
    let (mut fixture, session) = Fixture::with_session();
    let second = fixture.writes("2", "chat", "chat's").message_id;
    fixture.writes("3", "chat", "chat's");
    let unread = |fixture: &Fixture| fixture.session(session).unread;
    let read = |up_to| MessageCommand::Read { session, up_to };
    assert_eq!(unread(&fixture), 3);
    fixture.refuses("bob", read(second), Code::NotAssigned);
    fixture.refuses("ann", read(MessageId::from_bytes([5; 16])), Code::Invalid);
    fixture.does("ann", read(second));
    assert_eq!(unread(&fixture), 1);
    let notice = fixture
        .workspace
        .notices
        .iter()
        .last()
        .unwrap()
        .1
        .kind
        .clone();
    assert_eq!(notice, NoticeKind::Read("2".to_owned()));
    fixture.does("ann", read(second));
    assert!(fixture.records.is_empty());
    let own = fixture.sends("ann", session);
    fixture.does("ann", read(own));
    assert_eq!(unread(&fixture), 0);
}
