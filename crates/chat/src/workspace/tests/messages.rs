use super::fixture::{Fixture, refused, send};
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
fn only_who_has_a_session_or_supervises_writes_in_it() {
    let mut fixture = Fixture::open();
    let session = fixture.writes("1", "chat", "eva").session_id;
    refused(fixture.asks("ann", send(session, "x")), Code::NotAssigned);
    fixture.does("ann", SessionCommand::Take(session));
    refused(fixture.asks("bob", send(session, "x")), Code::NotAssigned);
    refused(fixture.asks("rea", send(session, "x")), Code::Forbidden);
    let reply = fixture.does("ann", send(session, "x"));
    let position = fixture.workspace.position;
    assert!(matches!(reply, Reply::Answer(Answer::Message(_, at)) if at == position));
    fixture.does("sue", send(session, "x"));
}

#[test]
fn what_is_written_is_bounded() {
    let mut fixture = Fixture::open();
    let session = fixture.session_of("ann", "chat");
    let mut check = |content, code| refused(fixture.asks("ann", of(session, content)), code);
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
fn a_messenger_that_takes_short_texts_gets_no_longer_ones() {
    let mut fixture = Fixture::open();
    let mut proof = super::fixture::able();
    proof.capabilities.as_mut().unwrap().max_text_length = Some(5);
    let purpose = crate::verification::Purpose::Reconnect;
    fixture.verified(fixture.channel, purpose, Ok(proof));
    let session = fixture.session_of("ann", "chat");
    fixture.does("ann", send(session, "12345"));
    refused(fixture.asks("ann", send(session, "123456")), Code::TooLarge);
    // Notes stay in the fixture.
    fixture.does(
        "ann",
        MessageCommand::Note {
            session,
            text: "123456".to_owned(),
        },
    );
}

#[test]
fn a_message_answers_one_of_its_own_chat() {
    let mut fixture = Fixture::open();
    let session = fixture.session_of("ann", "chat");
    let elsewhere = fixture.writes("2", "other", "eva").message_id;
    let own = fixture.workspace.messages(session).last().unwrap().id;
    let answer = |to| MessageCommand::Send {
        session,
        content: Content::text("x"),
        reply_to: Some(to),
    };
    refused(fixture.asks("ann", answer(elsewhere)), Code::Invalid);
    refused(
        fixture.asks("ann", answer(MessageId::from_bytes([5; 16]))),
        Code::Invalid,
    );
    fixture.does("ann", answer(own));
}

#[test]
fn messages_for_a_disconnected_channel_wait_and_for_a_deleted_one_there_are_none() {
    let mut fixture = Fixture::open();
    let session = fixture.session_of("ann", "chat");
    fixture.does("root", ChannelCommand::Disconnect(fixture.channel));
    fixture.does("ann", send(session, "x"));
    fixture.does("root", ChannelCommand::Delete(fixture.channel));
    refused(fixture.asks("ann", send(session, "x")), Code::SessionClosed);
}

#[test]
fn a_note_never_leaves_the_house() {
    let mut fixture = Fixture::open();
    let session = fixture.session_of("ann", "chat");
    let note = |text: &str| MessageCommand::Note {
        session,
        text: text.to_owned(),
    };
    fixture.does("bob", note("he is angry"));
    assert!(fixture.due().is_empty() && fixture.workspace.deliveries.is_empty());
    let last = fixture.workspace.messages(session).next().unwrap();
    assert_eq!((last.direction, last.state), (Direction::Note, None));
    refused(fixture.asks("rea", note("x")), Code::Forbidden);
    refused(fixture.asks("eve", note("x")), Code::Forbidden);
    refused(fixture.asks("ann", note("")), Code::Invalid);
    fixture.does("ann", SessionCommand::Close(session));
    fixture.does("ann", note("done"));
}

#[test]
fn reading_counts_down_and_tells_the_messenger_how_far() {
    let mut fixture = Fixture::open();
    let session = fixture.session_of("ann", "chat");
    let second = fixture.writes("2", "chat", "chat's").message_id;
    fixture.writes("3", "chat", "chat's");
    let unread = |fixture: &Fixture| fixture.workspace.sessions.get(&session).unwrap().unread;
    let read = |up_to| MessageCommand::Read { session, up_to };
    assert_eq!(unread(&fixture), 3);
    refused(fixture.asks("bob", read(second)), Code::NotAssigned);
    refused(
        fixture.asks("ann", read(MessageId::from_bytes([5; 16]))),
        Code::Invalid,
    );
    fixture.does("ann", read(second));
    assert_eq!(unread(&fixture), 1);
    let told = fixture
        .workspace
        .notices
        .iter()
        .last()
        .unwrap()
        .1
        .kind
        .clone();
    assert_eq!(told, NoticeKind::Read("2".to_owned()));
    fixture.does("ann", read(second));
    assert!(fixture.records.is_empty());
    let own = fixture.sends("ann", session);
    fixture.does("ann", read(own));
    assert_eq!(unread(&fixture), 0);
}
