//! The messenger's ids of people, chats and messages, which may be phone numbers.

use super::fixture::{Fixture, answer, close, edited, message, read, start_with};
use super::values::{key, open};
use crate::command::{Command, Person, SystemCommand};
use crate::content::Content;
use crate::event::{ContactCreated, EditParked, Event, MessageReceived, SessionOpened};
use crate::id::{ContactId, MessageId, SessionId};
use crate::messenger::Inbound;
use crate::model::OpenedBy;
use crate::record::{Answer, Record, Stream};
use crate::rejection::Code;
use crate::seal::{Indexed, Private};
use crate::table::stored::Rows;

/// Starts every id of these tests.
const PHONE: &[u8] = b"+447700900";

fn has_phone(bytes: &[u8]) -> bool {
    bytes.windows(PHONE.len()).any(|window| window == PHONE)
}

fn phone(n: u8) -> String {
    format!("{}{n:03}", str::from_utf8(PHONE).unwrap())
}

/// Asserts that no id is in clear in the rows.
#[track_caller]
fn assert_no_phone_in_rows(fixture: &mut Fixture) {
    let mut rows = Rows::default();
    fixture.rows(&mut rows);
    let found: Vec<_> = rows
        .all()
        .into_iter()
        .filter(|(key, row)| has_phone(key) || has_phone(row))
        .map(|(key, _)| key[0])
        .collect();
    assert_eq!(found, [0; 0], "tags of tables");
}

/// The ids of a session and its contact, as far as the remaining keys can open them.
fn shown(fixture: &Fixture, session: SessionId) -> [Option<String>; 2] {
    let session = fixture.session(session);
    let contact = fixture.workspace.contacts.get(&session.contact).unwrap();
    let number = contact.keys[0];
    let key = (!fixture.destroyed.contains(&number)).then(|| key(number));
    [&session.external_chat_id, &contact.external_user_id].map(|id| id.open(key.as_ref()))
}

/// An event that went through the first schema of its kind.
fn old(event: impl Into<Event>) -> Event {
    let event = event.into();
    Event::decode(event.kind(), 1, &event.encode()).unwrap()
}

/// Appends what an older version wrote: a message of a new contact in a new session, and a parked edit.
fn write_old(fixture: &mut Fixture) -> (ContactId, SessionId, MessageId) {
    let (contact, session) = (
        ContactId::from_bytes([1; 16]),
        SessionId::from_bytes([2; 16]),
    );
    let channel = fixture.channel;
    let created = ContactCreated {
        channel,
        external_user_id: open(&phone(1)),
        key: fixture.workspace.next_key(),
    };
    let opened = SessionOpened {
        channel,
        contact,
        external_chat_id: open(&phone(2)),
        chat_name: None,
        opened_by: OpenedBy::User,
        operator: None,
        previous: None,
        name: None,
    };
    let received = MessageReceived {
        message: MessageId::from_bytes([3; 16]),
        contact,
        external_message_id: open(&phone(3)),
        content: Private::Sealed(Box::default()),
        created_at: fixture.now,
        reply_to: None,
        digest: message(&phone(3), &phone(2), &phone(1), "hello").digest(),
    };
    let id = received.message;
    fixture.wrote(Stream::Contact(contact), old(created));
    fixture.wrote(Stream::Session(session), old(opened));
    fixture.wrote(Stream::Session(session), old(received));
    let parked = EditParked {
        external_message_id: open(&phone(4)),
        key: fixture.workspace.next_key(),
        text: None,
    };
    fixture.wrote(Stream::Channel(channel), old(parked));
    (contact, session, id)
}

#[test]
fn ids_are_neither_in_the_log_nor_in_the_rows() {
    let mut fixture = Fixture::open();
    let mut first = message(&phone(1), &phone(2), &phone(3), "hello");
    fixture.receive(edited(&phone(1), "edited")).unwrap();
    let session = fixture.accepts(first.clone()).session_id;
    first.external_message_id = phone(4);
    first.reply_to = Some(phone(1));
    let second = fixture.accepts(first).message_id;
    let Event::MessageReceived(e) = &fixture.records[0].event else {
        panic!("{:?}", fixture.records);
    };
    assert!(e.reply_to.is_some());
    fixture.does("root", read(session, second));
    fixture.receive(edited(&phone(5), "parked")).unwrap();
    let [chat, user] = [6, 7].map(phone);
    let person = Person::External { chat, user };
    let create = start_with(fixture.channel, person, Some("hello"));
    let started = answer!(fixture.does("ann", create), Answer::Session(id) => id);
    let known = |ids: [u8; 2]| ids.map(|n| Some(phone(n)));
    assert_eq!(shown(&fixture, session), known([2, 3]));
    assert_eq!(shown(&fixture, started), known([6, 7]));
    assert!(!fixture.log.iter().any(|bytes| has_phone(bytes)));
    assert_no_phone_in_rows(&mut fixture);
    fixture.does("root", Command::Forget(fixture.contact(&phone(3))));
    assert_eq!(shown(&fixture, session), [None, None]);
    assert_eq!(shown(&fixture, started), known([6, 7]));
}

