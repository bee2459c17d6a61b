use std::time::Duration;

use super::{DAY, SECOND};
use crate::command::SystemCommand;
use crate::id::MessageId;
use crate::model::{ChannelStatus, DeliveryState};
use crate::workspace::tests::fixture::{Fixture, answered, answered_after, timed_out};

const HOUR_MS: i64 = 3_600_000;
/// Set back by three hours and a day; ahead by one and five days; a step of a few seconds.
const JUMPS: [i64; 5] = [
    -3 * HOUR_MS,
    -24 * HOUR_MS,
    24 * HOUR_MS,
    120 * HOUR_MS,
    -5_000,
];

#[test]
fn a_retry_is_due_after_its_pause_whatever_the_clock_does() {
    for by_ms in JUMPS {
        let (mut fixture, _, id) = Fixture::with_message();
        fixture.attempt(id, answered(500));
        let pause = fixture.due_at(id).since(fixture.now);
        fixture.jump(by_ms);
        assert!(fixture.due().is_empty(), "{by_ms}");
        assert_eq!(fixture.due_at(id).since(fixture.now), pause, "{by_ms}");
        fixture.wait(pause);
        assert_eq!(fixture.due(), [id], "{by_ms}");
        fixture.attempt(id, answered(500));
        let next = fixture.due_at(id).since(fixture.now);
        assert!(next <= 5 * SECOND, "{next:?} after {by_ms}");
    }
}

#[test]
fn the_time_to_live_counts_running_time() {
    for by_ms in JUMPS {
        let (mut fixture, session, first) = Fixture::with_message();
        let behind = fixture.sends("ann", session);
        fixture.jump(by_ms);
        assert_eq!(fixture.expired(), [], "{by_ms}");
        for id in [first, behind] {
            fixture.system(SystemCommand::Expire(id));
            assert_eq!(fixture.state(id), DeliveryState::Queued, "{by_ms}");
        }
        fixture.wait(DAY.saturating_sub(SECOND));
        assert_eq!(fixture.expired(), [], "{by_ms}");
        fixture.wait(SECOND);
        assert_eq!(fixture.expired().len(), 2, "{by_ms}");
    }
}

#[test]
fn a_clock_that_is_ahead_for_a_moment_changes_nothing() {
    let (mut fixture, _, id) = Fixture::with_message();
    fixture.attempt(id, answered(500));
    let before = (fixture.due_at(id), fixture.now);
    fixture.jump(24 * HOUR_MS);
    fixture.jump(-24 * HOUR_MS);
    assert_eq!((fixture.due_at(id), fixture.now), before);
    assert_eq!(fixture.expired(), []);
}

#[test]
fn a_message_sent_while_the_clock_was_ahead_is_delivered_after_it_is_set_back() {
    let mut fixture = Fixture::open();
    let id = fixture.sends_in("ann", "chat");
    fixture.jump(-24 * HOUR_MS);
    assert_eq!(fixture.due(), [id]);
}

/// Opens the breaker of the channel.
fn broken() -> (Fixture, Vec<MessageId>) {
    let mut fixture = Fixture::open();
    let chats: Vec<String> = (0..10).map(|n| format!("chat {n}")).collect();
    let heads: Vec<_> = chats.iter().map(|c| fixture.sends_in("ann", c)).collect();
    for head in &heads {
        fixture.attempt(*head, timed_out());
    }
    fixture.wait(60 * SECOND);
    fixture.attempt(heads[0], timed_out());
    assert!(fixture.default_channel().breaker.open);
    (fixture, heads)
}

#[test]
fn an_open_breaker_probes_after_its_pause_and_does_not_interrupt_the_channel() {
    for by_ms in JUMPS {
        let (mut fixture, _) = broken();
        fixture.jump(by_ms);
        fixture.wait(SECOND);
        let probe = fixture.due()[0];
        fixture.attempt(probe, timed_out());
        let status = fixture.default_channel().status;
        assert_eq!(status, ChannelStatus::Active, "{by_ms}");
        let next = fixture.next_due().unwrap().since(fixture.now);
        assert_eq!(next, 2 * SECOND, "{by_ms}");
    }
}

#[test]
fn a_pause_that_the_messenger_requested_keeps_its_length() {
    for by_ms in JUMPS {
        let mut fixture = Fixture::open();
        let id = fixture.sends_in("ann", "chat");
        fixture.attempt(id, answered_after(503, Some(600)));
        fixture.jump(by_ms);
        fixture.wait(599 * SECOND);
        assert!(fixture.due().is_empty(), "{by_ms}");
        fixture.wait(SECOND);
        assert_eq!(fixture.due(), [id], "{by_ms}");
    }
}

#[test]
fn an_attempt_in_flight_survives_a_jump() {
    for by_ms in JUMPS {
        let (mut fixture, _, id) = Fixture::with_message();
        fixture.begin_attempt(id);
        fixture.jump(by_ms);
        fixture.end_attempt(id, answered(500));
        let pause = fixture.due_at(id).since(fixture.now);
        assert!(pause <= Duration::from_millis(1_200), "{pause:?}");
    }
}

#[test]
fn a_jump_is_recorded_only_where_something_is_scheduled() {
    let (mut fixture, _, id) = Fixture::with_message();
    let other = fixture.new_channel("https://other.example/");
    fixture.system(SystemCommand::ShiftSchedule(other, HOUR_MS));
    fixture.assert_no_event();
    fixture.system(SystemCommand::ShiftSchedule(fixture.channel, HOUR_MS));
    assert_eq!(fixture.kinds(), ["schedule-shifted"]);
    fixture.attempt(id, answered(200));
    fixture.system(SystemCommand::ShiftSchedule(fixture.channel, HOUR_MS));
    fixture.assert_no_event();
}
