use std::time::Duration;

use super::DAY;
use crate::model::ChannelStatus;
use crate::state::Breaker;
use crate::workspace::tests::fixture::{Fixture, answered, timed_out};

const MINUTE: Duration = Duration::from_mins(1);

#[test]
fn the_breaker_opens_after_ten_failures_and_a_minute_and_allows_one_probe() {
    let mut fixture = Fixture::open();
    let chats: Vec<String> = (0..10).map(|n| format!("chat {n}")).collect();
    let heads: Vec<_> = chats.iter().map(|c| fixture.sends_in("ann", c)).collect();
    for head in &heads {
        fixture.attempt(*head, timed_out());
    }
    assert!(!fixture.default_channel().breaker.open, "before a minute");
    fixture.wait(MINUTE);
    fixture.attempt(heads[0], timed_out());
    assert!(fixture.default_channel().breaker.open);
    let kinds = ["delivery-changed", "channel-status-changed"];
    assert_eq!(fixture.kinds(), kinds);
    assert!(fixture.due().is_empty());

    // Pauses grow to a minute.
    for pause in [1, 2, 4, 8, 16, 32, 60, 60] {
        let at = fixture.next_due().unwrap();
        assert_eq!(at.since(fixture.now), Duration::from_secs(pause));
        fixture.now = at;
        let probe = fixture.due()[0];
        fixture.attempt(probe, timed_out());
    }
    fixture.now = fixture.next_due().unwrap();
    let probe = fixture.due()[0];
    fixture.attempt(probe, answered(200));
    assert_eq!(fixture.default_channel().breaker, Breaker::default());
    assert_eq!(fixture.kinds(), kinds);
    fixture.wait(10 * MINUTE);
    assert_eq!(fixture.due().len(), 9);
}

#[test]
fn a_channel_hangs_from_a_timeout_to_the_next_answer() {
    let (mut fixture, _, message) = Fixture::with_message();
    assert!(!fixture.default_channel().is_hanging());
    for (reply, hangs) in [
        (timed_out(), true),
        (answered(500), false),
        (timed_out(), true),
        (answered(200), false),
    ] {
        fixture.wait(MINUTE);
        fixture.attempt(message, reply);
        assert_eq!(fixture.default_channel().is_hanging(), hangs);
    }
}

#[test]
fn a_channel_that_fails_for_a_day_is_interrupted() {
    let (mut fixture, _, first) = Fixture::with_message();
    fixture.attempt(first, timed_out());
    fixture.wait(DAY.saturating_sub(60 * MINUTE));
    let second = fixture.sends_in("ann", "other");
    fixture.wait(59 * MINUTE);
    fixture.attempt(first, timed_out());
    assert_eq!(fixture.default_channel().status, ChannelStatus::Active);
    fixture.wait(MINUTE);
    fixture.attempt(second, timed_out());
    assert_eq!(fixture.default_channel().status, ChannelStatus::Interrupted);
}
