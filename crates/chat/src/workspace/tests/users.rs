use super::house::{House, new_user, refused, user};
use crate::command::{Command, Effect, LiveChatCommand, SessionCommand, UserCommand};
use crate::id::ContactId;
use crate::messenger::Inbound;
use crate::noun::Group;
use crate::record::Answer;
use crate::rejection::Code;
use crate::secret::Secret;
use crate::workspace::users::TOKENS_MAX;

fn update(name: &str, groups: &[Group]) -> UserCommand {
    UserCommand::Update {
        user: user(name),
        name: None,
        groups: Some(groups.to_vec()),
        password_hash: None,
    }
}

fn disable(name: &str, disabled: bool) -> UserCommand {
    UserCommand::Disable {
        user: user(name),
        disabled,
    }
}

#[test]
fn the_first_administrator_is_made_once() {
    let mut house = House::empty(1);
    let first = || Command::FirstAdministrator(new_user("root", Group::Administrators));
    house.inside(first());
    assert_eq!(house.kinds(), ["user-created"]);
    house.inside(first());
    assert!(house.kinds().is_empty());
}

#[test]
fn only_administrators_change_users() {
    let mut house = House::open();
    for name in ["sue", "ann", "rea"] {
        refused(house.asks(name, disable("bob", true)), Code::Forbidden);
        refused(
            house.asks(name, Command::Forget(ContactId::from_bytes([1; 16]))),
            Code::Forbidden,
        );
    }
    house.does("root", disable("bob", true));
    assert!(house.workspace.user(&user("bob")).unwrap().disabled);
}

#[test]
fn a_login_is_given_once_and_a_name_is_never_blank() {
    let mut house = House::open();
    let mut ann = new_user("ann", Group::Readers);
    refused(
        house.asks("root", UserCommand::Create(ann.clone())),
        Code::Conflict,
    );
    ann.login = user("other");
    ann.name = "  ".to_owned();
    refused(house.asks("root", UserCommand::Create(ann)), Code::Invalid);
    refused(house.asks("root", disable("nobody", true)), Code::NotFound);
}

#[test]
fn the_last_administrator_can_neither_leave_nor_be_disabled() {
    let mut house = House::open();
    refused(house.asks("root", disable("root", true)), Code::Conflict);
    refused(
        house.asks("root", update("root", &[Group::Readers])),
        Code::Conflict,
    );
    house.does("root", update("sue", &[Group::Administrators]));
    house.does("root", disable("root", true));
    refused(house.asks("sue", disable("sue", true)), Code::Conflict);
}

#[test]
fn a_disabled_user_may_ask_for_nothing_not_even_for_an_old_answer() {
    let mut house = House::open();
    let session = house.writes("1", "chat", "eva").session_id;
    let request = crate::command::Request {
        by: crate::record::Actor::User(user("ann")),
        command_id: Some(crate::id::CommandId::from_bytes([7; 16])),
        digest: [7; 16],
        command: SessionCommand::Take(session).into(),
    };
    house.request(&request).unwrap();
    house.does("root", disable("ann", true));
    refused(house.request(&request), Code::Forbidden);
    house.does("root", disable("ann", false));
    house.request(&request).unwrap();
    assert!(house.kinds().is_empty());
    let members = LiveChatCommand::Members {
        live_chat: house.live_chat,
        users: vec![],
    };
    house.does("root", members);
    refused(house.request(&request), Code::Forbidden);
}

#[test]
fn whoever_changes_is_told_to_sign_in_again() {
    let mut house = House::open();
    house.does("root", update("ann", &[Group::Readers]));
    assert_eq!(house.effects, [Effect::Rights(user("ann"))]);
    house.does("root", disable("ann", true));
    assert_eq!(house.effects, [Effect::Rights(user("ann"))]);
    house.does("root", disable("ann", true));
    assert!(house.effects.is_empty() && house.records.is_empty());
}

#[test]
fn the_oldest_token_gives_way() {
    let mut house = House::open();
    for n in 0..=TOKENS_MAX {
        let hash = Secret::new(n.to_string());
        let reply = house.does(
            "root",
            UserCommand::Token {
                user: user("ann"),
                hash,
            },
        );
        assert_eq!(reply, crate::command::Reply::Answer(Answer::Token));
    }
    assert_eq!(
        house.workspace.user(&user("ann")).unwrap().tokens.len(),
        TOKENS_MAX
    );
}

#[test]
fn users_do_not_speak_for_messengers_nor_messengers_for_users() {
    let mut house = House::open();
    let inbound = Command::Inbound(house.channel, Inbound::Disconnect);
    refused(house.asks("root", inbound), Code::Forbidden);
    let request = crate::command::Request::inside(disable("ann", true).into());
    refused(house.request(&request), Code::Forbidden);
}
