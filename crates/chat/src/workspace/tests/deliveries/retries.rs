use std::time::Duration;

use super::{DAY, SECOND};
use crate::command::{Replay, SystemCommand};
use crate::messenger::{Inbound, ReceiptStatus};
use crate::model::DeliveryState;
use crate::rejection::Code;
use crate::rules::LANE_MAX;
use crate::workspace::tests::fixture::{
    Fixture, START, answered, close, retry, send, start, timed_out,
};

#[test]
fn a_failed_message_is_retried_under_its_id_behind_the_others() {
    let (mut fixture, session, first) = Fixture::with_message();
    let second = fixture.sends("ann", session);
    fixture.attempt(first, answered(400));
    fixture.rejects("bob", retry(first), Code::NotAssigned);
    fixture.wait(Duration::from_hours(1));
    fixture.does("ann", retry(first));
    assert_eq!(fixture.state(first), DeliveryState::Queued);
    assert_eq!(fixture.due(), [second]);
    fixture.does("ann", retry(first));
    fixture.assert_no_event();
    fixture.attempt(second, answered(200));
    fixture.attempt(first, answered(200));
    assert_eq!(fixture.message(first).attempts, 2);
    assert_eq!(fixture.state(first), DeliveryState::Accepted);
    fixture.rejects("ann", retry(first), Code::Conflict);
    assert!(fixture.next_due().is_none());
}

#[test]
fn the_result_of_an_attempt_before_a_retry_does_not_end_the_retry() {
    for reply in [answered(200), answered(404), answered(500), timed_out()] {
        let (mut fixture, _, id) = Fixture::with_message();
        fixture.begin_attempt(id);
        let failed = Inbound::Status {
            message: id,
            status: ReceiptStatus::Failed,
            reason: None,
        };
        fixture.receive(failed).unwrap();
        fixture.does("ann", retry(id));
        fixture.end_attempt(id, reply);
        assert_eq!(fixture.kinds(), ["delivery-changed"], "it is recorded");
        assert_eq!(fixture.state(id), DeliveryState::Queued);
        assert_eq!(fixture.due(), [id]);
        fixture.attempt(id, answered(200));
        assert_eq!(fixture.state(id), DeliveryState::Accepted);
    }
}

/// The number is part of the request, which must not change between the attempts of a retry.
#[test]
fn only_retries_of_what_failed_are_counted() {
    let (mut fixture, _, id) = Fixture::with_message();
    let retries = |fixture: &Fixture| fixture.message(id).extra().retries;
    let acts = [
        retry(id),
        Replay::Message(id).into(),
        Replay::Since(fixture.channel, START).into(),
    ];
    for (act, before) in acts.into_iter().zip(0..) {
        fixture.attempt(id, answered(500));
        assert!(fixture.due().is_empty());
        fixture.does("root", act.clone());
        assert_eq!(fixture.kinds(), ["delivery-changed"]);
        assert_eq!((fixture.due(), retries(&fixture)), (vec![id], before));
        fixture.attempt(id, answered(400));
        fixture.does("root", act);
        assert_eq!((fixture.due(), retries(&fixture)), (vec![id], before + 1));
    }
    fixture.attempt(id, timed_out());
    assert_eq!(retries(&fixture), 3);
}

#[test]
fn a_retried_message_expires_a_day_after_the_retry() {
    let (mut fixture, _, id) = Fixture::with_message();
    fixture.wait(DAY);
    fixture.system(SystemCommand::Expire(id));
    fixture.does("ann", retry(id));
    assert_eq!(fixture.expired(), []);
    fixture.wait(DAY);
    assert_eq!(fixture.expired(), [id]);
}

#[test]
fn an_administrator_replays_what_failed_since_a_time() {
    let (mut fixture, session, old) = Fixture::with_message();
    fixture.attempt(old, answered(400));
    fixture.wait(SECOND);
    let replay = Replay::Since(fixture.channel, fixture.now);
    let (first, second) = (fixture.sends("ann", session), fixture.sends("ann", session));
    fixture.attempt(first, answered(400));
    fixture.attempt(second, answered(200));
    fixture.rejects("sue", replay.clone(), Code::Forbidden);
    fixture.does("root", replay);
    assert_eq!(fixture.due(), [first]);
    assert_eq!(fixture.records.len(), 1);
    fixture.does("root", Replay::Message(old));
    assert_eq!(fixture.state(old), DeliveryState::Queued);
}

#[test]
fn a_chats_lane_is_bounded_for_messages_retries_and_replays() {
    let (mut fixture, session, failed) = Fixture::with_message();
    fixture.attempt(failed, answered(400));
    for _ in 0..LANE_MAX {
        fixture.sends("ann", session);
    }
    fixture.rejects("ann", send(session, "x"), Code::Unavailable);
    fixture.rejects("ann", retry(failed), Code::Unavailable);
    fixture.does("root", Replay::Since(fixture.channel, START));
    fixture.assert_no_event();
    // A new session on the same chat has the same lane.
    fixture.does("ann", close(session));
    let create = start(fixture.channel, "chat", Some("x"));
    fixture.rejects("ann", create, Code::Unavailable);
}
