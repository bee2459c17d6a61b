use super::house::{House, message, refused};
use crate::command::{ChannelCommand, Command, Effect, Reply};
use crate::content::Content;
use crate::messenger::Inbound;
use crate::noun::{ChannelStatus, SessionStatus};
use crate::rejection::Code;
use crate::role::UserCard;
use crate::rules::PARKED_MAX;
use crate::state::NoticeKind;

fn edited(id: &str, text: &str) -> Inbound {
    Inbound::Edited {
        external_message_id: id.to_owned(),
        text: text.to_owned(),
    }
}

fn deleted(id: &str) -> Inbound {
    Inbound::Deleted {
        external_message_id: id.to_owned(),
    }
}

#[test]
fn a_first_message_makes_a_contact_and_opens_a_session() {
    let mut house = House::open();
    let accepted = house.writes("1", "chat", "eva");
    assert_eq!(
        house.kinds(),
        ["contact-created", "session-opened", "message-received"]
    );
    assert_eq!(
        (accepted.position, accepted.duplicate),
        (house.workspace.position, false)
    );
    let session = house.workspace.sessions.get(&accepted.session_id).unwrap();
    assert_eq!((session.status, session.unread), (SessionStatus::Queued, 1));
    let next = house.writes("2", "chat", "eva");
    assert_eq!(
        (house.kinds(), next.session_id),
        (vec!["message-received"], accepted.session_id)
    );
}

#[test]
fn a_message_has_one_effect_however_often_it_is_sent() {
    let mut house = House::open();
    let first = house.writes("1", "chat", "eva");
    let before = house.workspace.clone();
    let again = house.writes("1", "chat", "eva");
    assert_eq!(
        again,
        crate::role::Accepted {
            duplicate: true,
            ..first.clone()
        }
    );
    assert!(house.workspace == before);
    let other = message("1", "chat", "eva", "other words");
    refused(house.hears(Inbound::Message(other)), Code::MessageConflict);
    // The time and the chat's name may be stamped anew by an adapter that sends again.
    let mut stamped = message("1", "chat", "eva", "hello");
    stamped.created_at = Some(house.now);
    stamped.external_chat_name = Some("name".to_owned());
    let reply = house.hears(Inbound::Message(stamped.clone())).unwrap();
    assert!(matches!(reply, Reply::Accepted(a) if a.duplicate));
    // Ids are scoped to their channel.
    house.channel = house.new_channel("https://other.example/");
    assert!(
        matches!(house.hears(Inbound::Message(stamped)).unwrap(), Reply::Accepted(a) if !a.duplicate)
    );
}

#[test]
fn a_channel_that_is_not_active_takes_nothing_new() {
    let mut house = House::open();
    house.writes("1", "chat", "eva");
    house.does("root", ChannelCommand::Disconnect(house.channel));
    let rejection = house
        .hears(Inbound::Message(message("2", "chat", "eva", "x")))
        .unwrap_err();
    assert_eq!(rejection.code, Code::ChannelDisconnected);
    assert_eq!(rejection.details["channelStatus"], "disconnected");
    assert!(
        house.writes("1", "chat", "eva").duplicate,
        "what was accepted stays accepted"
    );
    house.hears(Inbound::Disconnect).unwrap();
    assert!(house.records.is_empty());
    house.does("root", ChannelCommand::Delete(house.channel));
    let again = Inbound::Message(message("1", "chat", "eva", "hello"));
    refused(house.hears(again), Code::ChannelNotFound);
}

#[test]
fn a_messenger_may_end_the_connection_and_is_not_told_so_itself() {
    let mut house = House::open();
    house.hears(Inbound::Disconnect).unwrap();
    let channel = house.workspace.channel(house.channel).unwrap();
    assert_eq!(channel.status, ChannelStatus::Disconnected);
    assert!(
        house
            .workspace
            .notices
            .iter()
            .all(|(_, n)| n.kind != NoticeKind::Disconnect)
    );
}

#[test]
fn a_messenger_learns_of_operators_who_wrote_to_it() {
    let mut house = House::open();
    let session = house.session_of("ann", "chat");
    let ask = |user: &str| Inbound::UserInfo {
        user: user.to_owned(),
    };
    refused(house.hears(ask("ann")), Code::NotFound);
    house.sends("ann", session);
    let card = UserCard {
        id: super::house::user("ann"),
        username: "ANN".to_owned(),
    };
    assert_eq!(house.hears(ask("ann")).unwrap(), Reply::User(card));
    refused(house.hears(ask("bob")), Code::NotFound);
    refused(house.hears(ask("no login!")), Code::NotFound);
}

