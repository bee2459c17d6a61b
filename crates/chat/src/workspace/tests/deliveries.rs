use std::time::Duration;

use super::house::{House, answered, answered_after, refused, unanswered};
use crate::command::{ChannelCommand, Command, MessageCommand, Replay, Request, SessionCommand};
use crate::id::MessageId;
use crate::messenger::{Inbound, ReceiptStatus};
use crate::noun::{ChannelStatus, DeliveryState};
use crate::rejection::Code;
use crate::rules::{LANE_MAX, RETRY_AFTER_MAX};
use crate::state::Breaker;
use crate::verification::Purpose;

const SECOND: Duration = Duration::from_secs(1);

fn state(house: &House, id: MessageId) -> DeliveryState {
    house.workspace.message(id).unwrap().1.state.unwrap()
}

fn receipt(message: MessageId, status: ReceiptStatus) -> Inbound {
    Inbound::Status {
        message,
        status,
        reason: None,
    }
}

fn breaker(house: &House) -> &Breaker {
    &house.workspace.channel(house.channel).unwrap().breaker
}

fn attempting(id: MessageId) -> Request {
    Request::inside(Command::Attempting(id))
}

#[test]
fn in_one_chat_one_message_is_in_flight_and_chats_do_not_wait_for_each_other() {
    let mut house = House::open();
    let (one, two) = (
        house.session_of("ann", "one"),
        house.session_of("bob", "two"),
    );
    let (first, second) = (house.sends("ann", one), house.sends("ann", one));
    let other = house.sends("bob", two);
    assert_eq!(house.due().len(), 2);
    refused(house.request(&attempting(second)), Code::Conflict);
    house.begins(first);
    assert_eq!(house.due(), [other]);
    house.comes_back(first, unanswered());
    assert_eq!(house.due(), [other]);
    house.wait(2 * SECOND);
    house.tries(first, answered(200));
    assert_eq!(state(&house, first), DeliveryState::Accepted);
    assert!(house.due().contains(&second));
    assert_eq!(house.workspace.channel(house.channel).unwrap().pending, 2);
}

#[test]
fn after_a_restart_what_was_in_flight_is_due_at_once() {
    let mut house = House::open();
    let session = house.session_of("ann", "chat");
    let message = house.sends("ann", session);
    house.begins(message);
    assert!(house.due().is_empty() && house.next_due().is_none());
    let due: Vec<_> = house.workspace.due(house.now).collect();
    assert_eq!(due, [(house.channel, false, message)]);
}

#[test]
fn a_message_expires_visibly_and_frees_its_chat() {
    let mut house = House::open();
    let session = house.session_of("ann", "chat");
    let first = house.sends("ann", session);
    house.wait(SECOND);
    let second = house.sends("ann", session);
    assert_eq!(house.expired(), []);
    house.inside(Command::Expire(first));
    assert!(house.records.is_empty(), "it is not its time");
    house.wait(Duration::from_hours(24).saturating_sub(SECOND));
    assert_eq!(house.expired(), [first]);
    house.inside(Command::Expire(first));
    assert_eq!(state(&house, first), DeliveryState::Expired);
    assert_eq!(house.due(), [second]);
    house.inside(Command::Expire(first));
    assert!(house.records.is_empty());
}

#[test]
fn what_an_answer_means_for_its_message() {
    use DeliveryState::{Accepted, Failed, Sending};
    for (status, after) in [
        (200, Accepted),
        (202, Accepted),
        (299, Accepted),
        (400, Failed),
        (403, Failed),
        (404, Failed),
        (413, Failed),
        (422, Failed),
        (301, Sending),
        (401, Sending),
        (408, Sending),
        (410, Sending),
        (429, Sending),
        (500, Sending),
        (503, Sending),
    ] {
        let mut house = House::open();
        let session = house.session_of("ann", "chat");
        let message = house.sends("ann", session);
        house.tries(message, answered(status));
        assert_eq!(state(&house, message), after, "{status}");
    }
}

