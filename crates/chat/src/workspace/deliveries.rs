//! Deciding about deliveries: when to try, and what an answer means (messenger-protocol section 4).

mod breaker;
mod outcome;
mod retry;

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
    attempt_outcome, channel_change, late_attempt, was_made,
};
use crate::workspace::sessions::{not_active, of};
use crate::workspace::{Context, Workspace};

impl Workspace {
    /// A message is about to be tried: what happens next must not be forgotten by a crash.
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
        Decision::of(made(about, change, context.now), Answer::Done)
    }

    /// A receipt was faster than the attempt's own answer: where the delivery stands is known, and
    /// the attempt is recorded all the same. Of a person who was forgotten nothing is.
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
        let told = remembered && !state.is_pending() && was_made(&attempted.reply);
        let Some(channel) = channel.filter(|_| told) else {
            return Decision::nothing();
        };
        let change = late_attempt(&attempted.reply, message, state, channel.last_attempt);
        let about = (session_id, session, channel, attempted.generation);
        Decision::of(made(about, change, now), Answer::Done)
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
            ..unchanged(message, delivery)
        };
        Decision::of(vec![of(session_id, session, event)], Answer::Done)
    }

    /// A message with attempts still to come, and what belongs to it.
    pub fn pending(&self, id: MessageId) -> Option<(SessionId, &Session, &Message, &Delivery)> {
        let delivery = self.deliveries.get(&id)?;
        let (session, message) = self.message(id)?;
        Some((session, self.sessions.get(&session)?, message, delivery))
    }
}

/// An attempt that was made, and what it means for its channel. An answer to what was asked in an
/// earlier generation says of this one neither that it refuses the code nor that it is gone.
fn made(
    (id, session, channel, generation): (SessionId, &Session, &Channel, u32),
    change: DeliveryChanged,
    now: Timestamp,
) -> Vec<NewEvent> {
    let breaker = match &change.attempt {
        Some(_) => channel.breaker.after(&change, now),
        None => channel.breaker.clone(),
    };
    let answered = change.status.filter(|_| channel.generation == generation);
    let mut events = vec![of(id, session, change)];
    if let Some(change) = channel_change(channel, &breaker, answered, now) {
        events.push(super::channels::of(
            session.channel,
            channel.live_chat,
            change,
        ));
    }
    events
}

pub(in crate::workspace) fn unchanged(message: &Message, delivery: &Delivery) -> DeliveryChanged {
    let state = message.state.unwrap_or(DeliveryState::Queued);
    DeliveryChanged {
        expires_at: delivery.expires_at,
        ..DeliveryChanged::new(message.id, state, message.attempts)
    }
}
