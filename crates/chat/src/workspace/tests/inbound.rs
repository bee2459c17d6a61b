use super::fixture::{Fixture, deleted, edited, message, user};
use crate::command::{ChannelCommand, Effect, Reply, SystemCommand};
use crate::content::Content;
use crate::messenger::Inbound;
use crate::model::{ChannelStatus, SessionStatus};
use crate::rejection::Code;
use crate::rpc::UserCard;
use crate::rules::PARKED_MAX;
use crate::state::NoticeKind;

#[test]
fn a_first_message_creates_a_contact_and_opens_a_session() {
    let mut fixture = Fixture::open();
    let accepted = fixture.writes("1", "chat", "eva");
    assert_eq!(
        fixture.kinds(),
        ["contact-created", "session-opened", "message-received"]
    );
    assert_eq!(
        (accepted.position, accepted.duplicate),
        (fixture.workspace.position, false)
    );
    let session = fixture.session(accepted.session_id);
    assert_eq!((session.status, session.unread), (SessionStatus::Queued, 1));
    let next = fixture.writes("2", "chat", "eva");
    assert_eq!(
        (fixture.kinds(), next.session_id),
        (vec!["message-received"], accepted.session_id)
    );
}

#[test]
fn a_message_sent_again_has_no_second_effect() {
    let mut fixture = Fixture::open();
    let first = fixture.writes("1", "chat", "eva");
    let before = fixture.workspace.clone();
    let again = fixture.writes("1", "chat", "eva");
    assert_eq!(
        again,
        crate::rpc::Accepted {
            duplicate: true,
            ..first.clone()
        }
    );
    assert!(fixture.workspace == before);
    let other = message("1", "chat", "eva", "other words");
    fixture.refuses_inbound(Inbound::Message(other), Code::MessageConflict);
    // The time and the chat's name may be stamped anew by an adapter that sends again.
    let mut stamped = message("1", "chat", "eva", "hello");
    stamped.created_at = Some(fixture.now);
    stamped.external_chat_name = Some("name".to_owned());
    let reply = fixture.receives(Inbound::Message(stamped.clone())).unwrap();
    assert!(matches!(reply, Reply::Accepted(a) if a.duplicate));
    // Ids are scoped to their channel.
    fixture.channel = fixture.new_channel("https://other.example/");
    assert!(
        matches!(fixture.receives(Inbound::Message(stamped)).unwrap(), Reply::Accepted(a) if !a.duplicate)
    );
}

#[test]
fn a_channel_that_is_not_active_accepts_no_new_message() {
    let mut fixture = Fixture::open();
    fixture.writes("1", "chat", "eva");
    fixture.does("root", ChannelCommand::Disconnect(fixture.channel));
    let rejection = fixture
        .receives(Inbound::Message(message("2", "chat", "eva", "x")))
        .unwrap_err();
    assert_eq!(rejection.code, Code::ChannelDisconnected);
    assert_eq!(rejection.details["channelStatus"], "disconnected");
    assert!(
        fixture.writes("1", "chat", "eva").duplicate,
        "what was accepted stays accepted"
    );
    fixture.receives(Inbound::Disconnect).unwrap();
    assert!(fixture.records.is_empty());
    fixture.does("root", ChannelCommand::Delete(fixture.channel));
    let again = Inbound::Message(message("1", "chat", "eva", "hello"));
    fixture.refuses_inbound(again, Code::ChannelNotFound);
}

#[test]
fn a_messenger_that_disconnects_is_not_notified_of_it() {
    let mut fixture = Fixture::open();
    fixture.receives(Inbound::Disconnect).unwrap();
    let channel = fixture.usual_channel();
    assert_eq!(channel.status, ChannelStatus::Disconnected);
    assert!(
        fixture
            .workspace
            .notices
            .iter()
            .all(|(_, n)| n.kind != NoticeKind::Disconnect)
    );
}

#[test]
fn a_messenger_can_look_up_operators_who_wrote_to_it() {
    let (mut fixture, session) = Fixture::with_session();
    let ask = |user: &str| Inbound::UserInfo {
        user: user.to_owned(),
    };
    fixture.refuses_inbound(ask("ann"), Code::NotFound);
    fixture.sends("ann", session);
    let card = UserCard {
        id: user("ann"),
        username: "ANN".to_owned(),
    };
    assert_eq!(fixture.receives(ask("ann")).unwrap(), Reply::User(card));
    fixture.refuses_inbound(ask("bob"), Code::NotFound);
    fixture.refuses_inbound(ask("no login!"), Code::NotFound);
}