#[test]
fn a_failed_attempt_is_repeated_by_the_schedule() {
    let mut house = House::open();
    let session = house.session_of("ann", "chat");
    let message = house.sends("ann", session);
    let first = house.now;
    for offset in [1, 5, 15, 60, 300, 900, 3_600, 10_800, 21_600, 43_200] {
        house.tries(message, answered(500));
        let due = house
            .workspace
            .pending(message)
            .unwrap()
            .3
            .due
            .since(first)
            .as_secs_f64();
        let offset = f64::from(offset);
        assert!(
            (offset * 0.79..=offset * 1.21).contains(&due),
            "{due} for {offset}"
        );
        house.now = first.plus(Duration::from_secs_f64(due));
    }
    assert_eq!(house.workspace.message(message).unwrap().1.attempts, 10);
}

#[test]
fn a_message_that_waited_long_is_not_hammered() {
    let mut house = House::open();
    let session = house.session_of("ann", "chat");
    let message = house.sends("ann", session);
    house.tries(message, answered(500));
    house.wait(Duration::from_hours(2));
    house.tries(message, answered(500));
    assert!(
        house.due().is_empty(),
        "the schedule's next times have all passed"
    );
    house.wait(2 * SECOND);
    assert_eq!(house.due(), [message]);
}

#[test]
fn retry_after_is_honoured_within_reason_and_holds_the_channel() {
    let mut house = House::open();
    let (one, two) = (
        house.session_of("ann", "one"),
        house.session_of("ann", "two"),
    );
    let (first, other) = (house.sends("ann", one), house.sends("ann", two));
    let third = house.session_of("ann", "three");
    let third = house.sends("ann", third);
    house.begins(first);
    house.begins(third);
    house.comes_back(first, answered_after(429, Some(60)));
    assert!(house.due().is_empty());
    // Another one's failure without words of its own does not shorten the pause.
    house.comes_back(third, answered(500));
    house.wait(59 * SECOND);
    assert!(house.due().is_empty());
    house.wait(SECOND);
    assert!(house.due().contains(&other) && house.due().contains(&first));
    house.tries(other, answered_after(503, Some(u64::MAX)));
    let due = house.workspace.pending(other).unwrap().3.due;
    assert_eq!(due, house.now.plus(RETRY_AFTER_MAX));
}

#[test]
fn a_refused_code_interrupts_the_channel_and_its_messages_wait() {
    let mut house = House::open();
    let session = house.session_of("ann", "chat");
    let message = house.sends("ann", session);
    house.tries(message, answered(401));
    assert_eq!(
        house.kinds(),
        ["delivery-changed", "channel-status-changed"]
    );
    let status = house.workspace.channel(house.channel).unwrap().status;
    assert_eq!(status, ChannelStatus::Interrupted);
    house.wait(Duration::from_hours(1));
    assert!(house.due().is_empty());
    refused(
        house.request(&attempting(message)),
        Code::ChannelDisconnected,
    );
    house.verified(house.channel, Purpose::Reconnect, Ok(super::house::able()));
    assert_eq!(house.due(), [message]);
    house.tries(message, answered(410));
    let status = house.workspace.channel(house.channel).unwrap().status;
    assert_eq!(status, ChannelStatus::Disconnected);
}

#[test]
fn the_breaker_opens_after_ten_failures_and_a_minute_and_lets_one_probe_through() {
    let mut house = House::open();
    let mut heads = Vec::new();
    for n in 0..10 {
        let session = house.session_of("ann", &format!("chat {n}"));
        heads.push(house.sends("ann", session));
    }
    for head in &heads {
        house.tries(*head, unanswered());
    }
    assert!(!breaker(&house).open, "a minute has not passed");
    house.wait(Duration::from_mins(1));
    house.tries(heads[0], unanswered());
    assert!(breaker(&house).open);
    assert_eq!(
        house.kinds(),
        ["delivery-changed", "channel-status-changed"]
    );
    assert!(house.due().is_empty());

    // Pauses grow to a minute, and one probe is out at a time.
    for pause in [1, 2, 4, 8, 16, 32, 60, 60] {
        let at = house.next_due().unwrap();
        assert_eq!(at.since(house.now), Duration::from_secs(pause));
        house.now = at;
        let (_, probing, probe) = house.workspace.due(house.now).next().unwrap();
        assert!(probing, "the shell lets one through");
        house.tries(probe, unanswered());
    }
    house.now = house.next_due().unwrap();
    let probe = house.due()[0];
    house.tries(probe, answered(200));
    assert_eq!(*breaker(&house), Breaker::default());
    assert_eq!(
        house.kinds(),
        ["delivery-changed", "channel-status-changed"]
    );
    house.wait(Duration::from_mins(10));
    assert_eq!(house.due().len(), 9);
}

