use super::house::{House, refused, user};
use crate::command::{Command, Effect, LiveChatCommand};
use crate::id::{LiveChatId, ReplyId};
use crate::noun::ChannelStatus;
use crate::record::Answer;
use crate::rejection::Code;
use crate::rules::LIST_MAX;

fn create(name: &str, members: &[&str]) -> LiveChatCommand {
    let members = members.iter().map(|m| user(m)).collect();
    LiveChatCommand::Create {
        name: name.to_owned(),
        members,
    }
}

fn reply(live_chat: LiveChatId, shortcut: &str, text: &str) -> LiveChatCommand {
    LiveChatCommand::CreateReply {
        live_chat,
        shortcut: shortcut.to_owned(),
        text: text.to_owned(),
    }
}

fn reply_id(reply: crate::command::Reply) -> ReplyId {
    match reply {
        crate::command::Reply::Answer(Answer::Reply(_, id)) => id,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_name_belongs_to_one_live_chat_until_it_is_deleted() {
    let mut house = House::open();
    refused(house.asks("root", create("desk", &[])), Code::Conflict);
    refused(house.asks("root", create(" ", &[])), Code::Invalid);
    refused(house.asks("ann", create("other", &[])), Code::Forbidden);
    let other = house.new_live_chat("other");
    let rename = |live_chat, name: &str| LiveChatCommand::Rename {
        live_chat,
        name: name.to_owned(),
    };
    refused(house.asks("root", rename(other, "desk")), Code::Conflict);
    house.does("root", rename(other, "other"));
    house.does(
        "root",
        LiveChatCommand::Delete {
            live_chat: other,
            force: false,
        },
    );
    refused(house.asks("root", rename(other, "x")), Code::NotFound);
    house.does("root", create("other", &[]));
}

#[test]
fn members_are_users_and_learn_that_their_rights_changed() {
    let mut house = House::open();
    let live_chat = house.live_chat;
    let members = |names: &[&str]| LiveChatCommand::Members {
        live_chat,
        users: names.iter().map(|n| user(n)).collect(),
    };
    refused(house.asks("root", members(&["nobody"])), Code::Invalid);
    refused(house.asks("sue", members(&["ann"])), Code::Forbidden);
    house.does("root", members(&["ann", "rea", "eve", "eve"]));
    assert_eq!(
        house.effects,
        [Effect::Rights(user("bob")), Effect::Rights(user("eve"))]
    );
    assert_eq!(
        house.workspace.live_chat(live_chat).unwrap().members.len(),
        3
    );
}

#[test]
fn a_live_chat_with_channels_is_deleted_only_by_force_and_tells_what_ends() {
    let mut house = House::open();
    let (live_chat, channel) = (house.live_chat, house.channel);
    let session = house.session_of("ann", "chat");
    let pending = house.sends("ann", session);
    let delete = |force| LiveChatCommand::Delete { live_chat, force };
    refused(house.asks("root", delete(false)), Code::Conflict);
    house.does("root", delete(true));
    assert_eq!(
        house.kinds(),
        [
            "session-closed",
            "channel-status-changed",
            "live-chat-deleted"
        ]
    );
    assert_eq!(house.effects.len(), 3);
    assert_eq!(
        house.workspace.channels.get(&channel).unwrap().status,
        ChannelStatus::Deleted
    );
    assert!(!house.workspace.sessions.get(&session).unwrap().is_open());
    assert!(house.workspace.pending(pending).is_none());
    refused(house.asks("root", delete(true)), Code::NotFound);
}

#[test]
fn supervisors_change_canned_replies_and_members_read_them() {
    let mut house = House::open();
    let live_chat = house.live_chat;
    let id = reply_id(house.does("sue", reply(live_chat, "hi", "Good day!")));
    refused(
        house.asks("ann", reply(live_chat, "x", "y")),
        Code::Forbidden,
    );
    refused(
        house.asks("sue", reply(live_chat, "hi", "again")),
        Code::Conflict,
    );
    refused(
        house.asks("sue", reply(live_chat, "h i", "y")),
        Code::Invalid,
    );
    refused(
        house.asks("sue", reply(live_chat, "y", "  ")),
        Code::Invalid,
    );
    let update = LiveChatCommand::UpdateReply {
        live_chat,
        reply: id,
        shortcut: None,
        text: Some("Good evening!".to_owned()),
    };
    house.does("sue", update);
    let kept = house
        .workspace
        .live_chat(live_chat)
        .unwrap()
        .replies
        .get(&id)
        .unwrap()
        .clone();
    assert_eq!(
        (kept.shortcut.as_str(), kept.text.as_str()),
        ("hi", "Good evening!")
    );
    house.does(
        "sue",
        LiveChatCommand::DeleteReply {
            live_chat,
            reply: id,
        },
    );
    let again = LiveChatCommand::DeleteReply {
        live_chat,
        reply: id,
    };
    refused(house.asks("sue", again), Code::NotFound);
}

#[test]
fn a_full_list_of_replies_can_still_be_changed() {
    let mut house = House::open();
    let live_chat = house.live_chat;
    let mut last = None;
    for n in 0..LIST_MAX {
        last = Some(reply_id(
            house.does("sue", reply(live_chat, &format!("r{n}"), "text")),
        ));
    }
    refused(
        house.asks("sue", reply(live_chat, "more", "text")),
        Code::TooLarge,
    );
    let update = LiveChatCommand::UpdateReply {
        live_chat,
        reply: last.unwrap(),
        shortcut: Some("other".to_owned()),
        text: None,
    };
    house.does("sue", Command::from(update));
}