#[test]
fn typing_is_passed_on_and_not_stored() {
    let mut fixture = Fixture::open();
    let typing = Inbound::Typing {
        external_chat_id: "chat".to_owned(),
        external_user_id: "eva".to_owned(),
    };
    fixture.receives(typing).unwrap();
    assert!(fixture.records.is_empty());
    let typing = Effect::Typing(fixture.channel, "chat".to_owned(), "eva".to_owned());
    assert_eq!(fixture.effects, [typing]);
}

#[test]
fn an_author_edits_and_deletes_a_message() {
    let mut fixture = Fixture::open();
    let id = fixture.writes("1", "chat", "eva").message_id;
    fixture.receives(edited("1", "new words")).unwrap();
    let at = fixture.workspace.position;
    assert_eq!(fixture.workspace.message(id).unwrap().1.extra().edited, at);
    assert!(fixture.contents().contains(&Content::text("new words")));
    fixture.receives(deleted("1")).unwrap();
    assert_eq!(
        fixture.workspace.message(id).unwrap().1.extra().deleted,
        Some(fixture.now)
    );
    for late in [edited("1", "too late"), deleted("1")] {
        fixture.receives(late).unwrap();
        assert!(fixture.records.is_empty());
    }
}

#[test]
fn edits_that_arrive_before_their_message_are_parked() {
    let mut fixture = Fixture::open();
    fixture.receives(edited("1", "new words")).unwrap();
    let place = fixture.workspace.position;
    fixture.receives(edited("2", "other words")).unwrap();
    fixture.receives(deleted("1")).unwrap();
    let accepted = fixture.writes("1", "chat", "eva");
    let kinds = [
        "contact-created",
        "session-opened",
        "message-received",
        "message-edited",
        "message-deleted",
    ];
    assert_eq!(fixture.kinds(), kinds);
    assert_eq!(accepted.position + 2, fixture.workspace.position);
    let (_, message) = fixture.workspace.message(accepted.message_id).unwrap();
    assert_eq!(
        (message.position, message.extra().edited),
        (accepted.position, place)
    );
    assert!(message.extra().deleted.is_some());
    assert_eq!(fixture.usual_channel().parked, 1);
    assert!(fixture.writes("1", "chat", "eva").duplicate);
}

#[test]
fn the_oldest_parked_edit_is_evicted_and_its_key_destroyed() {
    let mut fixture = Fixture::open();
    for n in 0..PARKED_MAX {
        fixture.receives(edited(&n.to_string(), "x")).unwrap();
    }
    fixture
        .receives(edited("1", "a newer edit of a parked one"))
        .unwrap();
    assert!(fixture.effects.is_empty());
    fixture.receives(edited("more", "x")).unwrap();
    assert!(matches!(&fixture.effects[..], [Effect::DestroyKeys(keys)] if keys.len() == 1));
    assert_eq!(fixture.usual_channel().parked, PARKED_MAX);
    fixture.writes("0", "chat", "eva");
    assert_eq!(
        fixture.kinds().last(),
        Some(&"message-received"),
        "its edit was evicted"
    );
    fixture.writes("1", "chat", "eva");
    assert_eq!(fixture.kinds().last(), Some(&"message-edited"));
    // A parked edit has no contact: it is deleted with its channel.
    fixture.does("root", ChannelCommand::Delete(fixture.channel));
    let keys: usize = fixture
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
    let mut fixture = Fixture::open();
    let first = fixture.writes("1", "chat", "eva").message_id;
    for reference in ["1".to_owned(), first.to_string()] {
        let mut answer = message(&format!("to {reference}"), "chat", "eva", "x");
        answer.reply_to = Some(reference);
        fixture.receives(Inbound::Message(answer)).unwrap();
        let crate::event::Event::MessageReceived(e) = &fixture.records[0].event else {
            panic!()
        };
        assert_eq!(e.reply_to, Some(first));
    }
    let mut answer = message("3", "chat", "eva", "x");
    answer.reply_to = Some("nothing".to_owned());
    fixture.receives(Inbound::Message(answer)).unwrap();
    let crate::event::Event::MessageReceived(e) = &fixture.records[0].event else {
        panic!()
    };
    assert_eq!(e.reply_to, None);
}

#[test]
fn notices_are_numbered_and_settled_ones_are_removed() {
    let mut fixture = Fixture::open();
    fixture.writes("1", "chat", "eva");
    let numbers: Vec<u64> = fixture
        .workspace
        .notices
        .iter()
        .map(|((_, n), _)| *n)
        .collect();
    assert_eq!(numbers, [0, 1, 2]);
    fixture.system(SystemCommand::NoticesSettled(fixture.channel, vec![1, 7]));
    fixture.system(SystemCommand::NoticesSettled(fixture.channel, vec![1]));
    assert!(fixture.records.is_empty());
    assert_eq!(fixture.workspace.notices.len(), 2);
}