#[test]
fn a_channel_that_fails_for_a_day_is_interrupted() {
    let mut house = House::open();
    let session = house.session_of("ann", "chat");
    let message = house.sends("ann", session);
    house.tries(message, unanswered());
    house.wait(Duration::from_hours(23));
    let second = house.session_of("ann", "other");
    let second = house.sends("ann", second);
    house.wait(Duration::from_mins(59));
    house.tries(message, unanswered());
    assert_eq!(
        house.workspace.channel(house.channel).unwrap().status,
        ChannelStatus::Active
    );
    house.wait(Duration::from_mins(1));
    house.tries(second, unanswered());
    assert_eq!(
        house.workspace.channel(house.channel).unwrap().status,
        ChannelStatus::Interrupted
    );
}

#[test]
fn receipts_move_a_delivery_on_and_never_back() {
    use ReceiptStatus::{Delivered, Failed, Read};
    let mut house = House::open();
    let session = house.session_of("ann", "chat");
    let check = |house: &mut House, id, status, after| {
        house.hears(receipt(id, status)).unwrap();
        assert_eq!(state(house, id), after);
    };
    let id = house.sends("ann", session);
    house.tries(id, answered(200));
    check(&mut house, id, Delivered, DeliveryState::Delivered);
    let delivered_at = Some(house.now);
    house.wait(SECOND);
    check(&mut house, id, Failed, DeliveryState::Delivered);
    check(&mut house, id, Read, DeliveryState::Read);
    check(&mut house, id, Delivered, DeliveryState::Read);
    assert_eq!(
        house.workspace.message(id).unwrap().1.more().delivered_at,
        delivered_at
    );

    // It got there although our attempt did not come back: no more attempts.
    let id = house.sends("ann", session);
    house.begins(id);
    check(&mut house, id, Delivered, DeliveryState::Delivered);
    assert!(house.due().is_empty() && house.workspace.pending(id).is_none());
    house.comes_back(id, unanswered());
    assert_eq!(state(&house, id), DeliveryState::Delivered);

    let id = house.sends("ann", session);
    check(&mut house, id, Failed, DeliveryState::Failed);
    check(&mut house, id, Delivered, DeliveryState::Failed);
    assert_eq!(house.workspace.channel(house.channel).unwrap().pending, 0);
}

#[test]
fn a_receipt_is_for_a_message_that_was_sent_to_that_channel() {
    let mut house = House::open();
    let session = house.session_of("ann", "chat");
    let inbound = house.workspace.messages(session).last().unwrap().id;
    let id = house.sends("ann", session);
    refused(
        house.hears(receipt(inbound, ReceiptStatus::Read)),
        Code::NotFound,
    );
    refused(
        house.hears(receipt(MessageId::from_bytes([4; 16]), ReceiptStatus::Read)),
        Code::NotFound,
    );
    house.channel = house.new_channel("https://other.example/");
    refused(
        house.hears(receipt(id, ReceiptStatus::Read)),
        Code::NotFound,
    );
}

