use std::time::Duration;

use super::fixture::{
    Fixture, answered, deleted, edited, message, note, profile, retry, send, start_with,
};
use crate::command::{Command, Effect, Person, Request, SystemCommand};
use crate::content::Profile;
use crate::id::ContactId;
use crate::rejection::Code;

/// The texts that the remaining keys can still decrypt.
fn texts(fixture: &Fixture) -> Vec<String> {
    let contents = fixture.contents().into_iter();
    contents.filter_map(|content| content.text).collect()
}

#[test]
fn erasing_a_contact_leaves_no_content_and_no_pending_messages() {
    let (mut fixture, _, sent) = Fixture::with_message();
    fixture.begin_attempt(sent);
    let contact = fixture.contact("chat's");
    fixture.does("root", Command::Forget(contact));
    assert_eq!(fixture.kinds(), ["session-closed", "contact-forgotten"]);
    assert!(texts(&fixture).is_empty());
    assert!(fixture.workspace.pending(sent).is_none() && fixture.due().is_empty());
    fixture.end_attempt(sent, answered(200));
    fixture.assert_no_event();

    fixture.does("root", Command::Forget(contact));
    fixture.assert_no_event();
    assert!(matches!(&fixture.effects[..], [Effect::DestroyKeys(keys)] if keys.len() == 1));
}

#[test]
fn nobody_writes_to_or_about_an_erased_contact() {
    let (mut fixture, session, sent) = Fixture::with_message();
    let contact = fixture.contact("chat's");
    fixture.does("root", Command::Forget(contact));
    let create = start_with(fixture.channel, Person::Contact(contact), None);
    for (command, code) in [
        (note(session, "x"), Code::ContactForgotten),
        (send(session, "x"), Code::SessionClosed),
        (retry(sent), Code::ContactForgotten),
        (create, Code::ContactForgotten),
    ] {
        fixture.rejects("ann", command, code);
    }
    fixture.system(SystemCommand::Profile(contact, Some(profile("Eva"))));
    fixture.assert_no_event();
    fixture
        .receive(edited("first of chat", "new text"))
        .unwrap();
    fixture.assert_no_event();
}

#[test]
fn an_erased_contact_who_writes_again_is_a_new_contact() {
    let mut fixture = Fixture::open();
    let before = fixture.writes("1", "chat", "eva");
    let old = fixture.contact("eva");
    fixture.does("root", Command::Forget(old));
    // A repeated message is still a duplicate.
    let again = fixture.writes("1", "chat", "eva");
    assert!(again.duplicate && again.session_id == before.session_id);
    let after = fixture.writes("2", "chat", "eva");
    assert_ne!(after.session_id, before.session_id);
    assert_ne!(fixture.contact("eva"), old);
    assert_eq!(texts(&fixture), ["hello"]);
}

#[test]
fn in_a_group_only_the_content_of_the_erased_contact_is_erased() {
    let mut fixture = Fixture::open();
    let session = fixture.session_of("ann", "group");
    let other = fixture.writes("2", "group", "eva");
    assert_eq!(other.session_id, session);
    fixture.sends("ann", session);
    fixture.receive(edited("2", "eva's new text")).unwrap();
    fixture.does("root", Command::Forget(fixture.contact("eva")));
    assert_eq!(texts(&fixture), ["hello", "good day"]);
    // The session belongs to another contact and stays open.
    assert!(fixture.session(session).is_open());
    fixture.receive(edited("2", "newer text")).unwrap();
    fixture.assert_no_event();
    fixture.receive(deleted("2")).unwrap();
    assert_eq!(fixture.kinds(), ["message-deleted"]);
}

#[test]
fn parked_edits_are_erased_with_their_author() {
    let mut fixture = Fixture::open();
    for text in ["first edit", "second edit"] {
        fixture.receive(edited("1", text)).unwrap();
    }
    assert_eq!(texts(&fixture), ["first edit", "second edit"]);
    fixture.writes("1", "chat", "eva");
    fixture.does("root", Command::Forget(fixture.contact("eva")));
    assert!(texts(&fixture).is_empty());
}

