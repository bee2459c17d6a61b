use super::fixture::{Fixture, disable, new_user, user};
use crate::command::{
    Command, Effect, LiveChatCommand, SessionCommand, SystemCommand, UserCommand,
};
use crate::id::ContactId;
use crate::model::Group;
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

#[test]
fn the_first_administrator_is_created_once() {
    let mut fixture = Fixture::empty(1);
    let first = || SystemCommand::FirstAdministrator(new_user("root", Group::Administrators));
    fixture.system(first());
    assert_eq!(fixture.kinds(), ["user-created"]);
    fixture.system(first());
    assert!(fixture.kinds().is_empty());
}

#[test]
fn only_administrators_change_users() {
    let mut fixture = Fixture::open();
    for name in ["sue", "ann", "rea"] {
        fixture.refuses(name, disable("bob", true), Code::Forbidden);
        fixture.refuses(
            name,
            Command::Forget(ContactId::from_bytes([1; 16])),
            Code::Forbidden,
        );
    }
    fixture.does("root", disable("bob", true));
    assert!(fixture.workspace.user(&user("bob")).unwrap().disabled);
}

#[test]
fn a_login_is_unique_and_a_name_is_not_blank() {
    let mut fixture = Fixture::open();
    let mut ann = new_user("ann", Group::Readers);
    fixture.refuses("root", UserCommand::Create(ann.clone()), Code::Conflict);
    ann.login = user("other");
    ann.name = "  ".to_owned();
    fixture.refuses("root", UserCommand::Create(ann), Code::Invalid);
    fixture.refuses("root", disable("nobody", true), Code::NotFound);
}

#[test]
fn the_last_administrator_can_neither_leave_nor_be_disabled() {
    let mut fixture = Fixture::open();
    fixture.refuses("root", disable("root", true), Code::Conflict);
    fixture.refuses("root", update("root", &[Group::Readers]), Code::Conflict);
    fixture.does("root", update("sue", &[Group::Administrators]));
    fixture.does("root", disable("root", true));
    fixture.refuses("sue", disable("sue", true), Code::Conflict);
}

#[test]
fn a_disabled_user_gets_no_reply_not_even_to_a_repeated_command() {
    let mut fixture = Fixture::open();
    let session = fixture.writes("1", "chat", "eva").session_id;
    let take = SessionCommand::Take(session).into();
    let request = crate::command::Request::user(user("ann"), take, [7; 16])
        .with_id(Some(crate::id::CommandId::from_bytes([7; 16])));
    fixture.request(&request).unwrap();
    fixture.does("root", disable("ann", true));
    fixture.refuses_request(&request, Code::Forbidden);
    fixture.does("root", disable("ann", false));
    fixture.request(&request).unwrap();
    assert!(fixture.kinds().is_empty());
    let members = LiveChatCommand::Members {
        live_chat: fixture.live_chat,
        users: vec![],
    };
    fixture.does("root", members);
    fixture.refuses_request(&request, Code::Forbidden);
}

#[test]
fn a_user_whose_rights_change_signs_in_again() {
    let mut fixture = Fixture::open();
    fixture.does("root", update("ann", &[Group::Readers]));
    assert_eq!(fixture.effects, [Effect::RightsChanged(user("ann"))]);
    fixture.does("root", disable("ann", true));
    assert_eq!(fixture.effects, [Effect::RightsChanged(user("ann"))]);
    fixture.does("root", disable("ann", true));
    assert!(fixture.effects.is_empty() && fixture.records.is_empty());
}

#[test]
fn the_oldest_token_is_evicted() {
    let mut fixture = Fixture::open();
    for n in 0..=TOKENS_MAX {
        let hash = Secret::new(n.to_string());
        let reply = fixture.does(
            "root",
            UserCommand::Token {
                user: user("ann"),
                hash,
            },
        );
        assert_eq!(reply, crate::command::Reply::Answer(Answer::Token));
    }
    assert_eq!(
        fixture.workspace.user(&user("ann")).unwrap().tokens.len(),
        TOKENS_MAX
    );
}
