//! What an answer means for a message and its channel.

use std::time::Duration;

use crate::event::{Attempt, ChannelStatusChanged, DeliveryChanged};
use crate::model::{ChannelStatus, DeliveryState};
use crate::reason::Reason;
use crate::rpc::{AttemptReply, Outcome};
use crate::rules::RETRY_AFTER_MAX;
use crate::seal::Private;
use crate::state::{Breaker, Channel, Delivery, Message};
use crate::time::Timestamp;
use crate::verdict::{RequestKind, Verdict};
use crate::workspace::Context;
use crate::workspace::channels::{judgement, status};
use crate::workspace::deliveries::unchanged;

/// How much of an answer is kept, in characters: its start tells an administrator what is wrong.
const ANSWER_CHARS_MAX: usize = 256;

pub(in crate::workspace) fn attempt_outcome(
    reply: &AttemptReply,
    message: &Message,
    delivery: &Delivery,
    previous: u64,
    context: &mut Context<'_>,
) -> DeliveryChanged {
    let now = context.now;
    let (answered, attempt) = made(reply, previous);
    let (verdict, reason) = match &reply.outcome {
        Outcome::Answered { status, .. } => (
            Verdict::of(RequestKind::Message, *status),
            Reason::of_status(*status),
        ),
        Outcome::Failed(reason) => (Verdict::Retry, reason.clone()),
    };
    let reason = Some(reason);
    // Where no egress took it there was no attempt: that says nothing of the messenger.
    let change = DeliveryChanged {
        status: answered,
        attempt: Some(attempt).filter(|_| was_made(reply)),
        ..unchanged(message, delivery)
    };
    match verdict {
        Verdict::Accepted => DeliveryChanged {
            state: DeliveryState::Accepted,
            ..change
        },
        Verdict::Final => DeliveryChanged {
            state: DeliveryState::Failed,
            reason,
            ..change
        },
        Verdict::WrongCode | Verdict::Gone => DeliveryChanged {
            state: DeliveryState::Sending,
            next_attempt_at: Some(now),
            reason,
            ..change
        },
        Verdict::Retry => {
            let pause_until = retry_after(&reply.outcome, now);
            let first = delivery.first_at.unwrap_or(now);
            let scheduled = context
                .rules
                .next_attempt(delivery.tries, first, context.chance);
            // A message that had to wait for its channel is past many of its times: they are not
            // made up for one after the other.
            let next = scheduled
                .max(now.plus(context.rules.pause_min()))
                .max(pause_until.unwrap_or(now));
            DeliveryChanged {
                state: DeliveryState::Sending,
                next_attempt_at: Some(next),
                reason,
                pause_until,
                ..change
            }
        }
    }
}

/// An attempt whose answer came after the delivery had got further by a receipt.
pub(in crate::workspace) fn late_attempt(
    reply: &AttemptReply,
    message: &Message,
    state: DeliveryState,
    previous: u64,
) -> DeliveryChanged {
    let (status, attempt) = made(reply, previous);
    DeliveryChanged {
        status,
        attempt: Some(attempt),
        ..DeliveryChanged::new(message.id, state, message.attempts)
    }
}

/// Whether anything can have been sent.
pub(in crate::workspace) fn was_made(reply: &AttemptReply) -> bool {
    match &reply.outcome {
        Outcome::Answered { .. } => true,
        Outcome::Failed(reason) => !reason.is_unsent(),
    }
}

/// The attempt as it is recorded, and the status of its answer.
fn made(reply: &AttemptReply, previous: u64) -> (Option<u16>, Attempt) {
    let (status, reason, answer) = match &reply.outcome {
        Outcome::Answered { status, answer, .. } => (Some(*status), None, start_of(answer)),
        Outcome::Failed(reason) => (None, Some(reason.clone()), None),
    };
    let attempt = Attempt {
        ms: reply.ms,
        error_text: None,
        answer: answer.map(Private::Clear),
        previous,
        reason,
    };
    (status, attempt)
}

/// Until when the messenger asks us to pause, with 429 or 503.
fn retry_after(outcome: &Outcome, now: Timestamp) -> Option<Timestamp> {
    match outcome {
        Outcome::Answered {
            status: 429 | 503,
            retry_after: Some(seconds),
            ..
        } => Some(now.plus(Duration::from_secs(*seconds).min(RETRY_AFTER_MAX))),
        Outcome::Answered { .. } | Outcome::Failed(_) => None,
    }
}

/// What an attempt means for its channel, when it means anything.
pub(in crate::workspace) fn channel_change(
    channel: &Channel,
    breaker: &Breaker,
    answered: Option<u16>,
    now: Timestamp,
) -> Option<ChannelStatusChanged> {
    if channel.status != ChannelStatus::Active {
        return None;
    }
    if let Some(change) = answered.and_then(judgement) {
        return Some(change);
    }
    if breaker
        .failing_since
        .is_some_and(|since| now.since(since) >= Breaker::GIVE_UP)
    {
        let hours = Breaker::GIVE_UP.as_secs() / 3_600;
        let reason = Reason::FailedTooLong { hours };
        return Some(status(ChannelStatus::Interrupted, Some(reason)));
    }
    if breaker.open == channel.breaker.open {
        return None;
    }
    let reason = breaker.open.then_some(Reason::Failing);
    Some(ChannelStatusChanged {
        breaker_open: breaker.open,
        ..status(ChannelStatus::Active, reason)
    })
}

fn start_of(answer: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(answer);
    let start: String = text
        .chars()
        .filter(|c| !c.is_control())
        .take(ANSWER_CHARS_MAX)
        .collect();
    (!start.is_empty()).then_some(start)
}
