use std::collections::BTreeSet;
use std::time::Duration;

use super::SECOND;
use crate::command::Replay;
use crate::event::Event;
use crate::id::MessageId;
use crate::messenger::{Inbound, ReceiptStatus};
use crate::model::DeliveryState;
use crate::reason::Reason;
use crate::rejection::Code;
use crate::verification::Purpose;
use crate::workspace::Wait;
use crate::workspace::tests::fixture::{
    Fixture, START, answered, answered_after, disconnect, full_proof, message, retry, timed_out,
};
use crate::workspace::tests::invariants;

/// Three chats of a channel whose messenger asked for a pause: a message that it answered with
/// `Retry-After`, one that was not tried yet, and one that failed before.
fn paused() -> (Fixture, [MessageId; 3]) {
    let mut fixture = Fixture::open();
    let all = ["one", "two", "three"].map(|chat| fixture.sends_in("ann", chat));
    fixture.attempt(all[2], answered(400));
    fixture.attempt(all[0], answered_after(503, Some(21_600)));
    fixture.wait(SECOND);
    assert!(fixture.due().is_empty());
    let next = fixture.next_due().unwrap();
    assert!(next.since(fixture.now) > Duration::from_mins(14));
    (fixture, all)
}

#[test]
fn a_person_ends_a_pause_that_the_messenger_requested() {
    let act: [fn(&mut Fixture, [MessageId; 3]); 6] = [
        |fixture, [one, ..]| drop(fixture.does("ann", retry(one))),
        |fixture, [_, two, _]| drop(fixture.does("ann", retry(two))),
        |fixture, [.., three]| drop(fixture.does("ann", retry(three))),
        |fixture, [_, two, _]| drop(fixture.does("root", Replay::Message(two))),
        |fixture, _| drop(fixture.does("root", Replay::Since(fixture.channel, START))),
        |fixture, _| fixture.verified(fixture.channel, Purpose::Test, Ok(full_proof())),
    ];
    for (nth, act) in act.into_iter().enumerate() {
        let (mut fixture, all) = paused();
        act(&mut fixture, all);
        let due = fixture.due();
        assert!(due.contains(&all[1]), "{nth}: {due:?}");
        let wanted = match nth {
            0 | 5 => vec![all[0]],
            2 => vec![all[2]],
            4 => all.to_vec(),
            _ => vec![],
        };
        assert!(wanted.iter().all(|id| due.contains(id)), "{nth}: {due:?}");
        // The messenger accepts messages again: everything is due.
        fixture.attempt(all[1], answered(200));
        assert!(fixture.due().contains(&all[0]), "{nth}");
    }
}

#[test]
fn a_pause_that_a_person_ended_begins_again_when_the_messenger_asks_for_it() {
    let (mut fixture, [one, two, _]) = paused();
    fixture.does("ann", retry(one));
    fixture.attempt(one, answered_after(429, Some(60)));
    assert!(fixture.due().is_empty());
    fixture.wait(60 * SECOND);
    assert!(fixture.due().contains(&two));
}

/// Two messages that failed on a paused channel, on which nothing waits: the messenger answered one
/// with `Retry-After` and then reported both as failed.
fn paused_without_retries() -> (Fixture, [MessageId; 2]) {
    let mut fixture = Fixture::open();
    let all = ["one", "two"].map(|chat| fixture.sends_in("ann", chat));
    fixture.begin_attempt(all[1]);
    fixture.attempt(all[0], answered_after(503, Some(600)));
    for message in all {
        let (status, reason) = (ReceiptStatus::Failed, None);
        let failed = Inbound::Status {
            message,
            status,
            reason,
        };
        fixture.receive(failed).unwrap();
    }
    fixture.end_attempt(all[1], answered(500));
    fixture.wait(SECOND);
    assert_eq!(fixture.next_due(), None);
    (fixture, all)
}

