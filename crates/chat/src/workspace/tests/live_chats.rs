use super::fixture::{Fixture, user};
use crate::command::{Command, Effect, LiveChatCommand};
use crate::id::{LiveChatId, ReplyId};
use crate::model::ChannelStatus;
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
    let mut fixture = Fixture::open();
    fixture.refuses("root", create("desk", &[]), Code::Conflict);
    fixture.refuses("root", create(" ", &[]), Code::Invalid);
    fixture.refuses("ann", create("other", &[]), Code::Forbidden);
    let other = fixture.new_live_chat("other");
    let rename = |live_chat, name: &str| LiveChatCommand::Rename {
        live_chat,
        name: name.to_owned(),
    };
    fixture.refuses("root", rename(other, "desk"), Code::Conflict);
    fixture.does("root", rename(other, "other"));
    fixture.does(
        "root",
        LiveChatCommand::Delete {
            live_chat: other,
            force: false,
        },
    );
    fixture.refuses("root", rename(other, "x"), Code::NotFound);
    fixture.does("root", create("other", &[]));
}

#[test]
fn members_are_users_and_learn_that_their_rights_changed() {
    let mut fixture = Fixture::open();
    let live_chat = fixture.live_chat;
    let members = |names: &[&str]| LiveChatCommand::Members {
        live_chat,
        users: names.iter().map(|n| user(n)).collect(),
    };
    fixture.refuses("root", members(&["nobody"]), Code::Invalid);
    fixture.refuses("sue", members(&["ann"]), Code::Forbidden);
    fixture.does("root", members(&["ann", "rea", "eve", "eve"]));
    assert_eq!(
        fixture.effects,
        [
            Effect::RightsChanged(user("bob")),
            Effect::RightsChanged(user("eve"))
        ]
    );
    assert_eq!(
        fixture
            .workspace
            .live_chat(live_chat)
            .unwrap()
            .members
            .len(),
        3
    );
}

#[test]
fn a_live_chat_with_channels_is_deleted_only_by_force_and_tells_what_ends() {
    let mut fixture = Fixture::open();
    let (live_chat, channel) = (fixture.live_chat, fixture.channel);
    let session = fixture.session_of("ann", "chat");
    let pending = fixture.sends("ann", session);
    let delete = |force| LiveChatCommand::Delete { live_chat, force };
    fixture.refuses("root", delete(false), Code::Conflict);
    fixture.does("root", delete(true));
    assert_eq!(
        fixture.kinds(),
        [
            "session-closed",
            "channel-status-changed",
            "live-chat-deleted"
        ]
    );
    assert_eq!(fixture.effects.len(), 3);
    assert_eq!(
        fixture.workspace.channels.get(&channel).unwrap().status,
        ChannelStatus::Deleted
    );
    assert!(!fixture.session(session).is_open());
    assert!(fixture.workspace.pending(pending).is_none());
    fixture.refuses("root", delete(true), Code::NotFound);
}

#[test]
fn supervisors_change_canned_replies_and_members_read_them() {
    let mut fixture = Fixture::open();
    let live_chat = fixture.live_chat;
    let id = reply_id(fixture.does("sue", reply(live_chat, "hi", "Good day!")));
    fixture.refuses("ann", reply(live_chat, "x", "y"), Code::Forbidden);
    fixture.refuses("sue", reply(live_chat, "hi", "again"), Code::Conflict);
    fixture.refuses("sue", reply(live_chat, "h i", "y"), Code::Invalid);
    fixture.refuses("sue", reply(live_chat, "y", "  "), Code::Invalid);
    let update = LiveChatCommand::UpdateReply {
        live_chat,
        reply: id,
        shortcut: None,
        text: Some("Good evening!".to_owned()),
    };
    fixture.does("sue", update);
    let kept = fixture
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
    fixture.does(
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
    fixture.refuses("sue", again, Code::NotFound);
}

#[test]
fn a_full_list_of_replies_can_still_be_changed() {
    let mut fixture = Fixture::open();
    let live_chat = fixture.live_chat;
    let mut last = None;
    for n in 0..LIST_MAX {
        last = Some(reply_id(
            fixture.does("sue", reply(live_chat, &format!("r{n}"), "text")),
        ));
    }
    fixture.refuses("sue", reply(live_chat, "more", "text"), Code::TooLarge);
    let update = LiveChatCommand::UpdateReply {
        live_chat,
        reply: last.unwrap(),
        shortcut: Some("other".to_owned()),
        text: None,
    };
    fixture.does("sue", Command::from(update));
}
