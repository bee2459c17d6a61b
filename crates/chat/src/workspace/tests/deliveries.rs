use std::time::Duration;

use super::fixture::{Fixture, START, able, answered, answered_after, send, unanswered};
use crate::command::{
    ChannelCommand, Command, MessageCommand, Replay, Request, SessionCommand, SystemCommand,
};
use crate::id::MessageId;
use crate::messenger::{Inbound, ReceiptStatus};
use crate::model::{ChannelStatus, DeliveryState};
use crate::rejection::Code;
use crate::rules::{LANE_MAX, RETRY_AFTER_MAX};
use crate::state::Breaker;
use crate::verification::Purpose;

const SECOND: Duration = Duration::from_secs(1);

fn receipt(message: MessageId, status: ReceiptStatus) -> Inbound {
    Inbound::Status {
        message,
        status,
        reason: None,
    }
}

fn breaker(fixture: &Fixture) -> &Breaker {
    &fixture.usual_channel().breaker
}

fn attempting(id: MessageId) -> Request {
    Request::system(SystemCommand::Attempting(id))
}

#[test]
fn in_one_chat_one_message_is_in_flight_and_chats_do_not_wait_for_each_other() {
    let mut fixture = Fixture::open();
    let (one, two) = (
        fixture.session_of("ann", "one"),
        fixture.session_of("bob", "two"),
    );
    let (first, second) = (fixture.sends("ann", one), fixture.sends("ann", one));
    let other = fixture.sends("bob", two);
    assert_eq!(fixture.due().len(), 2);
    fixture.refuses_request(&attempting(second), Code::Conflict);
    fixture.begins(first);
    assert_eq!(fixture.due(), [other]);
    fixture.ends(first, unanswered());
    assert_eq!(fixture.due(), [other]);
    fixture.wait(2 * SECOND);
    fixture.tries(first, answered(200));
    assert_eq!(fixture.state(first), DeliveryState::Accepted);
    assert!(fixture.due().contains(&second));
    assert_eq!(fixture.usual_channel().pending, 2);
}

#[test]
fn after_a_restart_what_was_in_flight_is_due_at_once() {
    let (mut fixture, _, message) = Fixture::with_message();
    fixture.begins(message);
    assert!(fixture.due().is_empty() && fixture.next_due().is_none());
    let due: Vec<_> = fixture.workspace.due(fixture.now).collect();
    assert_eq!(due, [(fixture.channel, false, message)]);
}

#[test]
fn a_message_expires_visibly_and_frees_its_chat() {
    let (mut fixture, session, first) = Fixture::with_message();
    fixture.wait(SECOND);
    let second = fixture.sends("ann", session);
    assert_eq!(fixture.expired(), []);
    fixture.system(SystemCommand::Expire(first));
    assert!(fixture.records.is_empty(), "it is not its time");
    fixture.wait(Duration::from_hours(24).saturating_sub(SECOND));
    assert_eq!(fixture.expired(), [first]);
    fixture.system(SystemCommand::Expire(first));
    assert_eq!(fixture.state(first), DeliveryState::Expired);
    assert_eq!(fixture.due(), [second]);
    fixture.system(SystemCommand::Expire(first));
    assert!(fixture.records.is_empty());
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
        let mut fixture = Fixture::open();
        let session = fixture.session_of("ann", "chat");
        let message = fixture.sends("ann", session);
        fixture.tries(message, answered(status));
        assert_eq!(fixture.state(message), after, "{status}");
    }
}

#[test]
fn a_failed_attempt_is_repeated_by_the_schedule() {
    let (mut fixture, _, message) = Fixture::with_message();
    let first = fixture.now;
    for offset in [1, 5, 15, 60, 300, 900, 3_600, 10_800, 21_600, 43_200] {
        fixture.tries(message, answered(500));
        let due = fixture
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
        fixture.now = first.plus(Duration::from_secs_f64(due));
    }
    assert_eq!(fixture.workspace.message(message).unwrap().1.attempts, 10);
}