#[test]
fn a_replay_of_failed_messages_ends_a_pause_for_which_nothing_else_waits() {
    let act: [fn(&mut Fixture, MessageId); 3] = [
        |fixture, one| drop(fixture.does("ann", retry(one))),
        |fixture, one| drop(fixture.does("root", Replay::Message(one))),
        |fixture, _| drop(fixture.does("root", Replay::Since(fixture.channel, START))),
    ];
    for (nth, act) in act.into_iter().enumerate() {
        let (mut fixture, [one, two]) = paused_without_retries();
        act(&mut fixture, one);
        let since = (nth == 2).then_some(two);
        let wanted = since.into_iter().chain([one]).collect::<BTreeSet<_>>();
        let due: BTreeSet<_> = fixture.due().into_iter().collect();
        assert_eq!(due, wanted, "{nth}");
        assert_eq!(fixture.default_channel().breaker.paused_until, None);
        fixture.attempt(one, answered(200));
        assert_eq!(fixture.state(one), DeliveryState::Accepted, "{nth}");
        invariants::check_rebuild(&fixture);
    }
}

#[test]
fn messages_that_wait_only_for_the_pause_are_released() {
    let act: [fn(&mut Fixture); 2] = [
        |fixture| drop(fixture.does("root", Replay::Since(fixture.channel, START))),
        |fixture| fixture.verified(fixture.channel, Purpose::Test, Ok(full_proof())),
    ];
    for act in act {
        let mut fixture = Fixture::open();
        let [one, two] = ["one", "two"].map(|chat| fixture.sends_in("ann", chat));
        fixture.attempt(one, answered_after(503, Some(600)));
        let read = Inbound::Status {
            message: one,
            status: ReceiptStatus::Read,
            reason: None,
        };
        fixture.receive(read).unwrap();
        assert!(fixture.due().is_empty());
        act(&mut fixture);
        assert_eq!(fixture.due(), [two]);
    }
}

#[test]
fn a_replay_since_a_time_leaves_older_messages_and_their_pause() {
    let (mut fixture, [one, two, _]) = paused();
    let before = fixture.due_at(one);
    let since = fixture.now;
    fixture.does("root", Replay::Since(fixture.channel, since));
    fixture.assert_no_event();
    assert_eq!(fixture.due_at(one), before);
    assert!(fixture.due().is_empty());
    // What failed since ends the pause; the older message keeps its time.
    let session = fixture.session_of("ann", "four");
    let four = fixture.sends("ann", session);
    let failed = Inbound::Status {
        message: four,
        status: ReceiptStatus::Failed,
        reason: None,
    };
    fixture.receive(failed).unwrap();
    fixture.does("root", Replay::Since(fixture.channel, since));
    assert_eq!(fixture.records.len(), 1);
    assert_eq!(fixture.due_at(one), before);
    assert_eq!(fixture.due(), [two, four]);
}

#[test]
fn a_replay_on_a_channel_that_is_not_active_promises_no_time() {
    let (mut fixture, [one, _, three]) = paused();
    fixture.does("root", disconnect(fixture.channel));
    fixture.does("root", Replay::Since(fixture.channel, START));
    let next = fixture.records.iter().map(|record| {
        let Event::DeliveryChanged(e) = &record.event else {
            panic!("{record:?}");
        };
        (e.message, e.next_attempt_at)
    });
    assert_eq!(next.collect::<Vec<_>>(), [(three, None)]);
    fixture.rejects("ann", retry(one), Code::ChannelDisconnected);
}

