//! Deciding about deliveries: when to try, and what an answer means (messenger-protocol section 4).

use std::collections::BTreeMap;
use std::time::Duration;

use crate::command::{Attempted, Decision, NewEvent, Replay};
use crate::event::{Attempt, ChannelStatusChanged, DeliveryChanged};
use crate::id::{ChannelId, MessageId, SessionId};
use crate::messenger::ReceiptStatus;
use crate::noun::{ChannelStatus, DeliveryState, Direction};
use crate::record::Answer;
use crate::rejection::{Code, Rejection};
use crate::role::{AttemptReply, Outcome};
use crate::rules::{LANE_MAX, RETRY_AFTER_MAX};
use crate::seal::Private;
use crate::state::{Breaker, Channel, Delivery, Message, Session};
use crate::time::Timestamp;
use crate::workspace::channels::{judgement, status};
use crate::workspace::sessions::{check_assigned, not_active, of};
use crate::workspace::{Caller, Context, Workspace};

/// How much of an answer is kept, in characters: its start tells an administrator what is wrong.
const ANSWER_CHARS_MAX: usize = 256;
/// The most deliveries that one replay puts back: they are one frame. Asking again takes the next.
pub(super) const REPLAY_MAX: usize = 200;

/// What an answer means for the message.
#[derive(Clone, Debug, PartialEq)]
enum Verdict {
    /// The messenger has it.
    Accepted,
    /// The messenger will never have it.
    Final,
    /// The channel is at fault; the message waits.
    Waits,
    /// Later, and not before the given time when one is given.
    Again(Option<Timestamp>),
}

fn verdict(reply: &AttemptReply, now: Timestamp) -> Verdict {
    let Outcome::Answered {
        status,
        retry_after,
        ..
    } = &reply.outcome
    else {
        return Verdict::Again(None);
    };
    match status {
        200..=299 => Verdict::Accepted,
        400 | 403 | 404 | 413 | 422 => Verdict::Final,
        401 | 410 => Verdict::Waits,
        429 | 503 => Verdict::Again(
            retry_after.map(|secs| now.plus(Duration::from_secs(secs).min(RETRY_AFTER_MAX))),
        ),
        _ => Verdict::Again(None),
    }
}

impl Breaker {
    /// How it stands after an attempt. Any final answer shows that the messenger is alive.
    #[must_use]
    pub fn after(&self, change: &DeliveryChanged, now: Timestamp) -> Self {
        let failed =
            change.state == DeliveryState::Sending && !matches!(change.status, Some(401 | 410));
        if !failed {
            return Self::default();
        }
        let since = self.failing_since.unwrap_or(now);
        let failures = self.failures.saturating_add(1);
        let lasted = now.since(since) >= Self::FAILING_MIN;
        let open = self.open || (failures >= Self::FAILURES_MIN && lasted);
        let probes = if self.open {
            self.probes.saturating_add(1)
        } else {
            0
        };
        let next = Self {
            failing_since: Some(since),
            failures,
            open,
            probes,
            not_before: None,
        };
        // Another chat's failure does not shorten the pause that the messenger asked for.
        let pause = self.not_before.filter(|until| *until > now);
        let probe_at = open.then(|| now.plus(next.pause()));
        Self {
            not_before: probe_at.max(change.pause_until).max(pause),
            ..next
        }
    }
}

impl Workspace {
    /// A message is about to be tried: what happens next must not be forgotten by a crash.
    pub(super) fn decide_attempting(&self, id: MessageId) -> Result<Decision, Rejection> {
        let Some((session_id, session, message, delivery)) = self.pending(id) else {
            return Err(Rejection::new(
                Code::NotFound,
                format!("message {id} is not to be delivered"),
            ));
        };
        let first = self.chats.get(&session.chat()).and_then(|c| c.lane.front());
        if first != Some(&id) {
            let words = format!("message {id} waits behind another one of its chat");
            return Err(Rejection::new(Code::Conflict, words));
        }
        let channel = self.channel(session.channel)?;
        if channel.status != ChannelStatus::Active {
            return Err(not_active(channel));
        }
        let event = DeliveryChanged {
            state: DeliveryState::Sending,
            attempts: message.attempts + 1,
            ..unchanged(message, delivery)
        };
        Ok(Decision::of(
            vec![of(session_id, session, event)],
            Answer::Done,
        ))
    }