#[test]
fn a_message_that_waited_long_is_not_hammered() {
    let (mut fixture, _, message) = Fixture::with_message();
    fixture.tries(message, answered(500));
    fixture.wait(Duration::from_hours(2));
    fixture.tries(message, answered(500));
    assert!(
        fixture.due().is_empty(),
        "the schedule's next times have all passed"
    );
    fixture.wait(2 * SECOND);
    assert_eq!(fixture.due(), [message]);
}

#[test]
fn retry_after_is_honoured_within_reason_and_holds_the_channel() {
    let mut fixture = Fixture::open();
    let (one, two) = (
        fixture.session_of("ann", "one"),
        fixture.session_of("ann", "two"),
    );
    let (first, other) = (fixture.sends("ann", one), fixture.sends("ann", two));
    let third = fixture.session_of("ann", "three");
    let third = fixture.sends("ann", third);
    fixture.begins(first);
    fixture.begins(third);
    fixture.ends(first, answered_after(429, Some(60)));
    assert!(fixture.due().is_empty());
    // A failure without `Retry-After` does not shorten the pause.
    fixture.ends(third, answered(500));
    fixture.wait(59 * SECOND);
    assert!(fixture.due().is_empty());
    fixture.wait(SECOND);
    assert!(fixture.due().contains(&other) && fixture.due().contains(&first));
    fixture.tries(other, answered_after(503, Some(u64::MAX)));
    let due = fixture.workspace.pending(other).unwrap().3.due;
    assert_eq!(due, fixture.now.plus(RETRY_AFTER_MAX));
}

#[test]
fn a_refused_code_interrupts_the_channel_and_its_messages_wait() {
    let (mut fixture, _, message) = Fixture::with_message();
    fixture.tries(message, answered(401));
    assert_eq!(
        fixture.kinds(),
        ["delivery-changed", "channel-status-changed"]
    );
    let status = fixture.usual_channel().status;
    assert_eq!(status, ChannelStatus::Interrupted);
    fixture.wait(Duration::from_hours(1));
    assert!(fixture.due().is_empty());
    fixture.refuses_request(&attempting(message), Code::ChannelDisconnected);
    fixture.verified(fixture.channel, Purpose::Reconnect, Ok(able()));
    assert_eq!(fixture.due(), [message]);
    fixture.tries(message, answered(410));
    let status = fixture.usual_channel().status;
    assert_eq!(status, ChannelStatus::Disconnected);
}

#[test]
fn the_breaker_opens_after_ten_failures_and_a_minute_and_lets_one_probe_through() {
    let mut fixture = Fixture::open();
    let mut heads = Vec::new();
    for n in 0..10 {
        let session = fixture.session_of("ann", &format!("chat {n}"));
        heads.push(fixture.sends("ann", session));
    }
    for head in &heads {
        fixture.tries(*head, unanswered());
    }
    assert!(!breaker(&fixture).open, "a minute has not passed");
    fixture.wait(Duration::from_mins(1));
    fixture.tries(heads[0], unanswered());
    assert!(breaker(&fixture).open);
    assert_eq!(
        fixture.kinds(),
        ["delivery-changed", "channel-status-changed"]
    );
    assert!(fixture.due().is_empty());

    // Pauses grow to a minute, and one probe is out at a time.
    for pause in [1, 2, 4, 8, 16, 32, 60, 60] {
        let at = fixture.next_due().unwrap();
        assert_eq!(at.since(fixture.now), Duration::from_secs(pause));
        fixture.now = at;
        let (_, probing, probe) = fixture.workspace.due(fixture.now).next().unwrap();
        assert!(probing, "the shell lets one through");
        fixture.tries(probe, unanswered());
    }
    fixture.now = fixture.next_due().unwrap();
    let probe = fixture.due()[0];
    fixture.tries(probe, answered(200));
    assert_eq!(*breaker(&fixture), Breaker::default());
    assert_eq!(
        fixture.kinds(),
        ["delivery-changed", "channel-status-changed"]
    );
    fixture.wait(Duration::from_mins(10));
    assert_eq!(fixture.due().len(), 9);
}