#[test]
fn typing_is_passed_on_and_not_stored() {
    let mut house = House::open();
    let typing = Inbound::Typing {
        external_chat_id: "chat".to_owned(),
        external_user_id: "eva".to_owned(),
    };
    house.hears(typing).unwrap();
    assert!(house.records.is_empty());
    let typing = Effect::Typing(house.channel, "chat".to_owned(), "eva".to_owned());
    assert_eq!(house.effects, [typing]);
}

#[test]
fn an_author_changes_a_message_and_takes_it_back() {
    let mut house = House::open();
    let id = house.writes("1", "chat", "eva").message_id;
    house.hears(edited("1", "new words")).unwrap();
    let at = house.workspace.position;
    assert_eq!(house.workspace.message(id).unwrap().1.more().edited, at);
    assert!(house.words().contains(&Content::text("new words")));
    house.hears(deleted("1")).unwrap();
    assert_eq!(
        house.workspace.message(id).unwrap().1.more().deleted,
        Some(house.now)
    );
    for late in [edited("1", "too late"), deleted("1")] {
        house.hears(late).unwrap();
        assert!(house.records.is_empty());
    }
}

#[test]
fn edits_that_come_first_wait_for_their_message() {
    let mut house = House::open();
    house.hears(edited("1", "new words")).unwrap();
    let place = house.workspace.position;
    house.hears(edited("2", "other words")).unwrap();
    house.hears(deleted("1")).unwrap();
    let accepted = house.writes("1", "chat", "eva");
    let kinds = [
        "contact-created",
        "session-opened",
        "message-received",
        "message-edited",
        "message-deleted",
    ];
    assert_eq!(house.kinds(), kinds);
    assert_eq!(accepted.position + 2, house.workspace.position);
    let (_, message) = house.workspace.message(accepted.message_id).unwrap();
    assert_eq!(
        (message.position, message.more().edited),
        (accepted.position, place)
    );
    assert!(message.more().deleted.is_some());
    assert_eq!(house.workspace.channel(house.channel).unwrap().parked, 1);
    assert!(house.writes("1", "chat", "eva").duplicate);
}

#[test]
fn the_oldest_waiting_edit_gives_way_and_its_key_goes() {
    let mut house = House::open();
    for n in 0..PARKED_MAX {
        house.hears(edited(&n.to_string(), "x")).unwrap();
    }
    house
        .hears(edited("1", "a newer edit of one that waits"))
        .unwrap();
    assert!(house.effects.is_empty());
    house.hears(edited("more", "x")).unwrap();
    assert!(matches!(&house.effects[..], [Effect::DestroyKeys(keys)] if keys.len() == 1));
    assert_eq!(
        house.workspace.channel(house.channel).unwrap().parked,
        PARKED_MAX
    );
    house.writes("0", "chat", "eva");
    assert_eq!(
        house.kinds().last(),
        Some(&"message-received"),
        "its edit gave way"
    );
    house.writes("1", "chat", "eva");
    assert_eq!(house.kinds().last(), Some(&"message-edited"));
    // What waits belongs to nobody: it goes with its channel.
    house.does("root", ChannelCommand::Delete(house.channel));
    let keys: usize = house
        .effects
        .iter()
        .map(|e| match e {
            Effect::DestroyKeys(keys) => keys.len(),
            _ => 0,
        })
        .sum();
    assert_eq!(keys, PARKED_MAX as usize - 1);
}

#[test]
fn a_message_may_answer_another_by_either_id() {
    let mut house = House::open();
    let first = house.writes("1", "chat", "eva").message_id;
    for reference in ["1".to_owned(), first.to_string()] {
        let mut answer = message(&format!("to {reference}"), "chat", "eva", "x");
        answer.reply_to = Some(reference);
        house.hears(Inbound::Message(answer)).unwrap();
        let crate::event::Event::MessageReceived(e) = &house.records[0].event else {
            panic!()
        };
        assert_eq!(e.reply_to, Some(first));
    }
    let mut answer = message("3", "chat", "eva", "x");
    answer.reply_to = Some("nothing".to_owned());
    house.hears(Inbound::Message(answer)).unwrap();
    let crate::event::Event::MessageReceived(e) = &house.records[0].event else {
        panic!()
    };
    assert_eq!(e.reply_to, None);
}

#[test]
fn notices_are_numbered_and_the_settled_ones_go() {
    let mut house = House::open();
    house.writes("1", "chat", "eva");
    let numbers: Vec<u64> = house
        .workspace
        .notices
        .iter()
        .map(|((_, n), _)| *n)
        .collect();
    assert_eq!(numbers, [0, 1, 2]);
    house.inside(Command::Settled(house.channel, vec![1, 7]));
    house.inside(Command::Settled(house.channel, vec![1]));
    assert!(house.records.is_empty());
    assert_eq!(house.workspace.notices.len(), 2);
}
