//! Early attempts: retries are brought forward when the messenger seems to be back.
//!
//! An answer to a message proves that the messenger accepts messages, and
//! [`Workspace::evolve`](crate::workspace::Workspace::evolve) brings forward all retries of the channel.
//! A weaker sign, such as a request of the messenger, brings one message forward: if it is answered, the
//! others follow.

use std::time::Duration;

use crate::command::{Decision, NewEvent};
use crate::event::DeliveryChanged;
use crate::id::{ChannelId, MessageId};
use crate::messenger::Inbound;
use crate::model::ChannelStatus;
use crate::record::Answer;
use crate::rejection::Rejection;
use crate::state::{Channel, Session};
use crate::time::Timestamp;
use crate::workspace::Workspace;
use crate::workspace::deliveries::current;
use crate::workspace::sessions::{not_active, session_event};

/// The shortest time between two early attempts at a channel whose messenger sends requests and does
/// not answer messages.
const PROBE_INTERVAL: Duration = Duration::from_secs(10);
/// The most chats of a channel among which a probe is chosen: every request of a messenger may look for
/// one.
const PROBE_CHATS_MAX: usize = 256;
/// The most chats of a channel that are tried early after a start: the first at once, the others
/// [`RESUME_INTERVAL`] apart, so that a messenger that is still away gets few attempts.
const RESUMED_MAX: u32 = 20;
const RESUME_INTERVAL: Duration = Duration::from_secs(3);
/// The most chats of a channel that one test brings forward, which is what one frame holds.
const BROUGHT_FORWARD_MAX: usize = 200;

impl Workspace {
    /// Returns the event of an early attempt at a channel whose messenger shows a sign of life.
    pub(in crate::workspace) fn probe(&self, id: ChannelId, now: Timestamp) -> Option<NewEvent> {
        self.probe_except(id, None, now)
    }

    /// Returns the probe after a request of the messenger, which may settle a delivery itself.
    pub(in crate::workspace) fn probe_after(
        &self,
        id: ChannelId,
        inbound: &Inbound,
        now: Timestamp,
    ) -> Option<NewEvent> {
        match inbound {
            Inbound::Disconnect => None,
            Inbound::Status { message, .. } => self.probe_except(id, Some(*message), now),
            Inbound::Message(_)
            | Inbound::UserInfo { .. }
            | Inbound::Edited { .. }
            | Inbound::Deleted { .. }
            | Inbound::Typing { .. } => self.probe_except(id, None, now),
        }
    }

    fn probe_except(
        &self,
        id: ChannelId,
        settled: Option<MessageId>,
        now: Timestamp,
    ) -> Option<NewEvent> {
        let channel = self.resumable(id, now)?;
        let is_recent = |at: Timestamp| at <= now && now.since(at) < PROBE_INTERVAL;
        if channel.probed_at.is_some_and(is_recent) {
            return None;
        }
        // The one that was not tried for the longest time, so that one bad message is not all that is
        // ever tried.
        let waiting = self.waiting(id, now).take(PROBE_CHATS_MAX);
        let waiting = waiting.filter_map(|(_, message)| {
            let earliest = self.deliveries.get(&message)?.earliest;
            (earliest <= now && Some(message) != settled).then_some((earliest, message))
        });
        let (_, message) = waiting.min().or_else(|| {
            let is_held = channel.breaker.gate() > now;
            let first = self.heads(id).next();
            first.filter(|(_, message)| is_held && Some(*message) != settled)
        })?;
        self.brought_forward(message, now)
    }