#[test]
fn a_channel_that_fails_for_a_day_is_interrupted() {
    let (mut fixture, _, message) = Fixture::with_message();
    fixture.tries(message, unanswered());
    fixture.wait(Duration::from_hours(23));
    let second = fixture.session_of("ann", "other");
    let second = fixture.sends("ann", second);
    fixture.wait(Duration::from_mins(59));
    fixture.tries(message, unanswered());
    assert_eq!(fixture.usual_channel().status, ChannelStatus::Active);
    fixture.wait(Duration::from_mins(1));
    fixture.tries(second, unanswered());
    assert_eq!(fixture.usual_channel().status, ChannelStatus::Interrupted);
}

#[test]
fn receipts_move_a_delivery_on_and_never_back() {
    use ReceiptStatus::{Delivered, Failed, Read};
    let (mut fixture, session) = Fixture::with_session();
    let check = |fixture: &mut Fixture, id, status, after| {
        fixture.receives(receipt(id, status)).unwrap();
        assert_eq!(fixture.state(id), after);
    };
    let id = fixture.sends("ann", session);
    fixture.tries(id, answered(200));
    check(&mut fixture, id, Delivered, DeliveryState::Delivered);
    let delivered_at = Some(fixture.now);
    fixture.wait(SECOND);
    check(&mut fixture, id, Failed, DeliveryState::Delivered);
    check(&mut fixture, id, Read, DeliveryState::Read);
    check(&mut fixture, id, Delivered, DeliveryState::Read);
    assert_eq!(
        fixture
            .workspace
            .message(id)
            .unwrap()
            .1
            .extra()
            .delivered_at,
        delivered_at
    );

    // It got there although our attempt did not come back: no more attempts.
    let id = fixture.sends("ann", session);
    fixture.begins(id);
    check(&mut fixture, id, Delivered, DeliveryState::Delivered);
    assert!(fixture.due().is_empty() && fixture.workspace.pending(id).is_none());
    fixture.ends(id, unanswered());
    assert_eq!(fixture.state(id), DeliveryState::Delivered);

    let id = fixture.sends("ann", session);
    check(&mut fixture, id, Failed, DeliveryState::Failed);
    check(&mut fixture, id, Delivered, DeliveryState::Failed);
    assert_eq!(fixture.usual_channel().pending, 0);
}

#[test]
fn a_receipt_is_for_a_message_that_was_sent_to_that_channel() {
    let (mut fixture, session) = Fixture::with_session();
    let inbound = fixture.workspace.messages(session).last().unwrap().id;
    let id = fixture.sends("ann", session);
    fixture.refuses_inbound(receipt(inbound, ReceiptStatus::Read), Code::NotFound);
    fixture.refuses_inbound(
        receipt(MessageId::from_bytes([4; 16]), ReceiptStatus::Read),
        Code::NotFound,
    );
    fixture.channel = fixture.new_channel("https://other.example/");
    fixture.refuses_inbound(receipt(id, ReceiptStatus::Read), Code::NotFound);
}

