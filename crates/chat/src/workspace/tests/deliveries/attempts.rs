use std::time::Duration;

use super::{DAY, SECOND, attempting};
use crate::command::SystemCommand;
use crate::id::MessageId;
use crate::model::{ChannelStatus, DeliveryState};
use crate::rejection::Code;
use crate::verification::Purpose;
use crate::workspace::tests::fixture::{
    Fixture, answered, answered_after, close, disconnect, full_proof, timed_out,
};

#[test]
fn a_chat_has_one_message_in_flight_and_does_not_wait_for_other_chats() {
    let mut fixture = Fixture::open();
    let one = fixture.session_of("ann", "one");
    let (first, second) = (fixture.sends("ann", one), fixture.sends("ann", one));
    let other = fixture.sends_in("bob", "two");
    assert_eq!(fixture.due().len(), 2);
    fixture.rejects_request(&attempting(second), Code::Conflict);
    fixture.begin_attempt(first);
    assert_eq!(fixture.due(), [other]);
    fixture.end_attempt(first, timed_out());
    assert_eq!(fixture.due(), [other]);
    fixture.wait(2 * SECOND);
    fixture.attempt(first, answered(200));
    assert_eq!(fixture.state(first), DeliveryState::Accepted);
    assert!(fixture.due().contains(&second));
    assert_eq!(fixture.default_channel().pending, 2);
}

#[test]
fn a_message_in_flight_is_due_again_after_a_restart() {
    let (mut fixture, _, message) = Fixture::with_message();
    fixture.begin_attempt(message);
    assert!(fixture.due().is_empty() && fixture.next_due().is_none());
    // After a restart the shell knows of no attempt in flight.
    fixture.in_flight.clear();
    assert_eq!(fixture.due(), [message]);
}

#[test]
fn an_attempt_of_an_unknown_message_is_rejected() {
    let mut fixture = Fixture::open();
    let unknown = MessageId::from_bytes([4; 16]);
    fixture.rejects_request(&attempting(unknown), Code::NotFound);
    fixture.end_attempt(unknown, answered(200));
    fixture.assert_no_event();
}

#[test]
fn the_status_of_a_response_decides_the_delivery() {
    use DeliveryState::{Accepted, Failed, Sending};
    for (after, statuses) in [
        (Accepted, &[200, 202, 299][..]),
        (Failed, &[400, 403, 404, 413, 422]),
        (Sending, &[301, 401, 408, 410, 429, 500, 503]),
    ] {
        for status in statuses {
            let (mut fixture, _, message) = Fixture::with_message();
            fixture.attempt(message, answered(*status));
            assert_eq!(fixture.state(message), after, "{status}");
        }
    }
}

#[test]
fn a_failed_attempt_is_repeated_on_the_schedule() {
    let (mut fixture, _, message) = Fixture::with_message();
    let first = fixture.now;
    for offset in [1, 5, 15, 60, 300, 900, 3_600, 10_800, 21_600, 43_200] {
        fixture.attempt(message, answered(500));
        let due = fixture.due_at(message).since(first).as_secs_f64();
        let offset = f64::from(offset);
        assert!(
            (offset * 0.79..=offset * 1.21).contains(&due),
            "{due} for {offset}"
        );
        fixture.now = fixture.due_at(message);
    }
    assert_eq!(fixture.message(message).attempts, 10);
}

#[test]
fn missed_attempts_are_not_made_up_for() {
    let (mut fixture, _, message) = Fixture::with_message();
    fixture.attempt(message, answered(500));
    fixture.wait(Duration::from_hours(2));
    fixture.attempt(message, answered(500));
    assert!(fixture.due().is_empty());
    fixture.wait(2 * SECOND);
    assert_eq!(fixture.due(), [message]);
}

#[test]
fn retry_after_pauses_the_channel_up_to_a_limit() {
    let mut fixture = Fixture::open();
    let [first, other, third] = ["one", "two", "three"].map(|chat| fixture.sends_in("ann", chat));
    fixture.begin_attempt(first);
    fixture.begin_attempt(third);
    fixture.end_attempt(first, answered_after(429, Some(60)));
    assert!(fixture.due().is_empty());
    // A failure without `Retry-After` does not shorten the pause.
    fixture.end_attempt(third, answered(500));
    fixture.wait(59 * SECOND);
    assert!(fixture.due().is_empty());
    fixture.wait(SECOND);
    assert!(fixture.due().contains(&other) && fixture.due().contains(&first));
    fixture.attempt(other, answered_after(503, Some(u64::MAX)));
    let max = Duration::from_mins(15);
    assert_eq!(fixture.due_at(other), fixture.now.plus(max));
    assert!(fixture.due().is_empty());
    fixture.wait(max);
    fixture.rules.retry_after_max = 5 * SECOND;
    fixture.attempt(other, answered_after(429, Some(21_600)));
    assert_eq!(fixture.due_at(other), fixture.now.plus(5 * SECOND));
}

#[test]
fn a_rejected_code_interrupts_the_channel_and_keeps_its_messages() {
    let (mut fixture, _, message) = Fixture::with_message();
    fixture.attempt(message, answered(401));
    assert_eq!(
        fixture.kinds(),
        ["delivery-changed", "channel-status-changed"]
    );
    assert_eq!(fixture.default_channel().status, ChannelStatus::Interrupted);
    fixture.wait(Duration::from_hours(1));
    assert!(fixture.due().is_empty());
    fixture.rejects_request(&attempting(message), Code::ChannelDisconnected);
    fixture.verified(fixture.channel, Purpose::Reconnect, Ok(full_proof()));
    assert_eq!(fixture.due(), [message]);
    fixture.attempt(message, answered(410));
    let status = fixture.default_channel().status;
    assert_eq!(status, ChannelStatus::Disconnected);
}

#[test]
fn a_closed_session_is_still_delivered_and_a_disconnected_channel_is_not() {
    let (mut fixture, session, id) = Fixture::with_message();
    fixture.does("ann", close(session));
    assert_eq!(fixture.due(), [id]);
    fixture.does("root", disconnect(fixture.channel));
    assert!(fixture.due().is_empty());
    let expiry = fixture.next_due().unwrap();
    assert_eq!(expiry.since(fixture.now), fixture.rules.time_to_live);
    fixture.verified(fixture.channel, Purpose::Reconnect, Ok(full_proof()));
    assert_eq!(fixture.due(), [id]);
}

#[test]
fn a_message_expires_after_a_day_and_frees_its_chat() {
    let (mut fixture, session, first) = Fixture::with_message();
    fixture.wait(SECOND);
    let second = fixture.sends("ann", session);
    assert_eq!(fixture.expired(), []);
    fixture.system(SystemCommand::Expire(first));
    fixture.assert_no_event();
    fixture.wait(DAY.saturating_sub(SECOND));
    assert_eq!(fixture.expired(), [first]);
    fixture.system(SystemCommand::Expire(first));
    assert_eq!(fixture.state(first), DeliveryState::Expired);
    assert_eq!(fixture.due(), [second]);
    fixture.system(SystemCommand::Expire(first));
    fixture.assert_no_event();
}