    /// A message was tried.
    pub(super) fn decide_attempted(
        &self,
        attempted: &Attempted,
        context: &mut Context<'_>,
    ) -> Decision {
        let found = self.pending(attempted.message);
        // It was expired, settled by a receipt or forgotten meanwhile: that stands.
        let Some((session_id, session, message, delivery)) = found else {
            return Decision::nothing();
        };
        let channel = self.channels.get(&session.channel);
        let Some(channel) = channel else {
            return Decision::nothing();
        };
        let change = attempt_outcome(
            &attempted.reply,
            message,
            delivery,
            channel.last_attempt,
            context,
        );
        let breaker = channel.breaker.after(&change, context.now);
        let answered = change.status;
        let mut events = vec![of(session_id, session, change)];
        if let Some(change) = channel_change(channel, &breaker, answered, context.now) {
            events.push(super::channels::of(
                session.channel,
                channel.live_chat,
                change,
            ));
        }
        Decision::of(events, Answer::Done)
    }

    pub(super) fn decide_expire(&self, id: MessageId, now: Timestamp) -> Decision {
        let Some((session_id, session, message, delivery)) = self
            .pending(id)
            .filter(|(.., delivery)| delivery.expires_at <= now)
        else {
            return Decision::nothing();
        };
        let reason = "not delivered within its time to live".to_owned();
        let event = DeliveryChanged {
            state: DeliveryState::Expired,
            reason: Some(reason),
            ..unchanged(message, delivery)
        };
        Decision::of(vec![of(session_id, session, event)], Answer::Done)
    }

    /// What the messenger reports of a message: it moves the delivery on, never back.
    pub(super) fn decide_receipt(
        &self,
        channel: ChannelId,
        id: MessageId,
        receipt: ReceiptStatus,
        reason: Option<&str>,
        now: Timestamp,
    ) -> Result<Decision, Rejection> {
        let found = self
            .message(id)
            .and_then(|(s, m)| Some((s, self.sessions.get(&s)?, m)));
        let mine =
            found.filter(|(_, s, m)| s.channel == channel && m.direction == Direction::Outbound);
        let Some((session_id, session, message)) = mine else {
            return Err(Rejection::new(
                Code::NotFound,
                format!("no message {id} was sent to this channel"),
            ));
        };
        let state = match receipt {
            ReceiptStatus::Delivered => DeliveryState::Delivered,
            ReceiptStatus::Read => DeliveryState::Read,
            ReceiptStatus::Failed => DeliveryState::Failed,
        };
        let undecided = message.state.is_none_or(|s| s <= DeliveryState::Accepted);
        let moves = undecided
            || (message.state == Some(DeliveryState::Delivered) && state == DeliveryState::Read);
        if !moves {
            return Ok(Decision::nothing());
        }
        let event = DeliveryChanged {
            message: id,
            state,
            attempts: message.attempts,
            next_attempt_at: None,
            expires_at: now,
            reason: reason.map(str::to_owned),
            status: None,
            attempt: None,
            requeued: false,
            pause_until: None,
        };
        Ok(Decision::of(
            vec![of(session_id, session, event)],
            Answer::Done,
        ))
    }

    /// A failed or expired message is put back in its chat's lane, under its own id.
    pub(super) fn decide_retry(
        &self,
        caller: &Caller<'_>,
        id: MessageId,
        context: &mut Context<'_>,
    ) -> Result<Decision, Rejection> {
        let (session_id, session, message) = self.visible_message(caller, id)?;
        check_assigned(caller, session)?;
        if message.state.is_none_or(|s| s < DeliveryState::Failed) {
            let words = "only a failed or expired message can be sent again";
            return Err(Rejection::new(Code::Conflict, words));
        }
        self.channel(session.channel)?;
        if self
            .contacts
            .get(&session.contact)
            .is_none_or(|c| c.forgotten.is_some())
        {
            return Err(Rejection::new(
                Code::ContactForgotten,
                "this person was forgotten",
            ));
        }
        self.check_lane(&session.chat())?;
        let event = requeued(message, context);
        Ok(Decision::of(
            vec![of(session_id, session, event)],
            Answer::Message(id, message.position),
        ))
    }

