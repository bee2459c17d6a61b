use super::SECOND;
use crate::id::MessageId;
use crate::messenger::{Inbound, ReceiptStatus};
use crate::model::DeliveryState;
use crate::rejection::Code;
use crate::workspace::tests::fixture::{Fixture, answered, timed_out};

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
    for status in [ReceiptStatus::Failed, ReceiptStatus::Delivered] {
        check(&mut fixture, id, status, DeliveryState::Failed);
    }
    assert_eq!(fixture.default_channel().pending, 0);
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
