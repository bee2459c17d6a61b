use super::fixture::{Fixture, answer, key, members, open, user};
use crate::command::{Effect, LiveChatCommand};
use crate::event::ReplySaved;
use crate::id::{LiveChatId, ReplyId};
use crate::model::ChannelStatus;
use crate::record::{Answer, Stream};
use crate::rejection::Code;
use crate::rules::LIST_MAX;
use crate::seal::Private;

fn create(name: &str) -> LiveChatCommand {
    LiveChatCommand::Create {
        name: name.to_owned(),
        members: Vec::new(),
    }
}

fn rename(live_chat: LiveChatId, name: &str) -> LiveChatCommand {
    let name = name.to_owned();
    LiveChatCommand::Rename { live_chat, name }
}

fn delete(live_chat: LiveChatId, force: bool) -> LiveChatCommand {
    LiveChatCommand::Delete { live_chat, force }
}

fn create_reply(live_chat: LiveChatId, shortcut: &str, text: &str) -> LiveChatCommand {
    LiveChatCommand::CreateReply {
        live_chat,
        shortcut: shortcut.to_owned(),
        text: text.to_owned(),
    }
}

/// Creates a canned reply and returns its id.
fn new_reply(fixture: &mut Fixture, shortcut: &str, text: &str) -> ReplyId {
    let create = create_reply(fixture.live_chat, shortcut, text);
    answer!(fixture.does("sue", create), Answer::Reply(_, id) => id)
}

#[test]
fn a_name_belongs_to_one_live_chat_until_that_is_deleted() {
    let mut fixture = Fixture::open();
    fixture.rejects("root", create("desk"), Code::Conflict);
    fixture.rejects("root", create(" "), Code::Invalid);
    fixture.rejects("ann", create("other"), Code::Forbidden);
    let other = fixture.new_live_chat("other");
    fixture.rejects("root", rename(other, "desk"), Code::Conflict);
    fixture.does("root", rename(other, "other"));
    fixture.does("root", delete(other, false));
    fixture.rejects("root", rename(other, "x"), Code::NotFound);
    fixture.does("root", create("other"));
}

#[test]
fn users_who_join_or_leave_a_live_chat_get_new_rights() {
    let mut fixture = Fixture::open();
    let id = fixture.live_chat;
    fixture.rejects("root", members(id, &["nobody"]), Code::Invalid);
    fixture.rejects("sue", members(id, &["ann"]), Code::Forbidden);
    fixture.does("root", members(id, &["ann", "rea", "eve", "eve"]));
    assert_eq!(
        fixture.effects,
        [
            Effect::RightsChanged(user("bob")),
            Effect::RightsChanged(user("eve"))
        ]
    );
    assert_eq!(fixture.workspace.live_chat(id).unwrap().members.len(), 3);
}

#[test]
fn a_live_chat_with_channels_is_deleted_only_by_force() {
    let (mut fixture, session, pending) = Fixture::with_message();
    let (id, channel) = (fixture.live_chat, fixture.channel);
    fixture.rejects("root", delete(id, false), Code::Conflict);
    fixture.does("root", delete(id, true));
    let kinds = [
        "session-closed",
        "channel-status-changed",
        "live-chat-deleted",
    ];
    assert_eq!(fixture.kinds(), kinds);
    assert_eq!(fixture.effects.len(), 3);
    assert_eq!(fixture.status(channel), ChannelStatus::Deleted);
    assert!(!fixture.session(session).is_open());
    assert!(fixture.workspace.pending(pending).is_none());
    fixture.rejects("root", delete(id, true), Code::NotFound);
}

#[test]
fn supervisors_change_canned_replies() {
    let mut fixture = Fixture::open();
    let live_chat = fixture.live_chat;
    let reply = new_reply(&mut fixture, "hi", "Good day!");
    for (name, shortcut, text, code) in [
        ("ann", "x", "y", Code::Forbidden),
        ("sue", "hi", "again", Code::Conflict),
        ("sue", "h i", "y", Code::Invalid),
        ("sue", "y", "  ", Code::Invalid),
    ] {
        fixture.rejects(name, create_reply(live_chat, shortcut, text), code);
    }
    let update = LiveChatCommand::UpdateReply {
        live_chat,
        reply,
        shortcut: None,
        text: Some("Good evening!".to_owned()),
    };
    fixture.does("sue", update);
    assert_eq!(shown(&fixture, reply), ["hi", "Good evening!"]);
    let delete = LiveChatCommand::DeleteReply { live_chat, reply };
    fixture.does("sue", delete.clone());
    fixture.rejects("sue", delete, Code::NotFound);
}

/// The shortcut and the text of a canned reply, opened with the master key.
fn shown(fixture: &Fixture, reply: ReplyId) -> [String; 2] {
    let live_chat = fixture.workspace.live_chat(fixture.live_chat).unwrap();
    let (reply, master) = (&live_chat.replies[&reply], key(u32::MAX));
    let bound = Stream::LiveChat(fixture.live_chat).to_string();
    let text = reply.text.open(Some(&master), bound.as_bytes());
    let shortcut = reply.shortcut.open(Some(&master));
    [shortcut.unwrap(), text.unwrap().into_owned()]
}

#[test]
fn canned_replies_of_an_older_log_are_known_and_sealed_when_they_change() {
    let mut fixture = Fixture::open();
    let (live_chat, reply) = (fixture.live_chat, ReplyId::from_bytes([7; 16]));
    let old = ReplySaved {
        reply,
        shortcut: open("hi"),
        text: Private::Open("Good day!".to_owned()),
    };
    fixture.wrote(Stream::LiveChat(live_chat), old);
    assert_eq!(shown(&fixture, reply), ["hi", "Good day!"]);
    fixture.rejects("sue", create_reply(live_chat, "hi", "x"), Code::Conflict);
    let update = LiveChatCommand::UpdateReply {
        live_chat,
        reply,
        shortcut: None,
        text: None,
    };
    fixture.does("sue", update);
    assert_eq!(shown(&fixture, reply), ["hi", "Good day!"]);
    let stored = fixture.log.last().unwrap();
    assert!(!stored.windows(2).any(|w| w == b"hi" || w == b"Go"));
    let others = create_reply(live_chat, "hi", "x");
    fixture.rejects("sue", others, Code::Conflict);
}

#[test]
fn a_reply_of_a_full_list_can_be_changed() {
    let mut fixture = Fixture::open();
    let live_chat = fixture.live_chat;
    let replies: Vec<_> = (0..LIST_MAX)
        .map(|n| new_reply(&mut fixture, &format!("r{n}"), "text"))
        .collect();
    let more = create_reply(live_chat, "more", "text");
    fixture.rejects("sue", more, Code::TooLarge);
    let update = LiveChatCommand::UpdateReply {
        live_chat,
        reply: replies[0],
        shortcut: Some("other".to_owned()),
        text: None,
    };
    fixture.does("sue", update);
}