#[test]
fn a_failed_message_is_sent_again_under_its_id_behind_the_others() {
    let (mut fixture, session) = Fixture::with_session();
    let (first, second) = (fixture.sends("ann", session), fixture.sends("ann", session));
    fixture.refuses("ann", MessageCommand::Retry(first), Code::Conflict);
    fixture.tries(first, answered(400));
    fixture.refuses("bob", MessageCommand::Retry(first), Code::NotAssigned);
    fixture.wait(Duration::from_hours(1));
    fixture.does("ann", MessageCommand::Retry(first));
    assert_eq!(
        (fixture.state(first), fixture.due()),
        (DeliveryState::Queued, vec![second])
    );
    fixture.refuses("ann", MessageCommand::Retry(first), Code::Conflict);
    fixture.tries(second, answered(200));
    fixture.tries(first, answered(200));
    let (_, message) = fixture.workspace.message(first).unwrap();
    assert_eq!(
        (message.attempts, message.state),
        (2, Some(DeliveryState::Accepted))
    );
    assert!(fixture.next_due().is_none());
}

#[test]
fn a_message_sent_again_lives_as_long_as_a_new_one() {
    let (mut fixture, _, id) = Fixture::with_message();
    fixture.wait(Duration::from_hours(24));
    fixture.system(SystemCommand::Expire(id));
    fixture.does("ann", MessageCommand::Retry(id));
    assert_eq!(fixture.expired(), []);
    fixture.wait(Duration::from_hours(24));
    assert_eq!(fixture.expired(), [id]);
}

#[test]
fn an_administrator_replays_what_failed_since_a_time() {
    let (mut fixture, session, old) = Fixture::with_message();
    fixture.tries(old, answered(400));
    fixture.wait(SECOND);
    let (since, channel) = (fixture.now, fixture.channel);
    let (first, second) = (fixture.sends("ann", session), fixture.sends("ann", session));
    fixture.tries(first, answered(400));
    fixture.tries(second, answered(200));
    let replay = Command::Replay(Replay::Since(channel, since));
    fixture.refuses("sue", replay.clone(), Code::Forbidden);
    fixture.does("root", replay);
    assert_eq!(fixture.due(), [first]);
    assert_eq!(fixture.records.len(), 1);
    fixture.does("root", Command::Replay(Replay::Message(old)));
    assert_eq!(fixture.state(old), DeliveryState::Queued);
}

#[test]
fn a_chats_lane_is_bounded_also_for_replays() {
    let (mut fixture, session, failed) = Fixture::with_message();
    fixture.tries(failed, answered(400));
    for _ in 0..LANE_MAX {
        fixture.sends("ann", session);
    }
    fixture.refuses("ann", send(session, "x"), Code::Unavailable);
    fixture.refuses("ann", MessageCommand::Retry(failed), Code::Unavailable);
    let since = Replay::Since(fixture.channel, START);
    fixture.does("root", Command::Replay(since));
    assert!(fixture.records.is_empty());
    // A new session on the same chat has the same lane.
    fixture.does("ann", SessionCommand::Close(session));
    let person = crate::command::Person::External {
        chat: "chat".to_owned(),
        user: "x".to_owned(),
    };
    let text = Some("x".to_owned());
    let create = SessionCommand::Create {
        channel: fixture.channel,
        person,
        text,
    };
    fixture.refuses("ann", create, Code::Unavailable);
}

#[test]
fn messages_of_a_closed_session_and_of_a_disconnected_channel_wait() {
    let (mut fixture, session, id) = Fixture::with_message();
    fixture.does("ann", SessionCommand::Close(session));
    assert_eq!(fixture.due(), [id]);
    fixture.does("root", ChannelCommand::Disconnect(fixture.channel));
    assert!(fixture.due().is_empty());
    let expiry = fixture.next_due().unwrap();
    assert_eq!(expiry.since(fixture.now), fixture.rules.time_to_live);
    fixture.verified(fixture.channel, Purpose::Reconnect, Ok(able()));
    assert_eq!(fixture.due(), [id]);
}

#[test]
fn what_nobody_waits_for_is_not_tried() {
    let mut fixture = Fixture::open();
    let unknown = MessageId::from_bytes([4; 16]);
    fixture.refuses_request(&attempting(unknown), Code::NotFound);
    fixture.ends(unknown, answered(200));
    assert!(fixture.records.is_empty());
}
