use super::fixture::{
    Fixture, close, delete, disconnect, full_proof, note, read, send, send_content, take,
};
use crate::command::Reply;
use crate::content::{Content, FILES_MAX, File, TEXT_CHARS_MAX};
use crate::id::MessageId;
use crate::model::Direction;
use crate::record::Answer;
use crate::rejection::Code;
use crate::state::NoticeKind;
use crate::verification::Purpose;

#[test]
fn only_the_assigned_operator_and_supervisors_write_in_a_session() {
    let mut fixture = Fixture::open();
    let session = fixture.writes("1", "chat", "eva").session_id;
    fixture.rejects("ann", send(session, "x"), Code::NotAssigned);
    fixture.does("ann", take(session));
    fixture.rejects("bob", send(session, "x"), Code::NotAssigned);
    fixture.rejects("rea", send(session, "x"), Code::Forbidden);
    let reply = fixture.does("ann", send(session, "x"));
    let position = fixture.workspace.position;
    assert!(matches!(reply, Reply::Answer(Answer::Message(_, at)) if at == position));
    fixture.does("sue", send(session, "x"));
}

#[test]
fn a_message_has_text_or_files_of_limited_size() {
    let (mut fixture, session) = Fixture::with_session();
    let text = |text: &str, count| Content::text(text.repeat(count));
    let files = |name: &str, url: &str, count| Content {
        text: None,
        files: vec![
            File {
                name: name.to_owned(),
                size: None,
                url: url.to_owned(),
            };
            count
        ],
    };
    let url = "http://h/a";
    for (content, code) in [
        (text("", 1), Code::Invalid),
        (text(" \n", 1), Code::Invalid),
        (text("x", TEXT_CHARS_MAX + 1), Code::TooLarge),
        (files("a", url, FILES_MAX + 1), Code::TooLarge),
        (files("", url, 1), Code::Invalid),
        (files("a", "", 1), Code::Invalid),
        (files("a", &"x".repeat(2_049), 1), Code::Invalid),
    ] {
        fixture.rejects("ann", send_content(session, content, None), code);
    }
    for content in [text("ж", TEXT_CHARS_MAX), files("a", url, FILES_MAX)] {
        fixture.does("ann", send_content(session, content, None));
    }
}

#[test]
fn a_messengers_text_limit_is_enforced() {
    let mut fixture = Fixture::open();
    let mut proof = full_proof();
    proof.capabilities.as_mut().unwrap().max_text_length = Some(5);
    fixture.verified(fixture.channel, Purpose::Reconnect, Ok(proof));
    let session = fixture.session_of("ann", "chat");
    fixture.does("ann", send(session, "12345"));
    fixture.rejects("ann", send(session, "123456"), Code::TooLarge);
    // Notes are not delivered, so the limit does not apply.
    fixture.does("ann", note(session, "123456"));
}

#[test]
fn a_message_replies_to_one_of_the_same_chat() {
    let (mut fixture, session) = Fixture::with_session();
    let elsewhere = fixture.writes("2", "other", "eva").message_id;
    let reply = |to| send_content(session, Content::text("x"), Some(to));
    for to in [elsewhere, MessageId::from_bytes([5; 16])] {
        fixture.rejects("ann", reply(to), Code::Invalid);
    }
    fixture.does("ann", reply(fixture.first_of(session)));
}

#[test]
fn a_disconnected_channel_queues_messages_and_a_deleted_one_rejects_them() {
    let (mut fixture, session) = Fixture::with_session();
    fixture.does("root", disconnect(fixture.channel));
    fixture.does("ann", send(session, "x"));
    fixture.does("root", delete(fixture.channel));
    fixture.rejects("ann", send(session, "x"), Code::SessionClosed);
}

#[test]
fn a_note_is_not_delivered() {
    let (mut fixture, session) = Fixture::with_session();
    fixture.does("bob", note(session, "he is angry"));
    assert!(fixture.due().is_empty() && fixture.workspace.deliveries.is_empty());
    let last = fixture.workspace.messages(session).next().unwrap();
    assert_eq!((last.direction, last.state), (Direction::Note, None));
    fixture.rejects("rea", note(session, "x"), Code::Forbidden);
    fixture.rejects("eve", note(session, "x"), Code::Forbidden);
    fixture.rejects("ann", note(session, ""), Code::Invalid);
    fixture.does("ann", close(session));
    fixture.does("ann", note(session, "done"));
}

#[test]
fn reading_lowers_the_unread_count_and_notifies_the_messenger() {
    let (mut fixture, session) = Fixture::with_session();
    let second = fixture.writes("2", "chat", "chat's").message_id;
    fixture.writes("3", "chat", "chat's");
    let unknown = MessageId::from_bytes([5; 16]);
    assert_eq!(fixture.session(session).unread, 3);
    fixture.rejects("bob", read(session, second), Code::NotAssigned);
    fixture.rejects("ann", read(session, unknown), Code::Invalid);
    fixture.does("ann", read(session, second));
    assert_eq!(fixture.session(session).unread, 1);
    let notices = fixture.notices(fixture.channel);
    assert_eq!(notices.last(), Some(&NoticeKind::Read(second)));
    fixture.does("ann", read(session, second));
    fixture.assert_no_event();
    let own = fixture.sends("ann", session);
    fixture.does("ann", read(session, own));
    assert_eq!(fixture.session(session).unread, 0);
}
