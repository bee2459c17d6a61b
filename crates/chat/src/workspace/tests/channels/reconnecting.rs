use std::time::Duration;

use super::OTHER;
use crate::command::{ChannelCommand, Effect, SystemCommand};
use crate::model::{ChannelStatus, Verified};
use crate::reason::Reason;
use crate::state::NoticeKind;
use crate::verification::{Proof, Purpose};
use crate::workspace::tests::fixture::{
    Fixture, answered, disconnect, full_proof, reconnect, rotate,
};

#[test]
fn a_failed_channel_can_be_reconnected() {
    let mut fixture = Fixture::open();
    let id = fixture.new_pending_channel(OTHER);
    fixture.refuted(id, Purpose::Connect);
    fixture.does("root", reconnect(id));
    assert_eq!(fixture.effects, [Effect::Verify(id, Purpose::Reconnect)]);
    let reason = Reason::WrongChallengeAnswer;
    fixture.verified(id, Purpose::Reconnect, Err(reason.clone()));
    assert_eq!(fixture.channel(id).reason, Some(reason));
    fixture.verified(id, Purpose::Reconnect, Ok(full_proof()));
    assert_eq!(fixture.status(id), ChannelStatus::Active);
}

#[test]
fn disconnecting_notifies_the_messenger_once() {
    let mut fixture = Fixture::open();
    let id = fixture.channel;
    fixture.does("root", disconnect(id));
    assert_eq!(fixture.notices(id), [NoticeKind::Disconnect]);
    fixture.refuted(id, Purpose::Reconnect);
    assert_eq!(fixture.status(id), ChannelStatus::Disconnected);
    assert_eq!(fixture.notices(id), [NoticeKind::Disconnect]);
}

#[test]
fn an_earlier_reconnect_does_not_undo_a_disconnect() {
    let mut fixture = Fixture::open();
    let id = fixture.channel;
    fixture.does("root", disconnect(id));
    fixture.does("root", reconnect(id));
    let earlier = fixture.channel(id).generation;
    fixture.does("root", disconnect(id));
    fixture.system(SystemCommand::MessagesRefused(id, 2));
    fixture.verified_in(earlier, id, Purpose::Reconnect, Ok(full_proof()));
    let channel = fixture.channel(id);
    assert_eq!(channel.status, ChannelStatus::Disconnected);
    assert_eq!(channel.refused, 2);
    let user = "root".to_owned();
    assert_eq!(channel.reason, Some(Reason::ByUser { user }));
    fixture.does("root", reconnect(id));
    fixture.verified(id, Purpose::Reconnect, Ok(full_proof()));
    assert_eq!(fixture.status(id), ChannelStatus::Active);
}

#[test]
fn a_reconnect_that_ends_after_a_later_one_changes_nothing() {
    let mut fixture = Fixture::open();
    let id = fixture.channel;
    fixture.does("root", disconnect(id));
    fixture.does("root", reconnect(id));
    let earlier = fixture.channel(id).generation;
    fixture.verified(id, Purpose::Reconnect, Ok(full_proof()));
    let before = fixture.workspace.clone();
    for result in [Err(Reason::WrongCode { status: 401 }), Ok(full_proof())] {
        fixture.verified_in(earlier, id, Purpose::Reconnect, result);
        assert!(fixture.workspace == before);
    }
}

#[test]
fn a_response_to_the_old_code_does_not_end_a_channel_with_a_new_code() {
    for status in [401, 410] {
        let (mut fixture, _, message) = Fixture::with_message();
        let id = fixture.channel;
        fixture.begin_attempt(message);
        fixture.does("root", rotate(id, "fresh", Duration::ZERO));
        fixture.end_attempt(message, answered(status));
        assert_eq!(fixture.status(id), ChannelStatus::Active, "{status}");
        // The retry has the new code, so its response counts.
        assert_eq!(fixture.due(), [message]);
        fixture.attempt(message, answered(status));
        assert_ne!(fixture.status(id), ChannelStatus::Active, "{status}");
    }
}

#[test]
fn rejected_messages_are_counted_until_the_channel_is_active_again() {
    let mut fixture = Fixture::open();
    let id = fixture.channel;
    fixture.does("root", disconnect(id));
    for count in [3, 0, 2] {
        fixture.system(SystemCommand::MessagesRefused(id, count));
    }
    assert_eq!(fixture.channel(id).refused, 5);
    let proof = Proof {
        verified: Verified::Challenge,
        capabilities: None,
        old_code: None,
    };
    fixture.verified(id, Purpose::Reconnect, Ok(proof));
    assert_eq!(fixture.channel(id).refused, 0);
}

#[test]
fn a_test_changes_nothing() {
    let mut fixture = Fixture::open();
    let (id, before) = (fixture.channel, fixture.workspace.clone());
    fixture.does("root", ChannelCommand::Test(id));
    assert_eq!(fixture.effects, [Effect::Verify(id, Purpose::Test)]);
    fixture.refuted(id, Purpose::Test);
    fixture.verified(id, Purpose::Test, Ok(full_proof()));
    assert!(fixture.workspace == before);
}
