use super::house::{House, refused, user};
use crate::command::{Request, SessionCommand};
use crate::id::CommandId;
use crate::record::Actor;
use crate::rejection::Code;

fn take(house: &mut House, name: &str, chat: &str) -> Request {
    let session = house
        .writes(&format!("for {name} in {chat}"), chat, "eva")
        .session_id;
    Request {
        by: Actor::User(user(name)),
        command_id: Some(CommandId::from_bytes([7; 16])),
        digest: chat.as_bytes().iter().fold([0; 16], |mut d, b| {
            d[0] ^= b;
            d
        }),
        command: SessionCommand::Take(session).into(),
    }
}

#[test]
fn a_command_has_one_effect_and_one_answer_however_often_it_is_asked() {
    let mut house = House::open();
    let request = take(&mut house, "ann", "chat");
    let first = house.request(&request).unwrap();
    let before = house.workspace.clone();
    assert_eq!(house.request(&request).unwrap(), first);
    assert!(house.records.is_empty() && house.workspace == before);
}

#[test]
fn an_id_that_was_another_command_is_a_conflict() {
    let mut house = House::open();
    let (one, two) = (take(&mut house, "ann", "a"), take(&mut house, "ann", "b"));
    house.request(&one).unwrap();
    refused(house.request(&two), Code::Conflict);
}

#[test]
fn ids_of_two_users_have_nothing_to_do_with_each_other() {
    let mut house = House::open();
    let (one, two) = (take(&mut house, "ann", "a"), take(&mut house, "bob", "b"));
    house.request(&one).unwrap();
    house.request(&two).unwrap();
    assert_eq!(house.kinds(), ["session-assigned"]);
}

#[test]
fn a_refused_command_may_be_asked_again_under_its_id() {
    let mut house = House::open();
    let request = take(&mut house, "ann", "chat");
    house.does(
        "root",
        crate::command::UserCommand::Disable {
            user: user("ann"),
            disabled: true,
        },
    );
    refused(house.request(&request), Code::Forbidden);
    house.does(
        "root",
        crate::command::UserCommand::Disable {
            user: user("ann"),
            disabled: false,
        },
    );
    house.request(&request).unwrap();
    assert_eq!(house.kinds(), ["session-assigned"]);
}
