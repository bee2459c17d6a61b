//! Which chat a contact stands for.

use super::fixture::{Fixture, answer, close, message, start_with};
use crate::command::{Command, Person};
use crate::id::{ContactId, SessionId};
use crate::messenger::InboundMessage;
use crate::record::Answer;
use crate::rejection::Code;
use crate::rules::CHATS_MAX;

impl Fixture {
    fn closes_chat(&mut self, id: SessionId) {
        self.does("sue", close(id));
    }

    fn start_contact(&self, contact: ContactId) -> Command {
        start_with(self.channel, Person::Contact(contact), Some("in private"))
    }
}

/// Ann and Boris write in a group; the session is closed.
fn group() -> (Fixture, SessionId, [ContactId; 2]) {
    let mut fixture = Fixture::open();
    let session = fixture.writes("1", "g-1", "u-boris").session_id;
    fixture.writes("2", "g-1", "u-ann");
    fixture.closes_chat(session);
    let authors = ["u-boris", "u-ann"].map(|author| fixture.contact(author));
    (fixture, session, authors)
}

#[test]
fn a_contact_does_not_stand_for_a_chat_in_which_others_wrote() {
    let (mut fixture, session, authors) = group();
    for author in authors {
        fixture.rejects("ann", fixture.start_contact(author), Code::ChatAmbiguous);
        assert_eq!(fixture.workspace.chats_of_contact(author), [session]);
    }
    let named = Person::External {
        chat: "g-1".to_owned(),
        user: "u-boris".to_owned(),
    };
    let start = start_with(fixture.channel, named, None);
    fixture.does("ann", start);
}

#[test]
fn authors_of_earlier_sessions_of_the_chat_count() {
    let (mut fixture, session, [boris, _]) = group();
    // In a later session of the group only Boris writes.
    let later = fixture.writes("3", "g-1", "u-boris").session_id;
    fixture.closes_chat(later);
    fixture.rejects("ann", fixture.start_contact(boris), Code::ChatAmbiguous);
    assert_ne!(later, session);
    assert_eq!(fixture.workspace.chats_of_contact(boris), [later]);
}

#[test]
fn a_contact_stands_for_the_newest_chat_without_others() {
    let (mut fixture, _, [boris, _]) = group();
    for (n, chat) in ["p-1", "p-2", "g-1"].into_iter().enumerate() {
        let id = format!("private {n}");
        let session = fixture.writes(&id, chat, "u-boris").session_id;
        fixture.closes_chat(session);
    }
    let start = fixture.start_contact(boris);
    let id = answer!(fixture.does("ann", start), Answer::Session(id) => id);
    let chat = fixture.workspace.digest(fixture.channel.as_bytes(), "p-2");
    assert_eq!(fixture.session(id).chat(), (fixture.channel, chat));
}

#[test]
fn a_contact_stands_for_a_chat_that_an_operator_started() {
    let mut fixture = Fixture::open();
    let external = |user: &str| Person::External {
        chat: "p-1".to_owned(),
        user: user.to_owned(),
    };
    let start = start_with(fixture.channel, external("u-boris"), None);
    let id = answer!(fixture.does("ann", start), Answer::Session(id) => id);
    fixture.closes_chat(id);
    let boris = fixture.contact("u-boris");
    let start = fixture.start_contact(boris);
    let id = answer!(fixture.does("ann", start), Answer::Session(id) => id);
    // Somebody else answers.
    fixture.writes("1", "p-1", "u-ann");
    fixture.closes_chat(id);
    fixture.rejects("ann", fixture.start_contact(boris), Code::ChatAmbiguous);
}

#[test]
fn a_person_who_writes_again_after_being_forgotten_is_no_second_author() {
    let mut fixture = Fixture::open();
    fixture.writes("1", "p-1", "u-boris");
    fixture.does("root", Command::Forget(fixture.contact("u-boris")));
    let again = fixture.writes("2", "p-1", "u-boris").session_id;
    fixture.closes_chat(again);
    let start = fixture.start_contact(fixture.contact("u-boris"));
    fixture.does("ann", start);
}

