//! Repeated commands.

use super::fixture::{Fixture, disable, take, user};
use crate::command::Request;
use crate::id::CommandId;
use crate::rejection::Code;

/// A command that takes a new session. All of them have the same command id.
fn take_new(fixture: &mut Fixture, name: &str, digest: u8) -> Request {
    let id = format!("{name} {digest}");
    let session = fixture.writes(&id, &id, "eva").session_id;
    Request::user(user(name), take(session), [digest; 16])
        .with_id(Some(CommandId::from_bytes([7; 16])))
}

#[test]
fn a_repeated_command_has_one_effect_and_the_same_reply() {
    let mut fixture = Fixture::open();
    let request = take_new(&mut fixture, "ann", 1);
    let first = fixture.request(&request).unwrap();
    let before = fixture.workspace.clone();
    assert_eq!(fixture.request(&request).unwrap(), first);
    fixture.assert_no_event();
    assert!(fixture.workspace == before);
}

#[test]
fn the_id_of_another_command_is_a_conflict() {
    let mut fixture = Fixture::open();
    let [one, two] = [1, 2].map(|digest| take_new(&mut fixture, "ann", digest));
    fixture.request(&one).unwrap();
    fixture.rejects_request(&two, Code::Conflict);
}

#[test]
fn command_ids_are_scoped_to_their_user() {
    let mut fixture = Fixture::open();
    let [one, two] = ["ann", "bob"].map(|name| take_new(&mut fixture, name, 1));
    fixture.request(&one).unwrap();
    fixture.request(&two).unwrap();
    assert_eq!(fixture.kinds(), ["session-assigned"]);
}

#[test]
fn a_rejected_command_may_be_repeated_under_its_id() {
    let mut fixture = Fixture::open();
    let request = take_new(&mut fixture, "ann", 1);
    fixture.does("root", disable("ann", true));
    fixture.rejects_request(&request, Code::Forbidden);
    fixture.does("root", disable("ann", false));
    fixture.request(&request).unwrap();
    assert_eq!(fixture.kinds(), ["session-assigned"]);
}
