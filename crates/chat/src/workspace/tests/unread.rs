//! Which messages are unread, and who waits.

use super::deliveries::SECOND;
use super::fixture::{Fixture, close, deleted, note, read, reopen, take};
use crate::id::SessionId;

#[test]
fn deleted_messages_are_not_unread_and_nobody_waits_for_them() {
    let mut fixture = Fixture::open();
    let state = |fixture: &Fixture, id: SessionId| {
        let session = fixture.session(id);
        (session.unread, session.waiting_since.is_some())
    };
    let session = fixture.writes("1", "chat", "eva").session_id;
    fixture.writes("2", "chat", "eva");
    fixture.receive(deleted("1")).unwrap();
    assert_eq!(state(&fixture, session), (1, true));
    fixture.receive(deleted("2")).unwrap();
    assert_eq!(state(&fixture, session), (0, false));
    fixture.receive(deleted("2")).unwrap();
    fixture.assert_no_event();
    // A deletion that arrived before its message.
    fixture.receive(deleted("3")).unwrap();
    fixture.writes("3", "chat", "eva");
    assert_eq!(state(&fixture, session), (0, false));
    fixture.writes("4", "chat", "eva");
    assert_eq!(state(&fixture, session), (1, true));
    fixture.does("ann", take(session));
    fixture.sends("ann", session);
    fixture.writes("5", "chat", "eva");
    fixture.receive(deleted("5")).unwrap();
    assert_eq!(
        state(&fixture, session),
        (1, false),
        "4 is answered and unread"
    );
}

#[test]
fn nobody_waits_for_the_answer_to_a_deleted_message_that_was_read() {
    let (mut fixture, session) = Fixture::with_session();
    let first = fixture.first_of(session);
    fixture.does("ann", read(session, first));
    fixture.does("ann", note(session, "what does that mean?"));
    fixture.writes("2", "chat", "eva");
    fixture.receive(deleted("2")).unwrap();
    // The first message is older than the note and still has no answer.
    let waits = fixture.session(session).waiting_since;
    assert_eq!(waits, Some(fixture.session(session).opened_at));
    fixture.receive(deleted("first of chat")).unwrap();
    let row = fixture.session(session);
    assert_eq!((row.unread, row.waiting_since), (0, None));
}

#[test]
fn who_waits_waits_since_the_oldest_message_that_is_not_deleted() {
    let (mut fixture, session) = Fixture::with_session();
    let first = fixture.now;
    fixture.wait(SECOND);
    fixture.writes("2", "chat", "eva");
    let second = fixture.now;
    fixture.wait(SECOND);
    fixture.writes("3", "chat", "eva");
    let since = |fixture: &Fixture| fixture.session(session).waiting_since;
    fixture.receive(deleted("3")).unwrap();
    assert_eq!(since(&fixture), Some(first));
    fixture.receive(deleted("first of chat")).unwrap();
    assert_eq!(since(&fixture), Some(second));
    fixture.does("ann", take(session));
    fixture.does("ann", close(session));
    assert_eq!(since(&fixture), None);
    fixture.does("ann", reopen(session, false));
    assert_eq!(since(&fixture), Some(second), "nobody answered");
    fixture.sends("ann", session);
    fixture.does("ann", close(session));
    fixture.does("ann", reopen(session, false));
    assert_eq!(since(&fixture), None, "answered");
}

#[test]
fn the_deletion_of_a_read_message_does_not_change_what_is_unread() {
    let (mut fixture, session) = Fixture::with_session();
    let second = fixture.writes("2", "chat", "eva").message_id;
    fixture.writes("3", "chat", "eva");
    fixture.does("ann", read(session, second));
    fixture.receive(deleted("2")).unwrap();
    assert_eq!(fixture.session(session).unread, 1);
    fixture.writes("4", "chat", "eva");
    fixture.receive(deleted("4")).unwrap();
    assert_eq!(fixture.session(session).unread, 1);
    fixture.receive(deleted("3")).unwrap();
    assert_eq!(fixture.session(session).unread, 0);
}
