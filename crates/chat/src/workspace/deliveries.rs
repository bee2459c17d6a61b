//! Decisions on deliveries (messenger-protocol section 4).

mod breaker;
mod early;
mod outcome;
mod retry;
mod shift;

use crate::command::{Attempted, Decision, NewEvent};
use crate::event::DeliveryChanged;
use crate::id::{MessageId, SessionId};
use crate::model::{ChannelStatus, DeliveryState};
use crate::reason::Reason;
use crate::record::Answer;
use crate::rejection::Rejection;
use crate::state::{Channel, Delivery, Message, Session};
use crate::time::Timestamp;
use crate::workspace::deliveries::outcome::{
    attempt_outcome, channel_change, late_attempt, was_sent,
};
use crate::workspace::sessions::{not_active, session_event};
use crate::workspace::{Context, Workspace};

impl Workspace {
    /// Records the start of an attempt, so that it is known after a crash.
    pub(super) fn decide_attempting(&self, id: MessageId) -> Result<Decision, Rejection> {
        let Some((session_id, session, message, delivery)) = self.pending(id) else {
            let message_id = id.to_string();
            return Err(Reason::NotDeliverable { message_id }.into());
        };
        let first = self.chats.get(&session.chat()).and_then(|c| c.lane.front());
        if first != Some(&id) {
            let message_id = id.to_string();
            return Err(Reason::WaitsInLane { message_id }.into());
        }
        let channel = self.channel(session.channel)?;
        if channel.status != ChannelStatus::Active {
            return Err(not_active(channel));
        }
        let event = DeliveryChanged {
            state: DeliveryState::Sending,
            attempts: message.attempts + 1,
            ..current(message, delivery)
        };
        Ok(Decision::new(
            [session_event(session_id, session, event)],
            Answer::Done,
        ))
    }

    /// Decides the result of an attempt.
    pub(super) fn decide_attempted(
        &self,
        attempted: &Attempted,
        context: &mut Context<'_>,
    ) -> Decision {
        // A queued message was sent again by a user: this is the result of an attempt before that.
        let found = self
            .pending(attempted.message)
            .filter(|(_, _, message, _)| message.state != Some(DeliveryState::Queued));
        let Some((session_id, session, message, delivery)) = found else {
            return self.decide_late(attempted, context.now);
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
        let about = (session_id, session, channel, attempted.generation);
        Decision::new(attempt_events(about, change, context.now), Answer::Done)
    }

    /// Records an attempt whose delivery a receipt settled first, also if a user has sent the message again
    /// since. Nothing is recorded for a forgotten contact.
    fn decide_late(&self, attempted: &Attempted, now: Timestamp) -> Decision {
        let Some((session_id, message)) = self.message(attempted.message) else {
            return Decision::nothing();
        };
        let Some((session, state)) = self.sessions.get(&session_id).zip(message.state) else {
            return Decision::nothing();
        };
        let channel = self.channels.get(&session.channel);
        let remembered = self
            .contacts
            .get(&session.contact)
            .is_some_and(|c| c.forgotten.is_none());
        let is_recorded = remembered && was_sent(&attempted.reply);
        let Some(channel) = channel.filter(|_| is_recorded) else {
            return Decision::nothing();
        };
        let change = DeliveryChanged {
            next_attempt_at: state.is_pending().then_some(now),
            ..late_attempt(&attempted.reply, message, state, channel.last_attempt)
        };
        let about = (session_id, session, channel, attempted.generation);
        Decision::new(attempt_events(about, change, now), Answer::Done)
    }

    pub(super) fn decide_expire(&self, id: MessageId, now: Timestamp) -> Decision {
        let Some((session_id, session, message, delivery)) = self
            .pending(id)
            .filter(|(.., delivery)| delivery.expires_at <= now)
        else {
            return Decision::nothing();
        };
        let event = DeliveryChanged {
            state: DeliveryState::Expired,
            reason: Some(Reason::TimeToLivePassed),
            ..current(message, delivery)
        };
        Decision::new([session_event(session_id, session, event)], Answer::Done)
    }

    /// Returns a message that is queued or being sent, with its session and delivery.
    pub fn pending(&self, id: MessageId) -> Option<(SessionId, &Session, &Message, &Delivery)> {
        let delivery = self.deliveries.get(&id)?;
        let (session, message) = self.message(id)?;
        Some((session, self.sessions.get(&session)?, message, delivery))
    }
}

/// Returns the events of an attempt. An answer from an earlier generation of the channel cannot
/// interrupt or disconnect the current one.
fn attempt_events(
    (id, session, channel, generation): (SessionId, &Session, &Channel, u32),
    change: DeliveryChanged,
    now: Timestamp,
) -> Vec<NewEvent> {
    let breaker = match &change.attempt {
        Some(_) => channel.breaker.after(&change, now),
        None => channel.breaker.clone(),
    };
    let answered = change.status.filter(|_| channel.generation == generation);
    let mut events = vec![session_event(id, session, change)];
    if let Some(change) = channel_change(channel, &breaker, answered, now) {
        events.push(super::channels::channel_event(
            session.channel,
            channel.live_chat,
            change,
        ));
    }
    events
}

pub(in crate::workspace) fn current(message: &Message, delivery: &Delivery) -> DeliveryChanged {
    let state = message.state.unwrap_or(DeliveryState::Queued);
    DeliveryChanged {
        expires_at: delivery.expires_at,
        ..DeliveryChanged::new(message.id, state, message.attempts)
    }
}