    /// Brings retries of a channel forward after a start: its messenger may be back for hours.
    pub(in crate::workspace) fn decide_resume(&self, id: ChannelId, now: Timestamp) -> Decision {
        if self.resumable(id, now).is_none() {
            return Decision::nothing();
        }
        let waiting = self.waiting(id, now).zip(0..RESUMED_MAX);
        let mut events: Vec<NewEvent> = waiting
            .filter_map(|((due, message), nth)| {
                let earliest = self.deliveries.get(&message)?.earliest;
                let at = now.plus(RESUME_INTERVAL * nth).max(earliest);
                self.brought_forward(message, at).filter(|_| at < due)
            })
            .collect();
        let probe = events.is_empty().then(|| self.probe(id, now)).flatten();
        events.extend(probe);
        Decision::new(events, Answer::Done)
    }

    /// Decides a passed test of a channel: its retries are due now.
    pub(in crate::workspace) fn decide_tested(&self, id: ChannelId, now: Timestamp) -> Decision {
        let due = self.due_now(id, MessageId::from_bytes([0; 16]), now);
        let due: Vec<NewEvent> = due.take(BROUGHT_FORWARD_MAX).collect();
        Decision::new(due, Answer::Channel(id))
    }

    /// Returns the events that make the deliveries of a channel due, sent since a message, because a
    /// person wants it: a pause that the messenger requested ends. One of the messages that wait only
    /// for that is brought forward; the others follow.
    pub(in crate::workspace) fn due_now(
        &self,
        id: ChannelId,
        since: MessageId,
        now: Timestamp,
    ) -> impl Iterator<Item = NewEvent> {
        let channel = self.channels.get(&id);
        let is_active = channel.is_some_and(|c| c.status == ChannelStatus::Active);
        let is_recent = move |(_, message): &(Timestamp, MessageId)| *message >= since;
        let mut heads = self.heads(id).filter(is_recent);
        let held = heads.find(|_| self.release_at(id, now).is_some());
        let held = held.filter(|(due, _)| *due <= now);
        let waiting = self.waiting(id, now).filter(is_recent);
        held.into_iter()
            .chain(waiting)
            .filter(move |_| is_active)
            .filter_map(move |(_, message)| self.brought_forward(message, now))
    }

    /// Returns the time at which a person's retry is due if its channel holds back all messages, because
    /// of its breaker or a pause.
    pub(super) fn release_at(&self, id: ChannelId, now: Timestamp) -> Option<Timestamp> {
        let channel = self.channels.get(&id)?;
        let is_held = channel.status == ChannelStatus::Active && channel.breaker.gate() > now;
        is_held.then_some(now)
    }

    /// Decides a retry of a message that is pending: the first one of its lane is tried now.
    pub(super) fn decide_retry_now(
        &self,
        session: &Session,
        answer: Answer,
        now: Timestamp,
    ) -> Result<Decision, Rejection> {
        let channel = self.channel(session.channel)?;
        if channel.status != ChannelStatus::Active {
            return Err(not_active(channel));
        }
        Ok(Decision::new(
            Vec::from_iter(self.head_now(session, now)),
            answer,
        ))
    }

    /// Returns the event that makes the first message of a session's lane due, if it waits.
    pub(super) fn head_now(&self, session: &Session, now: Timestamp) -> Option<NewEvent> {
        let gate = self.channels.get(&session.channel)?.breaker.gate();
        let (due, first) = self.lane_head(&session.chat())?;
        (gate.max(due) > now).then(|| self.brought_forward(first, now))?
    }

    /// Returns a channel with pending deliveries that may be attempted now.
    fn resumable(&self, id: ChannelId, now: Timestamp) -> Option<&Channel> {
        self.channels.get(&id).filter(|c| {
            let is_paused = c.breaker.paused_until.is_some_and(|until| until > now);
            c.pending > 0 && c.status == ChannelStatus::Active && !is_paused
        })
    }

    fn brought_forward(&self, id: MessageId, at: Timestamp) -> Option<NewEvent> {
        let (session_id, session, message, delivery) = self.pending(id)?;
        let event = DeliveryChanged {
            next_attempt_at: Some(at),
            ..current(message, delivery)
        };
        Some(session_event(session_id, session, event))
    }
}
