use super::house::{House, refused, send};
use crate::command::{ChannelCommand, MessageCommand, Reply, SessionCommand};
use crate::content::{Content, FILES_MAX, File, TEXT_CHARS_MAX};
use crate::id::{MessageId, SessionId};
use crate::noun::Direction;
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
    let mut house = House::open();
    let session = house.writes("1", "chat", "eva").session_id;
    refused(house.asks("ann", send(session, "x")), Code::NotAssigned);
    house.does("ann", SessionCommand::Take(session));
    refused(house.asks("bob", send(session, "x")), Code::NotAssigned);
    refused(house.asks("rea", send(session, "x")), Code::Forbidden);
    let reply = house.does("ann", send(session, "x"));
    let position = house.workspace.position;
    assert!(matches!(reply, Reply::Answer(Answer::Message(_, at)) if at == position));
    house.does("sue", send(session, "x"));
}

#[test]
fn what_is_written_is_bounded() {
    let mut house = House::open();
    let session = house.session_of("ann", "chat");
    let mut check = |content, code| refused(house.asks("ann", of(session, content)), code);
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
    house.does(
        "ann",
        of(session, Content::text("ж".repeat(TEXT_CHARS_MAX))),
    );
    house.does(
        "ann",
        of(session, files(vec![file("a", "http://h/a"); FILES_MAX])),
    );
}

#[test]
fn a_messenger_that_takes_short_texts_gets_no_longer_ones() {
    let mut house = House::open();
    let mut proof = super::house::able();
    proof.capabilities.as_mut().unwrap().max_text_length = Some(5);
    let purpose = crate::verification::Purpose::Reconnect;
    house.verified(house.channel, purpose, Ok(proof));
    let session = house.session_of("ann", "chat");
    house.does("ann", send(session, "12345"));
    refused(house.asks("ann", send(session, "123456")), Code::TooLarge);
    // Notes stay in the house.
    house.does(
        "ann",
        MessageCommand::Note {
            session,
            text: "123456".to_owned(),
        },
    );
}

#[test]
fn a_message_answers_one_of_its_own_chat() {
    let mut house = House::open();
    let session = house.session_of("ann", "chat");
    let elsewhere = house.writes("2", "other", "eva").message_id;
    let own = house.workspace.messages(session).last().unwrap().id;
    let answer = |to| MessageCommand::Send {
        session,
        content: Content::text("x"),
        reply_to: Some(to),
    };
    refused(house.asks("ann", answer(elsewhere)), Code::Invalid);
    refused(
        house.asks("ann", answer(MessageId::from_bytes([5; 16]))),
        Code::Invalid,
    );
    house.does("ann", answer(own));
}

#[test]
fn messages_for_a_disconnected_channel_wait_and_for_a_deleted_one_there_are_none() {
    let mut house = House::open();
    let session = house.session_of("ann", "chat");
    house.does("root", ChannelCommand::Disconnect(house.channel));
    house.does("ann", send(session, "x"));
    house.does("root", ChannelCommand::Delete(house.channel));
    refused(house.asks("ann", send(session, "x")), Code::SessionClosed);
}

#[test]
fn a_note_never_leaves_the_house() {
    let mut house = House::open();
    let session = house.session_of("ann", "chat");
    let note = |text: &str| MessageCommand::Note {
        session,
        text: text.to_owned(),
    };
    house.does("bob", note("he is angry"));
    assert!(house.due().is_empty() && house.workspace.deliveries.is_empty());
    let last = house.workspace.messages(session).next().unwrap();
    assert_eq!((last.direction, last.state), (Direction::Note, None));
    refused(house.asks("rea", note("x")), Code::Forbidden);
    refused(house.asks("eve", note("x")), Code::Forbidden);
    refused(house.asks("ann", note("")), Code::Invalid);
    house.does("ann", SessionCommand::Close(session));
    house.does("ann", note("done"));
}

#[test]
fn reading_counts_down_and_tells_the_messenger_how_far() {
    let mut house = House::open();
    let session = house.session_of("ann", "chat");
    let second = house.writes("2", "chat", "chat's").message_id;
    house.writes("3", "chat", "chat's");
    let unread = |house: &House| house.workspace.sessions.get(&session).unwrap().unread;
    let read = |up_to| MessageCommand::Read { session, up_to };
    assert_eq!(unread(&house), 3);
    refused(house.asks("bob", read(second)), Code::NotAssigned);
    refused(
        house.asks("ann", read(MessageId::from_bytes([5; 16]))),
        Code::Invalid,
    );
    house.does("ann", read(second));
    assert_eq!(unread(&house), 1);
    let told = house
        .workspace
        .notices
        .iter()
        .last()
        .unwrap()
        .1
        .kind
        .clone();
    assert_eq!(told, NoticeKind::Read("2".to_owned()));
    house.does("ann", read(second));
    assert!(house.records.is_empty());
    let own = house.sends("ann", session);
    house.does("ann", read(own));
    assert_eq!(unread(&house), 0);
}
