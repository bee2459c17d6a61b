use super::fixture::{Fixture, answered, deleted, edited, message, send};
use crate::command::{Command, Effect, MessageCommand, Person, SessionCommand, SystemCommand};
use crate::content::Profile;
use crate::messenger::Inbound;
use crate::rejection::Code;

/// The texts that can still be read.
fn texts(fixture: &Fixture) -> Vec<String> {
    fixture
        .contents()
        .into_iter()
        .filter_map(|c| c.text)
        .collect()
}

#[test]
fn a_forgotten_person_leaves_no_content_and_no_pending_messages() {
    let (mut fixture, _, sent) = Fixture::with_message();
    fixture.system(SystemCommand::Attempting(sent));
    let contact = fixture.contact("chat's");
    fixture.does("root", Command::Forget(contact));
    assert_eq!(fixture.kinds(), ["session-closed", "contact-forgotten"]);
    assert_eq!(texts(&fixture), Vec::<String>::new());
    assert!(fixture.workspace.pending(sent).is_none() && fixture.due().is_empty());
    fixture.ends(sent, answered(200));
    assert!(fixture.records.is_empty());

    fixture.does("root", Command::Forget(contact));
    assert!(fixture.records.is_empty());
    assert!(matches!(&fixture.effects[..], [Effect::DestroyKeys(keys)] if keys.len() == 1));
}

#[test]
fn nobody_writes_to_or_about_a_forgotten_person() {
    let (mut fixture, session, sent) = Fixture::with_message();
    let contact = fixture.contact("chat's");
    fixture.does("root", Command::Forget(contact));
    let note = MessageCommand::Note {
        session,
        text: "x".to_owned(),
    };
    fixture.refuses("ann", note, Code::ContactForgotten);
    fixture.refuses("ann", send(session, "x"), Code::SessionClosed);
    fixture.refuses("ann", MessageCommand::Retry(sent), Code::ContactForgotten);
    let person = Person::Contact(contact);
    let create = SessionCommand::Create {
        channel: fixture.channel,
        person,
        text: None,
    };
    fixture.refuses("ann", create, Code::ContactForgotten);
    let profile = Profile {
        username: Some("Eva".to_owned()),
        ..Profile::default()
    };
    fixture.system(SystemCommand::Profile(contact, Some(profile)));
    assert!(fixture.records.is_empty());
    fixture
        .receives(edited("first of chat", "other words"))
        .unwrap();
    assert!(fixture.records.is_empty());
}

#[test]
fn a_forgotten_person_who_writes_again_is_a_new_contact() {
    let mut fixture = Fixture::open();
    let before = fixture.writes("1", "chat", "eva");
    let old = fixture.contact("eva");
    fixture.does("root", Command::Forget(old));
    // The same message sent once more is still the same message.
    let again = fixture.writes("1", "chat", "eva");
    assert!(again.duplicate && again.session_id == before.session_id);
    let after = fixture.writes("2", "chat", "eva");
    assert_ne!(
        (after.session_id, fixture.contact("eva")),
        (before.session_id, old)
    );
    assert_eq!(texts(&fixture), ["hello"]);
}

#[test]
fn in_a_group_only_the_content_of_the_forgotten_person_is_erased() {
    let mut fixture = Fixture::open();
    let session = fixture.session_of("ann", "group");
    let other = fixture.writes("2", "group", "eva");
    assert_eq!(other.session_id, session);
    fixture.sends("ann", session);
    fixture.receives(edited("2", "eva's new words")).unwrap();
    fixture.does("root", Command::Forget(fixture.contact("eva")));
    assert_eq!(texts(&fixture), ["hello", "good day"]);
    // The session was opened for somebody else and goes on.
    assert!(fixture.session(session).is_open());
    fixture.receives(edited("2", "and newer ones")).unwrap();
    assert!(fixture.records.is_empty());
    fixture.receives(deleted("2")).unwrap();
    assert_eq!(fixture.kinds(), ["message-deleted"]);
}

#[test]
fn every_parked_edit_is_forgotten_with_its_author() {
    let mut fixture = Fixture::open();
    fixture.receives(edited("1", "first edit")).unwrap();
    fixture.receives(edited("1", "second edit")).unwrap();
    assert_eq!(texts(&fixture), ["first edit", "second edit"]);
    fixture.writes("1", "chat", "eva");
    fixture.does("root", Command::Forget(fixture.contact("eva")));
    assert_eq!(texts(&fixture), Vec::<String>::new());
}

#[test]
fn a_profile_is_stored_and_an_empty_answer_stores_none() {
    let mut fixture = Fixture::open();
    fixture.writes("1", "chat", "eva");
    let eva = fixture.contact("eva");
    assert!(fixture.workspace.contact(eva).unwrap().asking);
    fixture.system(SystemCommand::Profile(eva, None));
    let contact = fixture.workspace.contact(eva).unwrap();
    assert_eq!((contact.asking, contact.profile_at), (false, 0));
    let profile = Profile {
        username: Some("Eva".to_owned()),
        ..Profile::default()
    };
    fixture.system(SystemCommand::Profile(eva, Some(profile)));
    assert_eq!(
        fixture.workspace.contact(eva).unwrap().profile_at,
        fixture.workspace.position
    );
    let unknown = SystemCommand::Profile(crate::id::ContactId::from_bytes([3; 16]), None);
    fixture.refuses_request(&crate::command::Request::system(unknown), Code::NotFound);
}

#[test]
fn a_profile_is_requested_at_first_and_again_after_a_day() {
    let mut fixture = Fixture::open();
    let asks = |fixture: &Fixture| fixture.workspace.notices.iter().count();
    let write = |fixture: &mut Fixture, id: &str| {
        let before = asks(fixture);
        fixture
            .receives(Inbound::Message(message(id, "chat", "eva", "x")))
            .unwrap();
        // One notice is the message's own outcome, one announces a new session.
        asks(fixture) - before
    };
    assert_eq!(write(&mut fixture, "1"), 3);
    assert_eq!(write(&mut fixture, "2"), 1);
    fixture.wait(std::time::Duration::from_hours(25));
    // The first request is still pending, so there is no second one.
    assert_eq!(write(&mut fixture, "3"), 1);
    let asking = fixture
        .workspace
        .notices
        .iter()
        .map(|((_, n), _)| *n)
        .collect();
    fixture.system(SystemCommand::NoticesSettled(fixture.channel, asking));
    assert!(fixture.workspace.notices.is_empty());
    assert_eq!(write(&mut fixture, "4"), 2);
}