#[test]
fn a_failed_message_is_sent_again_under_its_id_behind_the_others() {
    let mut house = House::open();
    let session = house.session_of("ann", "chat");
    let (first, second) = (house.sends("ann", session), house.sends("ann", session));
    refused(
        house.asks("ann", MessageCommand::Retry(first)),
        Code::Conflict,
    );
    house.tries(first, answered(400));
    refused(
        house.asks("bob", MessageCommand::Retry(first)),
        Code::NotAssigned,
    );
    house.wait(Duration::from_hours(1));
    house.does("ann", MessageCommand::Retry(first));
    assert_eq!(
        (state(&house, first), house.due()),
        (DeliveryState::Queued, vec![second])
    );
    refused(
        house.asks("ann", MessageCommand::Retry(first)),
        Code::Conflict,
    );
    house.tries(second, answered(200));
    house.tries(first, answered(200));
    let (_, message) = house.workspace.message(first).unwrap();
    assert_eq!(
        (message.attempts, message.state),
        (2, Some(DeliveryState::Accepted))
    );
    assert!(house.next_due().is_none());
}

#[test]
fn a_message_sent_again_lives_as_long_as_a_new_one() {
    let mut house = House::open();
    let session = house.session_of("ann", "chat");
    let id = house.sends("ann", session);
    house.wait(Duration::from_hours(24));
    house.inside(Command::Expire(id));
    house.does("ann", MessageCommand::Retry(id));
    assert_eq!(house.expired(), []);
    house.wait(Duration::from_hours(24));
    assert_eq!(house.expired(), [id]);
}

#[test]
fn an_administrator_replays_what_failed_since_a_time() {
    let mut house = House::open();
    let session = house.session_of("ann", "chat");
    let old = house.sends("ann", session);
    house.tries(old, answered(400));
    house.wait(SECOND);
    let (since, channel) = (house.now, house.channel);
    let (first, second) = (house.sends("ann", session), house.sends("ann", session));
    house.tries(first, answered(400));
    house.tries(second, answered(200));
    let replay = Command::Replay(Replay::Since(channel, since));
    refused(house.asks("sue", replay.clone()), Code::Forbidden);
    house.does("root", replay);
    assert_eq!(house.due(), [first]);
    assert_eq!(house.records.len(), 1);
    house.does("root", Command::Replay(Replay::Message(old)));
    assert_eq!(state(&house, old), DeliveryState::Queued);
}

#[test]
fn a_chats_lane_is_bounded_also_for_replays() {
    let mut house = House::open();
    let session = house.session_of("ann", "chat");
    let failed = house.sends("ann", session);
    house.tries(failed, answered(400));
    for _ in 0..LANE_MAX {
        house.sends("ann", session);
    }
    refused(
        house.asks("ann", super::house::send(session, "x")),
        Code::Unavailable,
    );
    refused(
        house.asks("ann", MessageCommand::Retry(failed)),
        Code::Unavailable,
    );
    let since = Replay::Since(house.channel, super::house::START);
    house.does("root", Command::Replay(since));
    assert!(house.records.is_empty());
    // A new session on the same chat has the same lane.
    house.does("ann", SessionCommand::Close(session));
    let person = crate::command::Person::External {
        chat: "chat".to_owned(),
        user: "x".to_owned(),
    };
    let text = Some("x".to_owned());
    let create = SessionCommand::Create {
        channel: house.channel,
        person,
        text,
    };
    refused(house.asks("ann", create), Code::Unavailable);
}

#[test]
fn messages_of_a_closed_session_and_of_a_disconnected_channel_wait() {
    let mut house = House::open();
    let session = house.session_of("ann", "chat");
    let id = house.sends("ann", session);
    house.does("ann", SessionCommand::Close(session));
    assert_eq!(house.due(), [id]);
    house.does("root", ChannelCommand::Disconnect(house.channel));
    assert!(house.due().is_empty());
    let expiry = house.next_due().unwrap();
    assert_eq!(expiry.since(house.now), house.rules.time_to_live);
    house.verified(house.channel, Purpose::Reconnect, Ok(super::house::able()));
    assert_eq!(house.due(), [id]);
}

#[test]
fn what_nobody_waits_for_is_not_tried() {
    let mut house = House::open();
    let unknown = MessageId::from_bytes([4; 16]);
    refused(house.request(&attempting(unknown)), Code::NotFound);
    house.comes_back(unknown, answered(200));
    assert!(house.records.is_empty());
}
