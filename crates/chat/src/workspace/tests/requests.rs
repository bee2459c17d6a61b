//! Signed requests that are not messages have one effect.

use std::time::Duration;

use super::fixture::{Fixture, deleted, disconnect, edited, full_proof, message, reconnect, retry};
use super::invariants;
use crate::command::{Reply, Request};
use crate::event::RequestAccepted;
use crate::messenger::{Inbound, ReceiptStatus};
use crate::model::{ChannelStatus, DeliveryState};
use crate::rejection::Code;
use crate::rules::{REQUEST_AGE_MAX, REQUESTS_MAX};
use crate::table::stored::Rows;
use crate::verification::Purpose;

impl Fixture {
    fn signed(&self, webhook_id: &str, inbound: Inbound) -> Request {
        Request::inbound(self.channel, inbound).signed(webhook_id)
    }

    fn receives_signed(&mut self, webhook_id: &str, inbound: Inbound) -> Reply {
        self.request(&self.signed(webhook_id, inbound)).unwrap()
    }

    fn reconnects(&mut self) {
        self.does("root", reconnect(self.channel));
        self.verified(self.channel, Purpose::Reconnect, Ok(full_proof()));
    }

    #[track_caller]
    fn assert_repeated(&mut self, webhook_id: &str, inbound: Inbound) {
        let reply = self.receives_signed(webhook_id, inbound);
        assert_eq!(reply, Reply::Repeated);
        self.assert_no_event();
    }
}

#[test]
fn a_signed_request_that_is_repeated_has_no_effect() {
    let mut fixture = Fixture::open();
    fixture.writes("1", "chat", "eva");
    fixture.receives_signed("first", edited("1", "b"));
    assert_eq!(fixture.kinds(), ["message-edited", "request-accepted"]);
    fixture.receives_signed("second", edited("1", "c"));
    fixture.assert_repeated("first", edited("1", "b"));
    // Edits that wait for their message, too.
    fixture.receives_signed("third", edited("2", "b"));
    fixture.receives_signed("fourth", deleted("2"));
    fixture.assert_repeated("third", edited("2", "b"));
    fixture.assert_repeated("fourth", deleted("2"));
}

#[test]
fn a_receipt_that_is_repeated_does_not_fail_a_message_that_was_sent_again() {
    let (mut fixture, _, sent) = Fixture::with_message();
    let failed = Inbound::Status {
        message: sent,
        status: ReceiptStatus::Failed,
        reason: None,
    };
    fixture.receives_signed("first", failed.clone());
    fixture.does("ann", retry(sent));
    fixture.assert_repeated("first", failed);
    assert_eq!(fixture.state(sent), DeliveryState::Queued);
}

#[test]
fn a_disconnection_that_is_repeated_after_a_reconnect_has_no_effect() {
    let mut fixture = Fixture::open();
    fixture.writes("1", "chat", "eva");
    fixture.receives_signed("edit", edited("1", "b"));
    fixture.receives_signed("first", Inbound::Disconnect);
    // What was accepted before keeps its first answer.
    fixture.assert_repeated("first", Inbound::Disconnect);
    fixture.assert_repeated("edit", edited("1", "b"));
    fixture.reconnects();
    fixture.assert_repeated("first", Inbound::Disconnect);
    assert_eq!(
        fixture.channel(fixture.channel).status,
        ChannelStatus::Active
    );
}

/// The text may be the same now and another one later.
#[test]
fn a_request_without_an_effect_has_none_later_either() {
    let mut fixture = Fixture::open();
    fixture.writes("1", "chat", "eva");
    let unchanged = Request {
        edit_has_effect: false,
        ..fixture.signed("first", edited("1", "hello"))
    };
    fixture.request(&unchanged).unwrap();
    assert_eq!(fixture.kinds(), ["request-accepted"]);
    assert_eq!(fixture.request(&unchanged), Ok(Reply::Repeated));
    fixture.assert_no_event();
    fixture.receives_signed("second", edited("1", "b"));
    fixture.assert_repeated("first", edited("1", "hello"));
}

