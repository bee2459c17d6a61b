use super::fixture::{Fixture, create, disable, members, new_user, take, user};
use crate::command::{Command, Effect, Request, SystemCommand, UserCommand};
use crate::id::{CommandId, ContactId};
use crate::model::Group;
use crate::rejection::Code;

fn regroup(name: &str, group: Group) -> UserCommand {
    UserCommand::Update {
        user: user(name),
        name: None,
        groups: Some(vec![group]),
        password_hash: None,
    }
}

#[test]
fn the_first_administrator_is_created_once() {
    let mut fixture = Fixture::empty(1);
    let first = || SystemCommand::FirstAdministrator(new_user("root", Group::Administrators));
    fixture.system(first());
    assert_eq!(fixture.kinds(), ["user-created"]);
    fixture.system(first());
    fixture.assert_no_event();
}

#[test]
fn only_administrators_change_users() {
    let mut fixture = Fixture::open();
    for name in ["sue", "ann", "rea"] {
        let forget = Command::Forget(ContactId::from_bytes([1; 16]));
        for command in [disable("bob", true), forget] {
            fixture.rejects(name, command, Code::Forbidden);
        }
    }
    fixture.does("root", disable("bob", true));
    assert!(fixture.workspace.user(&user("bob")).unwrap().disabled);
}

#[test]
fn a_login_is_unique_and_a_name_is_not_blank() {
    let mut fixture = Fixture::open();
    let taken = new_user("ann", Group::Readers);
    fixture.rejects("root", create(taken), Code::Conflict);
    let mut blank = new_user("other", Group::Readers);
    blank.name = "  ".to_owned();
    fixture.rejects("root", create(blank), Code::Invalid);
    fixture.rejects("root", disable("nobody", true), Code::NotFound);
}

#[test]
fn the_last_administrator_can_neither_resign_nor_be_disabled() {
    let mut fixture = Fixture::open();
    fixture.rejects("root", disable("root", true), Code::Conflict);
    fixture.rejects("root", regroup("root", Group::Readers), Code::Conflict);
    fixture.does("root", regroup("sue", Group::Administrators));
    fixture.does("root", disable("root", true));
    fixture.rejects("sue", disable("sue", true), Code::Conflict);
}

#[test]
fn a_user_without_rights_gets_no_reply_even_to_a_repeated_command() {
    let mut fixture = Fixture::open();
    let session = fixture.writes("1", "chat", "eva").session_id;
    let request = Request::user(user("ann"), take(session), [7; 16])
        .with_id(Some(CommandId::from_bytes([7; 16])));
    fixture.request(&request).unwrap();
    fixture.does("root", disable("ann", true));
    fixture.rejects_request(&request, Code::Forbidden);
    fixture.does("root", disable("ann", false));
    fixture.request(&request).unwrap();
    fixture.assert_no_event();
    fixture.does("root", members(fixture.live_chat, &[]));
    fixture.rejects_request(&request, Code::Forbidden);
}

#[test]
fn a_user_whose_rights_change_signs_in_again() {
    let mut fixture = Fixture::open();
    for command in [regroup("ann", Group::Readers).into(), disable("ann", true)] {
        fixture.does("root", command);
        assert_eq!(fixture.effects, [Effect::RightsChanged(user("ann"))]);
    }
    fixture.does("root", disable("ann", true));
    assert!(fixture.effects.is_empty());
    fixture.assert_no_event();
}