#[test]
fn a_profile_is_stored_unless_the_messenger_has_none() {
    let mut fixture = Fixture::open();
    fixture.writes("1", "chat", "eva");
    let eva = fixture.contact("eva");
    assert!(fixture.workspace.contact(eva).unwrap().asking);
    fixture.system(SystemCommand::Profile(eva, None));
    let contact = fixture.workspace.contact(eva).unwrap();
    assert_eq!((contact.asking, contact.profile_at), (false, 0));
    fixture.system(SystemCommand::Profile(eva, Some(profile("Eva"))));
    let contact = fixture.workspace.contact(eva).unwrap();
    assert_eq!(contact.profile_at, fixture.workspace.position);
    let unknown = SystemCommand::Profile(ContactId::from_bytes([3; 16]), None);
    fixture.rejects_request(&Request::system(unknown), Code::NotFound);
}

/// An answer is recorded before the request is.
#[test]
fn the_end_of_an_answered_profile_request_changes_nothing() {
    for (answer, vain) in [(Some(profile("Eva")), 0), (None, 1)] {
        let mut fixture = Fixture::open();
        fixture.writes("1", "chat", "eva");
        let eva = fixture.contact("eva");
        fixture.system(SystemCommand::Profile(eva, answer));
        let before = fixture.workspace.contact(eva).unwrap().clone();
        let settled = SystemCommand::NoticesSettled(fixture.channel, fixture.notice_numbers());
        fixture.system(settled);
        assert_eq!(*fixture.workspace.contact(eva).unwrap(), before);
        assert_eq!(before.asked_in_vain, vain);
    }
}

#[test]
fn a_profile_that_was_requested_in_vain_is_requested_again_with_growing_pauses() {
    let mut fixture = Fixture::open();
    let (mut number, mut pauses) = (0, Vec::new());
    // Returns whether the message of a person makes a request for the person's profile.
    let mut asks = |fixture: &mut Fixture| {
        number += 1;
        fixture.accepts(message(&number.to_string(), "chat", "eva", "x"));
        let eva = fixture.contact("eva");
        fixture.workspace.contact(eva).unwrap().asking
    };
    assert!(asks(&mut fixture));
    let eva = fixture.contact("eva");
    while pauses.len() < 9 {
        fixture.system(SystemCommand::Profile(eva, None));
        let mut waited = Duration::ZERO;
        while !asks(&mut fixture) {
            let pause = waited.max(Duration::from_secs(5));
            fixture.wait(pause);
            waited += pause;
        }
        pauses.push(waited);
    }
    assert!(
        pauses[0] < Duration::from_secs(1) && pauses.is_sorted(),
        "{pauses:?}"
    );
    assert!(pauses[2] > pauses[1] && pauses[6] > pauses[5], "{pauses:?}");
    assert!(pauses[8] <= Duration::from_hours(48), "{pauses:?}");
    // An answer without a name is an answer.
    fixture.system(SystemCommand::Profile(eva, Some(Profile::default())));
    assert!(!asks(&mut fixture));
    fixture.wait(Duration::from_hours(23));
    assert!(!asks(&mut fixture));
    fixture.wait(Duration::from_hours(2));
    assert!(asks(&mut fixture));
    fixture.system(SystemCommand::Profile(eva, None));
    assert!(asks(&mut fixture), "the pauses start again");
}

#[test]
fn a_profile_is_requested_once_and_again_after_a_day() {
    let mut fixture = Fixture::open();
    // Returns the number of new notices: one has the message's result, one a new session, and one
    // requests the profile.
    let write = |fixture: &mut Fixture, id: &str| {
        let before = fixture.workspace.notices.len();
        fixture.accepts(message(id, "chat", "eva", "x"));
        fixture.workspace.notices.len() - before
    };
    assert_eq!(write(&mut fixture, "1"), 3);
    assert_eq!(write(&mut fixture, "2"), 1);
    fixture.wait(Duration::from_hours(25));
    // The first request is still pending, so there is no second one.
    assert_eq!(write(&mut fixture, "3"), 1);
    let settled = SystemCommand::NoticesSettled(fixture.channel, fixture.notice_numbers());
    fixture.system(settled);
    assert!(fixture.workspace.notices.is_empty());
    assert_eq!(write(&mut fixture, "4"), 2);
}
