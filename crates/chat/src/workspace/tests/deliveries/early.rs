use std::time::Duration;

use super::{DAY, SECOND};
use crate::command::{Replay, SystemCommand};
use crate::id::MessageId;
use crate::messenger::{Inbound, ReceiptStatus};
use crate::model::{ChannelStatus, DeliveryState};
use crate::rejection::Code;
use crate::verification::Purpose;
use crate::workspace::tests::fixture::{
    Fixture, START, answered, answered_after, deleted, disconnect, edited, full_proof, message,
    retry, timed_out,
};

const HOUR: Duration = Duration::from_hours(1);

/// One message per chat, whose next attempt is hours away.
fn away(chats: &[&str]) -> (Fixture, Vec<MessageId>) {
    let mut fixture = Fixture::open();
    let all: Vec<_> = chats.iter().map(|c| fixture.sends_in("ann", c)).collect();
    // Few attempts, so that the breaker stays closed.
    fixture.rules.schedule = vec![Duration::ZERO, 5 * HOUR];
    for id in &all {
        fixture.attempt(*id, answered(500));
    }
    fixture.wait(60 * SECOND);
    assert!(fixture.due().is_empty());
    let next = fixture.next_due().unwrap();
    assert!(next.since(fixture.now) > HOUR);
    (fixture, all)
}

#[test]
fn every_request_of_the_messenger_brings_one_retry_forward() {
    let status = |message| Inbound::Status {
        message,
        status: ReceiptStatus::Delivered,
        reason: None,
    };
    let typing = Inbound::Typing {
        external_chat_id: "one".to_owned(),
        external_user_id: "one's".to_owned(),
    };
    let duplicate = message("first of one", "one", "one's", "hello");
    for inbound in [
        Inbound::Message(message("new", "three", "eva", "hello")),
        Inbound::Message(duplicate),
        edited("first of one", "hello!"),
        deleted("first of one"),
        edited("unknown", "hello!"),
        typing,
    ] {
        let (mut fixture, _) = away(&["one", "two"]);
        fixture.receive(inbound.clone()).unwrap();
        assert_eq!(fixture.due().len(), 1, "{inbound:?}");
    }
    let (mut fixture, all) = away(&["one", "two"]);
    fixture.receive(status(all[0])).unwrap();
    assert_eq!(fixture.due(), [all[1]]);
}

#[test]
fn a_notice_that_was_answered_brings_one_retry_forward() {
    let (mut fixture, _) = away(&["one", "two"]);
    fixture.system(SystemCommand::NoticeAnswered(fixture.channel));
    assert_eq!(fixture.due().len(), 1);
    assert_eq!(fixture.records.len(), 1);
}

#[test]
fn any_final_answer_brings_all_retries_forward() {
    for status in [200, 400, 422] {
        let (mut fixture, all) = away(&["one", "two"]);
        let third = fixture.sends_in("ann", "three");
        let probe = fixture.due();
        fixture.attempt(third, answered(status));
        let due = fixture.due();
        assert_eq!(due.len(), all.len(), "{status}, after {probe:?}");
    }
}

#[test]
fn a_messenger_that_only_sends_gets_one_early_attempt_in_ten_seconds() {
    let (mut fixture, _) = away(&["one", "two"]);
    let mut attempts = Vec::new();
    for n in 0..60 {
        fixture.writes(&format!("more {n}"), "three", "eva");
        for id in fixture.due() {
            attempts.push(id);
            fixture.attempt(id, timed_out());
        }
        fixture.wait(SECOND);
    }
    assert_eq!(attempts.len(), 6);
    assert_ne!(attempts[0], attempts[1], "they take turns");
    // The schedule goes on where it was.
    let next = fixture.next_due().unwrap();
    assert!(next.since(fixture.now) > HOUR);
}

#[test]
fn a_message_that_fails_while_others_are_accepted_is_tried_less_and_less() {
    let (mut fixture, all) = away(&["bad"]);
    let session = fixture.session_of("ann", "good");
    let before = fixture.message(all[0]).attempts;
    for _ in 0..1_000 {
        let id = fixture.sends("ann", session);
        fixture.attempt(id, answered(200));
        if fixture.due().contains(&all[0]) {
            fixture.attempt(all[0], answered(500));
        }
        fixture.wait(SECOND);
    }
    let tried = fixture.message(all[0]).attempts - before;
    assert!((4..=16).contains(&tried), "tried {tried} times");
}

#[test]
fn a_request_of_the_messenger_lets_the_breaker_probe_at_once_and_a_failure_keeps_it_open() {
    let mut fixture = Fixture::open();
    let chats: Vec<String> = (0..10).map(|n| format!("chat {n}")).collect();
    let heads: Vec<_> = chats.iter().map(|c| fixture.sends_in("ann", c)).collect();
    for head in &heads {
        fixture.attempt(*head, timed_out());
    }
    fixture.wait(60 * SECOND);
    for _ in 0..6 {
        let head = fixture.due()[0];
        fixture.attempt(head, timed_out());
        fixture.now = fixture.next_due().unwrap();
    }
    fixture.attempt(heads[0], timed_out());
    assert!(fixture.default_channel().breaker.open && fixture.due().is_empty());
    fixture.writes("back", "another", "eva");
    let probe = fixture.due()[0];
    fixture.attempt(probe, timed_out());
    assert!(fixture.default_channel().breaker.open && fixture.due().is_empty());
    fixture.wait(10 * SECOND);
    fixture.writes("back again", "another", "eva");
    let probe = fixture.due()[0];
    fixture.attempt(probe, answered(200));
    assert!(!fixture.default_channel().breaker.open);
    assert_eq!(fixture.due().len(), 9);
}