/// The pause is over when the messenger shows a sign of life: no person ended it.
#[test]
fn the_end_of_a_pause_does_not_bring_forward_what_fails_although_others_succeed() {
    let mut fixture = Fixture::open();
    let all = ["bad", "good", "slow"].map(|chat| fixture.sends_in("ann", chat));
    let [bad, good, slow] = all;
    for _ in 0..5 {
        fixture.attempt(bad, answered(500));
        fixture.now = fixture.due_at(bad);
    }
    fixture.attempt(bad, answered(500));
    fixture.attempt(good, answered(200));
    assert!(
        fixture.due().contains(&bad),
        "brought forward by the answer"
    );
    fixture.attempt(bad, answered(500));
    fixture.attempt(slow, answered_after(503, Some(3)));
    fixture.wait(4 * SECOND);
    let waits = fixture.due_at(bad);
    assert!(waits > fixture.now, "{waits}");
    fixture.attempt(slow, answered(500));
    fixture.wait(SECOND / 4);
    fixture
        .receive(Inbound::Message(message("m", "x", "eva", "hi")))
        .unwrap();
    assert!(fixture.due().contains(&slow), "the probe");
    fixture.attempt(slow, answered(200));
    assert_eq!(fixture.due_at(bad), waits);
}

#[test]
fn a_retry_by_hand_of_a_failed_message_is_tried_first_to_last_in_its_chat() {
    let (mut fixture, [one, ..]) = paused();
    let session = fixture.workspace.message(one).unwrap().0;
    let second = fixture.sends("ann", session);
    fixture.does("ann", retry(one));
    fixture.attempt(one, answered(400));
    fixture.attempt(second, answered_after(503, Some(600)));
    fixture.does("ann", retry(one));
    assert_eq!(fixture.state(one), DeliveryState::Queued);
    assert!(fixture.due().contains(&second), "it is first in its chat");
}

#[test]
fn every_waiting_message_says_what_it_waits_for() {
    let wait = |fixture: &Fixture, id| fixture.workspace.wait(id).unwrap();
    let (mut fixture, [one, two, three]) = paused();
    let until = fixture.next_due().unwrap();
    let paused = Reason::MessengerPaused {
        until: until.to_string(),
    };
    assert_eq!(wait(&fixture, one).at, Some(until));
    let behind_pause = Wait {
        at: Some(until),
        behind: None,
        reason: Some(paused),
    };
    assert_eq!(wait(&fixture, two), behind_pause);
    assert_eq!(fixture.workspace.wait(three), None, "it has failed");
    let session = fixture.workspace.message(two).unwrap().0;
    let second = fixture.sends("ann", session);
    let in_lane = wait(&fixture, second);
    assert_eq!((in_lane.at, in_lane.behind), (None, Some(two)));
    let code = |wait: Wait| wait.reason.unwrap().code();
    assert_eq!(code(in_lane), "waits_in_lane");

    fixture.receive(Inbound::Disconnect).unwrap();
    for id in [one, two, second] {
        let wait = wait(&fixture, id);
        assert_eq!((wait.at, code(wait)), (None, "channel_not_active"));
    }
}

#[test]
fn a_message_behind_an_open_breaker_says_so_and_one_that_is_due_waits_for_nothing() {
    let mut fixture = Fixture::open();
    let another = fixture.session_of("ann", "another");
    let chats: Vec<String> = (0..10).map(|n| format!("chat {n}")).collect();
    let heads: Vec<_> = chats.iter().map(|c| fixture.sends_in("ann", c)).collect();
    let wait = fixture.workspace.wait(heads[0]).unwrap();
    assert_eq!((wait.at, wait.reason), (Some(START), None));
    for head in heads.iter().chain(&heads) {
        fixture.attempt(*head, timed_out());
        fixture.wait(6 * SECOND);
    }
    fixture.attempt(heads[0], timed_out());
    assert!(fixture.default_channel().breaker.open);
    let held = fixture.sends("ann", another);
    let wait = fixture.workspace.wait(held).unwrap();
    assert_eq!(wait.reason, Some(Reason::Failing));
    assert!(wait.at > Some(fixture.now));
    fixture
        .receive(Inbound::Message(message("m", "x", "eva", "hi")))
        .unwrap();
    assert!(!fixture.due().is_empty());
}