    pub(super) fn decide_replay(
        &self,
        caller: &Caller<'_>,
        replay: &Replay,
        context: &mut Context<'_>,
    ) -> Result<Decision, Rejection> {
        caller.administers()?;
        let (channel, since) = match replay {
            Replay::Message(id) => return self.decide_retry(caller, *id, context),
            Replay::Since(channel, since) => (*channel, *since),
        };
        self.channel(channel)?;
        let mut taken = BTreeMap::new();
        let events: Vec<NewEvent> = self
            .messages_since(since)
            .filter_map(|(id, message)| Some((id, self.sessions.get(&id)?, message)))
            .filter(|(_, s, m)| {
                s.channel == channel && m.state.is_some_and(|s| s >= DeliveryState::Failed)
            })
            .filter(|(_, s, _)| {
                self.contacts
                    .get(&s.contact)
                    .is_some_and(|c| c.forgotten.is_none())
            })
            .filter(|(_, s, _)| {
                let chat = s.chat();
                let places = LANE_MAX.saturating_sub(self.lane_len(&chat));
                let taken = taken.entry(chat).or_insert(0_usize);
                *taken += 1;
                *taken <= places
            })
            .take(REPLAY_MAX)
            .map(|(id, session, message)| of(id, session, requeued(message, context)))
            .collect();
        let count = u64::try_from(events.len()).unwrap_or(0);
        Ok(Decision::of(events, Answer::Count(count)))
    }

    /// A message with attempts still to come, and what belongs to it.
    pub fn pending(&self, id: MessageId) -> Option<(SessionId, &Session, &Message, &Delivery)> {
        let delivery = self.deliveries.get(&id)?;
        let (session, message) = self.message(id)?;
        Some((session, self.sessions.get(&session)?, message, delivery))
    }
}

fn attempt_outcome(
    reply: &AttemptReply,
    message: &Message,
    delivery: &Delivery,
    previous: u64,
    context: &mut Context<'_>,
) -> DeliveryChanged {
    let now = context.now;
    let (answered, error, answer) = match &reply.outcome {
        Outcome::Answered { status, answer, .. } => (Some(*status), None, start_of(answer)),
        Outcome::Failed { words, .. } => (None, Some(words.clone()), None),
    };
    let reason = error
        .clone()
        .or_else(|| answered.map(|s| format!("the messenger answered {s}")));
    let attempt = Attempt {
        ms: reply.ms,
        error,
        answer: answer.map(Private::Clear),
        previous,
    };
    let change = DeliveryChanged {
        status: answered,
        attempt: Some(attempt),
        ..unchanged(message, delivery)
    };
    match verdict(reply, now) {
        Verdict::Accepted => DeliveryChanged {
            state: DeliveryState::Accepted,
            ..change
        },
        Verdict::Final => DeliveryChanged {
            state: DeliveryState::Failed,
            reason,
            ..change
        },
        Verdict::Waits => DeliveryChanged {
            state: DeliveryState::Sending,
            next_attempt_at: Some(now),
            reason,
            ..change
        },
        Verdict::Again(pause_until) => {
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

/// What an attempt means for its channel, when it means anything.
fn channel_change(
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
        let reason =
            "every delivery failed for 24 hours; reconnect when the messenger is back".to_owned();
        return Some(status(ChannelStatus::Interrupted, Some(reason)));
    }
    if breaker.open == channel.breaker.open {
        return None;
    }
    let reason = breaker
        .open
        .then(|| "deliveries fail; one probe at a time until one succeeds".to_owned());
    Some(ChannelStatusChanged {
        breaker_open: breaker.open,
        ..status(ChannelStatus::Active, reason)
    })
}

fn requeued(message: &Message, context: &Context<'_>) -> DeliveryChanged {
    DeliveryChanged {
        message: message.id,
        state: DeliveryState::Queued,
        attempts: message.attempts,
        next_attempt_at: None,
        expires_at: context.now.plus(context.rules.time_to_live),
        reason: None,
        status: None,
        attempt: None,
        requeued: true,
        pause_until: None,
    }
}

fn unchanged(message: &Message, delivery: &Delivery) -> DeliveryChanged {
    DeliveryChanged {
        message: message.id,
        state: message.state.unwrap_or(DeliveryState::Queued),
        attempts: message.attempts,
        next_attempt_at: None,
        expires_at: delivery.expires_at,
        reason: None,
        status: None,
        attempt: None,
        requeued: false,
        pause_until: None,
    }
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
