//! Decisions on retries, replays and delivery receipts.

use std::collections::BTreeMap;

use crate::command::{Decision, NewEvent, Replay};
use crate::event::DeliveryChanged;
use crate::id::{ChannelId, MessageId};
use crate::messenger::ReceiptStatus;
use crate::model::{DeliveryState, Direction};
use crate::reason::Reason;
use crate::record::Answer;
use crate::rejection::Rejection;
use crate::rules::LANE_MAX;
use crate::seal::Private;
use crate::state::Message;
use crate::time::Timestamp;
use crate::workspace::sessions::{check_assigned, session_event};
use crate::workspace::{Caller, Context, Workspace};

/// The most deliveries that one replay requeues, which is what one frame holds. A repeated replay
/// requeues the next ones.
const REPLAY_MAX: usize = 200;

/// Shown for a message that a messenger reports as failed without saying why.
const NO_REASON: &str = "failed, without a reason";

impl Workspace {
    /// Decides a delivery receipt. It replaces only what proves less. While a user's retry of a message is
    /// not accepted, a `failed` is the repetition of an earlier one, and does not end the retry.
    pub(in crate::workspace) fn decide_receipt(
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
            let message_id = id.to_string();
            return Err(Reason::NotSentToChannel { message_id }.into());
        };
        let state = match receipt {
            ReceiptStatus::Delivered => DeliveryState::Delivered,
            ReceiptStatus::Read => DeliveryState::Read,
            ReceiptStatus::Failed => DeliveryState::Failed,
        };
        let is_pending = message.state.is_some_and(DeliveryState::is_pending);
        let is_old = state == DeliveryState::Failed && is_pending && message.extra().retries > 0;
        if is_old || !message.state.is_none_or(|s| s.gives_way_to(state)) {
            return Ok(Decision::nothing());
        }
        // Only a failure has a reason.
        let report = (state == DeliveryState::Failed).then(|| reason.unwrap_or(NO_REASON));
        let event = DeliveryChanged {
            expires_at: now,
            report: report.map(|text| Private::Clear(text.to_owned())),
            ..DeliveryChanged::new(id, state, message.attempts)
        };
        Ok(Decision::new(
            [session_event(session_id, session, event)],
            Answer::Done,
        ))
    }

    /// Requeues a failed or expired message in its chat's lane under the same id, or tries one that
    /// waits for its retry now.
    pub(in crate::workspace) fn decide_retry(
        &self,
        caller: &Caller<'_>,
        id: MessageId,
        context: &mut Context<'_>,
    ) -> Result<Decision, Rejection> {
        let (session_id, session, message) = self.visible_message(caller, id)?;
        check_assigned(caller, session)?;
        let answer = Answer::Message(id, message.position);
        match message.state {
            Some(DeliveryState::Queued | DeliveryState::Sending) => {
                return self.decide_retry_now(session, answer, context.now);
            }
            Some(DeliveryState::Failed | DeliveryState::Expired) => {}
            None
            | Some(DeliveryState::Accepted | DeliveryState::Delivered | DeliveryState::Read) => {
                return Err(Reason::NotFailed.into());
            }
        }
        self.channel(session.channel)?;
        if self
            .contacts
            .get(&session.contact)
            .is_none_or(|c| c.forgotten.is_some())
        {
            return Err(Reason::ContactForgotten.into());
        }
        self.check_lane(&session.chat())?;
        let event = requeued(
            message,
            self.release_at(session.channel, context.now),
            context,
        );
        let first = self.head_now(session, context.now);
        let mut events = vec![session_event(session_id, session, event)];
        events.extend(first);
        Ok(Decision::new(events, answer))
    }

    pub(in crate::workspace) fn decide_replay(
        &self,
        caller: &Caller<'_>,
        replay: &Replay,
        context: &mut Context<'_>,
    ) -> Result<Decision, Rejection> {
        caller.require_administrator()?;
        let (channel, since) = match replay {
            Replay::Message(id) => return self.decide_retry(caller, *id, context),
            Replay::Since(channel, since) => (*channel, *since),
        };
        self.channel(channel)?;
        let at = self.release_at(channel, context.now);
        let mut taken = BTreeMap::new();
        let events: Vec<NewEvent> = self
            .failed_since(channel, since)
            .into_iter()
            .filter_map(|m| Some((m.session, self.sessions.get(&m.session)?, m)))
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
            .map(|(id, session, message)| {
                session_event(id, session, requeued(message, at, context))
            })
            .chain(self.due_now(channel, MessageId::first_at(since), context.now))
            .take(REPLAY_MAX)
            .collect();
        let count = u64::try_from(events.len()).unwrap_or(0);
        Ok(Decision::new(events, Answer::Count(count)))
    }
}

/// Returns the change that puts a message into its lane again. It is tried `at` a time before the end of
/// the channel's pause, if any.
pub(in crate::workspace) fn requeued(
    message: &Message,
    at: Option<Timestamp>,
    context: &Context<'_>,
) -> DeliveryChanged {
    DeliveryChanged {
        next_attempt_at: at,
        expires_at: context.now.plus(context.rules.time_to_live),
        requeued: true,
        ..DeliveryChanged::new(message.id, DeliveryState::Queued, message.attempts)
    }
}