#[test]
fn a_pause_that_the_messenger_requested_is_kept() {
    let mut fixture = Fixture::open();
    let [one, two] = ["one", "two"].map(|chat| fixture.sends_in("ann", chat));
    fixture.begin_attempt(two);
    fixture.attempt(one, answered_after(429, Some(600)));
    fixture.writes("back", "another", "eva");
    assert!(fixture.due().is_empty());
    // Even when the other chat's message is accepted.
    fixture.end_attempt(two, answered(200));
    assert!(fixture.due().is_empty());
    // Or the broker is restarted.
    fixture.system(SystemCommand::Resume(fixture.channel));
    assert!(fixture.due().is_empty());
    fixture.wait(600 * SECOND);
    assert_eq!(fixture.due(), [one]);
}

#[test]
fn a_passed_test_makes_all_retries_due() {
    let (mut fixture, all) = away(&["one", "two"]);
    fixture.verified(fixture.channel, Purpose::Test, Ok(full_proof()));
    assert_eq!(fixture.due().len(), all.len());
    assert_eq!(fixture.kinds(), ["delivery-changed"; 2]);
    fixture.verified(fixture.channel, Purpose::Test, Ok(full_proof()));
    fixture.assert_no_event();
}

#[test]
fn a_reconnect_and_a_new_webhook_make_all_retries_due() {
    let moved = Purpose::Webhook("https://new.example/".to_owned());
    for purpose in [Purpose::Reconnect, moved] {
        let (mut fixture, all) = away(&["one", "two"]);
        fixture.verified(fixture.channel, purpose.clone(), Ok(full_proof()));
        assert_eq!(fixture.due().len(), all.len(), "{purpose:?}");
    }
}

#[test]
fn after_a_start_one_message_is_due_at_once_and_the_others_within_a_minute() {
    let chats: Vec<String> = (0..10).map(|n| n.to_string()).collect();
    let chats: Vec<&str> = chats.iter().map(String::as_str).collect();
    let (mut fixture, all) = away(&chats);
    fixture.system(SystemCommand::Resume(fixture.channel));
    assert_eq!(fixture.due().len(), 1);
    let first = fixture.due()[0];
    let mut later = fixture.twin();
    later.wait(60 * SECOND);
    fixture.attempt(first, answered(200));
    assert_eq!(fixture.due().len(), all.len() - 1);
    // Also if the first of them fails.
    later.now = fixture.now.plus(60 * SECOND);
    assert_eq!(later.due().len(), all.len());
}

#[test]
fn a_waiting_message_is_retried_by_hand_and_its_chat_keeps_the_order() {
    let (mut fixture, all) = away(&["one"]);
    let session = fixture.workspace.message(all[0]).unwrap().0;
    let second = fixture.sends("ann", session);
    fixture.does("ann", retry(second));
    assert_eq!(fixture.due(), all);
    let shown = fixture.workspace.wait(all[0]).unwrap();
    assert_eq!((shown.at, shown.reason), (Some(fixture.now), None));
    fixture.attempt(all[0], answered(500));
    fixture.does("root", Replay::Message(all[0]));
    assert_eq!(fixture.due(), all);
    fixture.attempt(all[0], answered(500));
    fixture.does("root", Replay::Since(fixture.channel, START));
    assert_eq!(fixture.due(), all);
    fixture.does(
        "root",
        Replay::Since(fixture.channel, fixture.now.plus(DAY)),
    );
    fixture.assert_no_event();
    fixture.does("root", disconnect(fixture.channel));
    fixture.rejects("ann", retry(all[0]), Code::ChannelDisconnected);
}

#[test]
fn what_waits_at_another_or_inactive_channel_keeps_waiting() {
    let (mut fixture, _) = away(&["one"]);
    let waiting = fixture.channel;
    fixture.channel = fixture.new_channel("https://other.example/");
    fixture.writes("hello", "chat", "eva");
    let sent = fixture.sends_in("ann", "two");
    fixture.attempt(sent, answered(200));
    assert!(fixture.due().is_empty());
    fixture.channel = waiting;
    fixture.receive(Inbound::Disconnect).unwrap();
    assert_eq!(fixture.status(waiting), ChannelStatus::Disconnected);
    for command in [
        SystemCommand::Resume(waiting),
        SystemCommand::NoticeAnswered(waiting),
    ] {
        fixture.system(command);
        fixture.assert_no_event();
    }
}

#[test]
fn traffic_at_a_channel_without_retries_causes_no_further_event() {
    let (mut fixture, _, sent) = Fixture::with_message();
    fixture.attempt(sent, answered(200));
    fixture.writes("more", "chat", "chat's");
    assert_eq!(fixture.kinds(), ["message-received"]);
    fixture.system(SystemCommand::NoticeAnswered(fixture.channel));
    fixture.assert_no_event();
    assert_eq!(fixture.state(sent), DeliveryState::Accepted);
}

#[test]
fn a_receipt_does_not_bring_forward_the_delivery_that_it_settles() {
    for status in [ReceiptStatus::Failed, ReceiptStatus::Delivered] {
        let (mut fixture, all) = away(&["one"]);
        let receipt = Inbound::Status {
            message: all[0],
            status,
            reason: None,
        };
        fixture.receive(receipt).unwrap();
        assert_eq!(fixture.records.len(), 1);
        assert!(fixture.workspace.pending(all[0]).is_none());
    }
}
