use super::house::{House, answered, message, refused, send};
use crate::command::{Command, Effect, MessageCommand, Person, SessionCommand};
use crate::content::Profile;
use crate::messenger::Inbound;
use crate::rejection::Code;

fn edited(id: &str, text: &str) -> Inbound {
    Inbound::Edited {
        external_message_id: id.to_owned(),
        text: text.to_owned(),
    }
}

/// The texts that can still be read.
fn texts(house: &House) -> Vec<String> {
    house.words().into_iter().filter_map(|c| c.text).collect()
}

#[test]
fn a_forgotten_person_leaves_no_words_and_no_work() {
    let mut house = House::open();
    let session = house.session_of("ann", "chat");
    let sent = house.sends("ann", session);
    house.inside(Command::Attempting(sent));
    let contact = house.contact("chat's");
    house.does("root", Command::Forget(contact));
    assert_eq!(house.kinds(), ["session-closed", "contact-forgotten"]);
    assert_eq!(texts(&house), Vec::<String>::new());
    assert!(house.workspace.pending(sent).is_none() && house.due().is_empty());
    house.comes_back(sent, answered(200));
    assert!(house.records.is_empty());

    house.does("root", Command::Forget(contact));
    assert!(house.records.is_empty());
    assert!(matches!(&house.effects[..], [Effect::DestroyKeys(keys)] if keys.len() == 1));
}

#[test]
fn nothing_more_is_written_to_or_about_a_forgotten_person() {
    let mut house = House::open();
    let session = house.session_of("ann", "chat");
    let sent = house.sends("ann", session);
    let contact = house.contact("chat's");
    house.does("root", Command::Forget(contact));
    let note = MessageCommand::Note {
        session,
        text: "x".to_owned(),
    };
    refused(house.asks("ann", note), Code::ContactForgotten);
    refused(house.asks("ann", send(session, "x")), Code::SessionClosed);
    refused(
        house.asks("ann", MessageCommand::Retry(sent)),
        Code::ContactForgotten,
    );
    let person = Person::Contact(contact);
    let create = SessionCommand::Create {
        channel: house.channel,
        person,
        text: None,
    };
    refused(house.asks("ann", create), Code::ContactForgotten);
    let profile = Profile {
        username: Some("Eva".to_owned()),
        ..Profile::default()
    };
    house.inside(Command::Profile(contact, Some(profile)));
    assert!(house.records.is_empty());
    house.hears(edited("first of chat", "other words")).unwrap();
    assert!(house.records.is_empty());
}

#[test]
fn a_forgotten_person_who_writes_again_is_somebody_new() {
    let mut house = House::open();
    let before = house.writes("1", "chat", "eva");
    let old = house.contact("eva");
    house.does("root", Command::Forget(old));
    // The same message sent once more is still the same message.
    let again = house.writes("1", "chat", "eva");
    assert!(again.duplicate && again.session_id == before.session_id);
    let after = house.writes("2", "chat", "eva");
    assert_ne!(
        (after.session_id, house.contact("eva")),
        (before.session_id, old)
    );
    assert_eq!(texts(&house), ["hello"]);
}

#[test]
fn in_a_group_only_the_words_of_the_forgotten_one_go() {
    let mut house = House::open();
    let session = house.session_of("ann", "group");
    let other = house.writes("2", "group", "eva");
    assert_eq!(other.session_id, session);
    house.sends("ann", session);
    house.hears(edited("2", "eva's new words")).unwrap();
    house.does("root", Command::Forget(house.contact("eva")));
    assert_eq!(texts(&house), ["hello", "good day"]);
    // The session was opened for somebody else and goes on.
    assert!(house.workspace.sessions.get(&session).unwrap().is_open());
    house.hears(edited("2", "and newer ones")).unwrap();
    assert!(house.records.is_empty());
    let gone = Inbound::Deleted {
        external_message_id: "2".to_owned(),
    };
    house.hears(gone).unwrap();
    assert_eq!(house.kinds(), ["message-deleted"]);
}

#[test]
fn every_parked_edit_is_forgotten_with_its_author() {
    let mut house = House::open();
    house.hears(edited("1", "first edit")).unwrap();
    house.hears(edited("1", "second edit")).unwrap();
    assert_eq!(texts(&house), ["first edit", "second edit"]);
    house.writes("1", "chat", "eva");
    house.does("root", Command::Forget(house.contact("eva")));
    assert_eq!(texts(&house), Vec::<String>::new());
}

#[test]
fn a_profile_is_kept_and_nothing_known_is_no_profile() {
    let mut house = House::open();
    house.writes("1", "chat", "eva");
    let eva = house.contact("eva");
    assert!(house.workspace.contact(eva).unwrap().asking);
    house.inside(Command::Profile(eva, None));
    let contact = house.workspace.contact(eva).unwrap();
    assert_eq!((contact.asking, contact.profile_at), (false, 0));
    let profile = Profile {
        username: Some("Eva".to_owned()),
        ..Profile::default()
    };
    house.inside(Command::Profile(eva, Some(profile)));
    assert_eq!(
        house.workspace.contact(eva).unwrap().profile_at,
        house.workspace.position
    );
    let unknown = Command::Profile(crate::id::ContactId::from_bytes([3; 16]), None);
    refused(
        house.request(&crate::command::Request::inside(unknown)),
        Code::NotFound,
    );
}

#[test]
fn a_profile_is_asked_for_at_first_and_a_day_later() {
    let mut house = House::open();
    let asks = |house: &House| house.workspace.notices.iter().count();
    let write = |house: &mut House, id: &str| {
        let before = asks(house);
        house
            .hears(Inbound::Message(message(id, "chat", "eva", "x")))
            .unwrap();
        // One notice is the message's own outcome, one tells of a new session.
        asks(house) - before
    };
    assert_eq!(write(&mut house, "1"), 3);
    assert_eq!(write(&mut house, "2"), 1);
    house.wait(std::time::Duration::from_hours(25));
    // Still out: it is not asked for twice.
    assert_eq!(write(&mut house, "3"), 1);
    let asking = house
        .workspace
        .notices
        .iter()
        .map(|((_, n), _)| *n)
        .collect();
    house.inside(Command::Settled(house.channel, asking));
    assert!(house.workspace.notices.is_empty());
    assert_eq!(write(&mut house, "4"), 2);
}