#[test]
fn a_webhook_id_belongs_to_one_request_of_one_channel() {
    let mut fixture = Fixture::open();
    fixture.writes("1", "chat", "eva");
    fixture.receives_signed("first", edited("1", "b"));
    for other in [
        edited("1", "c"),
        edited("2", "b"),
        deleted("1"),
        Inbound::Disconnect,
    ] {
        let request = fixture.signed("first", other);
        fixture.rejects_request(&request, Code::MessageConflict);
    }
    fixture.channel = fixture.new_channel("https://other.example/");
    fixture.writes("1", "chat", "eva");
    fixture.receives_signed("first", edited("1", "b"));
    assert_eq!(fixture.kinds(), ["message-edited", "request-accepted"]);
}

/// Messages have their own ids, and a rejected request had no effect.
#[test]
fn messages_and_rejected_requests_may_use_a_webhook_id_again() {
    let mut fixture = Fixture::open();
    for id in ["1", "2"] {
        let said = Inbound::Message(message(id, "chat", "eva", "hello"));
        fixture.receives_signed("first", said);
        assert!(fixture.kinds().contains(&"message-received"));
    }
    fixture.does("root", disconnect(fixture.channel));
    let edit = fixture.signed("second", edited("1", "b"));
    fixture.rejects_request(&edit, Code::ChannelDisconnected);
    fixture.reconnects();
    fixture.request(&edit).unwrap();
    assert_eq!(fixture.kinds(), ["message-edited", "request-accepted"]);
}

#[test]
fn requests_are_forgotten_when_their_signature_has_expired() {
    let mut fixture = Fixture::open();
    fixture.receives_signed("first", edited("1", "b"));
    // A timestamp may be five minutes ahead, and is valid for five minutes.
    fixture.wait(Duration::from_mins(10));
    fixture.receives_signed("second", edited("1", "c"));
    fixture.assert_repeated("first", edited("1", "b"));
    fixture.wait(Duration::from_millis(1));
    fixture.receives_signed("first", edited("1", "b"));
    assert_eq!(fixture.kinds(), ["edit-parked", "request-accepted"]);
    fixture.wait(REQUEST_AGE_MAX + Duration::from_millis(1));
    fixture.receives_signed("third", edited("1", "d"));
    assert_eq!(fixture.workspace.requests.len(), 1);
    invariants::check(&fixture);
    invariants::check_rebuild(&fixture);
}

#[test]
fn requests_are_remembered_over_a_restart() {
    let mut fixture = Fixture::open();
    fixture.receives_signed("first", edited("1", "b"));
    let mut rows = Rows::default();
    fixture.rows(&mut rows);
    fixture.workspace = rows.load(fixture.workspace.position);
    fixture.assert_repeated("first", edited("1", "b"));
    fixture.wait(2 * REQUEST_AGE_MAX);
    fixture.receives_signed("second", edited("1", "c"));
    assert_eq!(fixture.workspace.requests.len(), 1);
}

#[test]
fn at_the_limit_new_requests_wait_and_nothing_is_forgotten() {
    let mut fixture = Fixture::open();
    let first = fixture.signed("first", Inbound::Disconnect).signed.unwrap();
    let (channel, now) = (fixture.channel, fixture.now);
    for n in 0..REQUESTS_MAX as u128 - 1 {
        let accepted = RequestAccepted {
            webhook_id: (u128::from_be_bytes(first.webhook_id) ^ n).to_be_bytes(),
            ..first
        };
        fixture.workspace.remember_request(channel, accepted, now);
    }
    fixture.receives_signed("last", edited("1", "a"));
    let next = fixture.signed("next", edited("1", "b"));
    fixture.rejects_request(&next, Code::Unavailable);
    fixture.assert_repeated("first", Inbound::Disconnect);
    // Other channels are not affected.
    let full = fixture.channel;
    fixture.channel = fixture.new_channel("https://other.example/");
    fixture.receives_signed("next", edited("1", "b"));
    fixture.channel = full;
    fixture.wait(2 * REQUEST_AGE_MAX);
    fixture.request(&next).unwrap();
    fixture.receives_signed("after that", edited("1", "c"));
}