#[test]
fn equal_ids_of_two_channels_have_different_digests() {
    let mut fixture = Fixture::open();
    let one = fixture.session_of("ann", "chat");
    fixture.channel = fixture.new_channel("https://other.example/hook");
    let two = fixture.session_of("ann", "chat");
    assert_ne!(one, two);
    let digests = |session: SessionId| {
        let row = fixture.session(session);
        let contact = fixture.workspace.contacts.get(&row.contact).unwrap();
        let message = fixture.message(fixture.first_of(session));
        [
            row.external_chat_id.digest(),
            contact.external_user_id.digest(),
            message.external.unwrap(),
        ]
    };
    for (one, two) in digests(one).into_iter().zip(digests(two)) {
        assert_ne!(one, two);
    }
}

#[test]
fn a_log_with_ids_in_clear_keeps_finding_people_chats_and_messages() {
    let mut fixture = Fixture::open();
    let (contact, session, id) = write_old(&mut fixture);
    let mut written = message(&phone(3), &phone(2), &phone(1), "hello");
    let again = fixture.accepts(written.clone());
    assert!(again.duplicate);
    assert_eq!((again.session_id, again.message_id), (session, id));
    written.content = Content::text("other");
    let reused = Inbound::Message(written.clone());
    fixture.rejects_inbound(reused, Code::MessageConflict);

    fixture.receive(edited(&phone(3), "edited")).unwrap();
    assert_eq!(fixture.kinds(), ["message-edited"]);
    written.external_message_id = phone(4);
    written.reply_to = Some(phone(3));
    assert_eq!(fixture.accepts(written).session_id, session);
    assert_eq!(fixture.kinds(), ["message-received", "message-deleted"]);
    let Event::MessageReceived(e) = &fixture.records[0].event else {
        panic!("{:?}", fixture.records);
    };
    assert_eq!((e.contact, e.reply_to), (contact, Some(id)));

    // What is written from now on is sealed.
    fixture.does("root", close(session));
    let create = start_with(fixture.channel, Person::Contact(contact), None);
    let next = answer!(fixture.does("ann", create), Answer::Session(id) => id);
    assert_eq!(
        shown(&fixture, next),
        [Some(phone(2)), Some(phone(1))],
        "the chat of the last session"
    );
    assert_eq!(fixture.session(next).previous, Some(session));
    let old = fixture.log.iter().filter(|bytes| has_phone(bytes)).count();
    assert_eq!(old, 4);
    let reread = |bytes: &Vec<u8>| Record::decode(1, bytes).unwrap().encode() == *bytes;
    assert!(fixture.log.iter().all(reread));
}

#[test]
fn ids_of_an_older_log_leave_the_rows_when_their_person_is_forgotten() {
    let mut fixture = Fixture::open();
    let (contact, session, _) = write_old(&mut fixture);
    fixture.does("root", Command::Forget(contact));
    assert_eq!(shown(&fixture, session), [None, None]);
    let settled = fixture.notice_numbers();
    fixture.system(SystemCommand::NoticesSettled(fixture.channel, settled));
    // The channel's last message is still the one of the forgotten contact.
    fixture.writes("later", "another chat", "eva");
    assert_no_phone_in_rows(&mut fixture);
    let again = message(&phone(3), &phone(2), &phone(1), "hello");
    assert!(fixture.accepts(again).duplicate);
    let new = fixture.writes("new", &phone(2), &phone(1));
    assert_ne!(new.session_id, session);
    assert_ne!(fixture.contact(&phone(1)), contact);
}

#[test]
fn a_digest_without_text_opens_to_nothing() {
    let digest = [7; 16];
    let id = Indexed::without_text(digest);
    assert_eq!((id.digest(), id.open(Some(&key(1)))), (digest, None));
}
