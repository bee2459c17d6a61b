//! Which messages are unread, and who waits.

use super::fixture::{Fixture, deleted, read, take};
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
