//! The effect of an attempt on its message and channel.

use std::time::Duration;

use crate::event::{Attempt, ChannelStatusChanged, DeliveryChanged};
use crate::model::{ChannelStatus, DeliveryState};
use crate::reason::Reason;
use crate::rpc::{AttemptReply, Outcome};
use crate::rules::ANSWER_CHARS_MAX;
use crate::seal::Private;
use crate::state::{Breaker, Channel, Delivery, Early, Message};
use crate::time::Timestamp;
use crate::verdict::{RequestKind, Verdict};
use crate::workspace::Context;
use crate::workspace::channels::{channel_fault, status};
use crate::workspace::deliveries::current;

pub(in crate::workspace) fn attempt_outcome(
    reply: &AttemptReply,
    message: &Message,
    delivery: &Delivery,
    previous: u64,
    context: &mut Context<'_>,
) -> DeliveryChanged {
    let now = context.now;
    let (answered, attempt) = attempt_record(reply, previous);
    let (verdict, reason) = match &reply.outcome {
        Outcome::Answered { status, .. } => (
            Verdict::of(RequestKind::Message, *status),
            Reason::of_status(*status),
        ),
        Outcome::Failed(reason) => (Verdict::Retry, reason.clone()),
    };
    let reason = Some(reason);
    // If no egress took the request, there was no attempt.
    let change = DeliveryChanged {
        status: answered,
        attempt: Some(attempt).filter(|_| was_sent(reply)),
        ..current(message, delivery)
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
            let pause_until = retry_after(&reply.outcome, now, context.rules.retry_after_max);
            let first = delivery.first_at.unwrap_or(now);
            let scheduled = context
                .rules
                .next_attempt(delivery.tries, first, context.chance);
            // A message that waited for its channel has missed scheduled attempts; skip them.
            let next = scheduled.max(now.plus(context.rules.pause_min()));
            let next = match delivery.early {
                Some(Early::Answered) => {
                    next.min(now.plus(Delivery::early_pause(delivery.vain + 1)))
                }
                Some(Early::Probe) | None => next,
            };
            let next = next.max(pause_until.unwrap_or(now));
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

/// Returns the change for an attempt that ended after a receipt had settled the delivery.
pub(in crate::workspace) fn late_attempt(
    reply: &AttemptReply,
    message: &Message,
    state: DeliveryState,
    previous: u64,
) -> DeliveryChanged {
    let (status, attempt) = attempt_record(reply, previous);
    DeliveryChanged {
        status,
        attempt: Some(attempt),
        ..DeliveryChanged::new(message.id, state, message.attempts)
    }
}

/// Returns whether the request may have been sent.
pub(in crate::workspace) fn was_sent(reply: &AttemptReply) -> bool {
    match &reply.outcome {
        Outcome::Answered { .. } => true,
        Outcome::Failed(reason) => !reason.is_unsent(),
    }
}

/// Returns the HTTP status of the answer and the attempt to record.
fn attempt_record(reply: &AttemptReply, previous: u64) -> (Option<u16>, Attempt) {
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

/// Returns the end of the pause that a 429 or 503 answer requests, `max` from now at most.
fn retry_after(outcome: &Outcome, now: Timestamp, max: Duration) -> Option<Timestamp> {
    match outcome {
        Outcome::Answered {
            status: 429 | 503,
            retry_after: Some(seconds),
            ..
        } => Some(now.plus(Duration::from_secs(*seconds).min(max))),
        Outcome::Answered { .. } | Outcome::Failed(_) => None,
    }
}

/// Returns the status change of the channel that an attempt causes, if any.
pub(in crate::workspace) fn channel_change(
    channel: &Channel,
    breaker: &Breaker,
    answered: Option<u16>,
    now: Timestamp,
) -> Option<ChannelStatusChanged> {
    if channel.status != ChannelStatus::Active {
        return None;
    }
    if let Some(change) = answered.and_then(channel_fault) {
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