#[test]
fn somebody_who_writes_after_the_only_author_was_forgotten_makes_the_chat_a_group() {
    let mut fixture = Fixture::open();
    fixture.writes("1", "g-1", "u-boris");
    fixture.does("root", Command::Forget(fixture.contact("u-boris")));
    let again = fixture.writes("2", "g-1", "u-ann").session_id;
    fixture.closes_chat(again);
    let start = fixture.start_contact(fixture.contact("u-ann"));
    fixture.rejects("ann", start, Code::ChatAmbiguous);
}

#[test]
fn a_guest_who_writes_again_after_being_forgotten_is_no_second_author() {
    let mut fixture = Fixture::open();
    let (chat, user) = ("p-1".to_owned(), "u-boris".to_owned());
    let start = start_with(fixture.channel, Person::External { chat, user }, None);
    let id = answer!(fixture.does("ann", start), Answer::Session(id) => id);
    fixture.writes("1", "p-1", "u-ann");
    fixture.closes_chat(id);
    fixture.does("root", Command::Forget(fixture.contact("u-ann")));
    let again = fixture.writes("2", "p-1", "u-ann").session_id;
    fixture.closes_chat(again);
    let start = fixture.start_contact(fixture.contact("u-ann"));
    fixture.does("ann", start);
}

#[test]
fn the_chats_of_a_contact_are_bounded_and_the_newest_remain() {
    let mut fixture = Fixture::open();
    let count = CHATS_MAX + 5;
    for n in 0..count {
        let chat = format!("g-{n}");
        fixture.writes(&format!("{n} a"), &chat, "u-ann");
        fixture.writes(&format!("{n} b"), &chat, "u-boris");
        fixture.writes(&format!("{n} c"), &chat, "u-boris");
    }
    let newest = format!("g-{}", count - 1);
    let newest = fixture
        .workspace
        .digest(fixture.channel.as_bytes(), &newest);
    // The sessions are Ann's; Boris is a guest in them.
    for author in ["u-ann", "u-boris"] {
        let chats = fixture.workspace.chats_of_contact(fixture.contact(author));
        assert_eq!(chats.len(), CHATS_MAX, "{author}");
        let first = fixture.session(chats[0]).chat();
        assert_eq!(first, (fixture.channel, newest), "{author}");
    }
}

#[test]
fn a_group_stays_one_when_all_but_one_of_its_people_are_forgotten() {
    for (forgotten, stays) in [("u-ann", "u-boris"), ("u-boris", "u-ann")] {
        let (mut fixture, ..) = group();
        fixture.does("root", Command::Forget(fixture.contact(forgotten)));
        let later = fixture.writes("3", "g-1", stays).session_id;
        fixture.closes_chat(later);
        let start = fixture.start_contact(fixture.contact(stays));
        fixture.rejects("ann", start, Code::ChatAmbiguous);
    }
}

#[test]
fn a_chat_is_named_by_its_newest_session_whose_contact_is_not_forgotten() {
    let (mut fixture, session, [boris, ann]) = group();
    let later = fixture.writes("3", "g-1", "u-ann").session_id;
    fixture.closes_chat(later);
    assert_eq!(fixture.workspace.chats_of_contact(boris), [later]);
    fixture.does("root", Command::Forget(ann));
    assert_eq!(fixture.workspace.chats_of_contact(boris), [session]);
}

#[test]
fn the_name_of_a_chat_is_forgotten_only_with_the_person_whose_key_seals_it() {
    let mut fixture = Fixture::open();
    let named = InboundMessage {
        external_chat_name: Some("Dacha".to_owned()),
        ..message("1", "g-1", "u-boris", "hello")
    };
    let session = fixture.accepts(named).session_id;
    fixture.closes_chat(session);
    let later = fixture.writes("2", "g-1", "u-ann").session_id;
    let key = fixture.session(later).chat();
    let has_name = |fixture: &Fixture| fixture.workspace.chats.get(&key).unwrap().name.is_some();
    fixture.does("root", Command::Forget(fixture.contact("u-ann")));
    assert!(has_name(&fixture));
    fixture.does("root", Command::Forget(fixture.contact("u-boris")));
    assert!(!has_name(&fixture));
}

#[test]
fn chats_of_which_every_contact_was_forgotten_are_not_named() {
    let (mut fixture, _, [boris, ann]) = group();
    fixture.does("root", Command::Forget(boris));
    assert!(fixture.workspace.chats_of_contact(ann).is_empty());
    fixture.rejects("ann", fixture.start_contact(ann), Code::ChatAmbiguous);
}
