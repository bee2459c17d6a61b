use super::fixture::{Fixture, disable, user};
use crate::command::{Request, SessionCommand};
use crate::id::CommandId;
use crate::rejection::Code;

fn take(fixture: &mut Fixture, name: &str, chat: &str) -> Request {
    let session = fixture
        .writes(&format!("for {name} in {chat}"), chat, "eva")
        .session_id;
    let digest = chat.as_bytes().iter().fold([0; 16], |mut d, b| {
        d[0] ^= b;
        d
    });
    Request::user(user(name), SessionCommand::Take(session).into(), digest)
        .with_id(Some(CommandId::from_bytes([7; 16])))
}

#[test]
fn a_command_has_one_effect_and_one_answer_however_often_it_is_asked() {
    let mut fixture = Fixture::open();
    let request = take(&mut fixture, "ann", "chat");
    let first = fixture.request(&request).unwrap();
    let before = fixture.workspace.clone();
    assert_eq!(fixture.request(&request).unwrap(), first);
    assert!(fixture.records.is_empty() && fixture.workspace == before);
}

#[test]
fn an_id_that_was_another_command_is_a_conflict() {
    let mut fixture = Fixture::open();
    let (one, two) = (
        take(&mut fixture, "ann", "a"),
        take(&mut fixture, "ann", "b"),
    );
    fixture.request(&one).unwrap();
    fixture.refuses_request(&two, Code::Conflict);
}

#[test]
fn ids_of_two_users_have_nothing_to_do_with_each_other() {
    let mut fixture = Fixture::open();
    let (one, two) = (
        take(&mut fixture, "ann", "a"),
        take(&mut fixture, "bob", "b"),
    );
    fixture.request(&one).unwrap();
    fixture.request(&two).unwrap();
    assert_eq!(fixture.kinds(), ["session-assigned"]);
}

#[test]
fn a_refused_command_may_be_asked_again_under_its_id() {
    let mut fixture = Fixture::open();
    let request = take(&mut fixture, "ann", "chat");
    fixture.does("root", disable("ann", true));
    fixture.refuses_request(&request, Code::Forbidden);
    fixture.does("root", disable("ann", false));
    fixture.request(&request).unwrap();
    assert_eq!(fixture.kinds(), ["session-assigned"]);
}
