use super::{DAY, SECOND};
use crate::command::{Replay, SystemCommand};
use crate::id::MessageId;
use crate::messenger::{Inbound, ReceiptStatus};
use crate::model::DeliveryState;
use crate::rejection::Code;
use crate::workspace::tests::fixture::{Fixture, START, answered, retry, timed_out};

fn receipt(message: MessageId, status: ReceiptStatus) -> Inbound {
    Inbound::Status {
        message,
        status,
        reason: None,
    }
}

#[track_caller]
fn check(fixture: &mut Fixture, id: MessageId, status: ReceiptStatus, after: DeliveryState) {
    fixture.receive(receipt(id, status)).unwrap();
    assert_eq!(fixture.state(id), after);
}

#[test]
fn a_receipt_moves_a_delivery_forward_and_never_back() {
    let (mut fixture, _, id) = Fixture::with_message();
    fixture.attempt(id, answered(200));
    let delivered_at = fixture.now;
    for (status, after) in [
        (ReceiptStatus::Delivered, DeliveryState::Delivered),
        (ReceiptStatus::Failed, DeliveryState::Delivered),
        (ReceiptStatus::Read, DeliveryState::Read),
        (ReceiptStatus::Delivered, DeliveryState::Read),
    ] {
        check(&mut fixture, id, status, after);
        fixture.wait(SECOND);
    }
    let extra = fixture.message(id).extra();
    assert_eq!(extra.delivered_at, Some(delivered_at));
}

#[test]
fn a_delivered_message_is_not_attempted_again_after_a_timeout() {
    let (mut fixture, _, id) = Fixture::with_message();
    fixture.begin_attempt(id);
    let delivered = DeliveryState::Delivered;
    check(&mut fixture, id, ReceiptStatus::Delivered, delivered);
    assert!(fixture.due().is_empty() && fixture.workspace.pending(id).is_none());
    fixture.end_attempt(id, timed_out());
    assert_eq!(fixture.state(id), delivered);
}

#[test]
fn a_failed_receipt_ends_a_delivery() {
    let (mut fixture, _, id) = Fixture::with_message();
    for _ in 0..2 {
        check(
            &mut fixture,
            id,
            ReceiptStatus::Failed,
            DeliveryState::Failed,
        );
    }
    assert_eq!(fixture.default_channel().pending, 0);
}

#[test]
fn a_receipt_after_a_failure_is_believed_and_ends_the_retries() {
    let ends: [fn(&mut Fixture, MessageId); 3] = [
        |fixture, id| fixture.attempt(id, answered(404)),
        |fixture, id| {
            fixture.attempt(id, answered(504));
            fixture.wait(DAY);
            fixture.system(SystemCommand::Expire(id));
        },
        |fixture, id| {
            fixture.attempt(id, answered(200));
            fixture.receive(receipt(id, ReceiptStatus::Failed)).unwrap();
        },
    ];
    for end in ends {
        for (status, after) in [
            (ReceiptStatus::Delivered, DeliveryState::Delivered),
            (ReceiptStatus::Read, DeliveryState::Read),
        ] {
            let (mut fixture, _, id) = Fixture::with_message();
            end(&mut fixture, id);
            assert!(fixture.state(id) >= DeliveryState::Failed);
            check(&mut fixture, id, status, after);
            fixture.rejects("ann", retry(id), Code::Conflict);
            fixture.does("root", Replay::Since(fixture.channel, START));
            fixture.assert_no_event();
            check(&mut fixture, id, ReceiptStatus::Failed, after);
        }
    }
}

#[test]
fn a_repeated_failed_receipt_does_not_end_a_retry_that_is_not_accepted() {
    let (mut fixture, _, id) = Fixture::with_message();
    fixture.attempt(id, answered(200));
    check(
        &mut fixture,
        id,
        ReceiptStatus::Failed,
        DeliveryState::Failed,
    );
    fixture.does("ann", retry(id));
    check(
        &mut fixture,
        id,
        ReceiptStatus::Failed,
        DeliveryState::Queued,
    );
    fixture.attempt(id, answered(500));
    check(
        &mut fixture,
        id,
        ReceiptStatus::Failed,
        DeliveryState::Sending,
    );
    fixture.assert_no_event();
    fixture.wait(DAY / 24);
    fixture.attempt(id, answered(200));
    // Now it may be about the retry.
    check(
        &mut fixture,
        id,
        ReceiptStatus::Failed,
        DeliveryState::Failed,
    );
}

#[test]
fn a_receipt_ends_a_retry_that_has_begun() {
    for attempts in [0, 1] {
        let (mut fixture, _, id) = Fixture::with_message();
        fixture.attempt(id, answered(404));
        fixture.does("ann", retry(id));
        for _ in 0..attempts {
            fixture.attempt(id, answered(500));
        }
        check(&mut fixture, id, ReceiptStatus::Read, DeliveryState::Read);
        assert_eq!(fixture.default_channel().pending, 0);
        assert!(fixture.next_due().is_none());
    }
}

#[test]
fn a_receipt_for_a_message_that_was_not_sent_to_the_channel_is_rejected() {
    let (mut fixture, session, sent) = Fixture::with_message();
    let (inbound, unknown) = (fixture.first_of(session), MessageId::from_bytes([4; 16]));
    for id in [inbound, unknown] {
        fixture.rejects_inbound(receipt(id, ReceiptStatus::Read), Code::NotFound);
    }
    fixture.channel = fixture.new_channel("https://other.example/");
    fixture.rejects_inbound(receipt(sent, ReceiptStatus::Read), Code::NotFound);
}
