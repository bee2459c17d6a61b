//! Applies delivery events.

use crate::event::DeliveryChanged;
use crate::id::{ChannelId, MessageId, SessionId};
use crate::model::DeliveryState;
use crate::record::Record;
use crate::state::{Delivery, Early, MessagePlace};
use crate::time::Timestamp;
use crate::workspace::Workspace;

impl Workspace {
    pub(super) fn evolve_delivery(&mut self, id: SessionId, record: &Record, e: &DeliveryChanged) {
        self.count_failed(e.message, e.state);
        self.change_state(record, e);
        let Some(session) = self.sessions.get(&id) else {
            return;
        };
        let (channel_id, chat) = (session.channel, session.chat());
        if e.requeued {
            if let Some(place) = self.place_of(e.message) {
                self.enqueue(place, e.message, record.time, e.expires_at);
            }
        } else if e.state.is_pending() {
            let before = self.lane_head(&chat);
            if let Some(delivery) = self.deliveries.get_mut(&e.message) {
                reschedule(delivery, e, record.time);
            }
            self.reindex_lane(channel_id, before, &chat);
        } else {
            self.settle(e.message);
        }
        let Some(channel) = self.channels.get_mut(&channel_id) else {
            return;
        };
        let mut ends_pause = false;
        if e.is_brought_forward() {
            channel.probed_at = Some(record.time);
            channel.breaker.not_before = None;
            ends_pause = e.next_attempt_at < channel.breaker.paused_until;
            if ends_pause {
                channel.breaker.paused_until = None;
            }
        } else if e.next_attempt_at.is_some() {
            channel.has_retries = true;
        }
        if let Some(attempt) = &e.attempt {
            channel.breaker = channel.breaker.after(e, record.time);
            channel.last_attempt = record.position;
            if e.state.is_pending() || e.state >= DeliveryState::Failed {
                let reason = attempt.reason().or_else(|| e.reason());
                channel.last_error = reason.map(|reason| (record.time, reason));
            }
        }
        if ends_pause {
            self.forget_pauses(channel_id, record.time);
        }
        if e.is_answered() {
            self.bring_forward(channel_id, record.time, |delivery| {
                let due = delivery.earliest.max(record.time);
                if due < delivery.due {
                    (delivery.due, delivery.early) = (due, Some(Early::Answered));
                }
            });
        }
    }

    fn change_state(&mut self, record: &Record, e: &DeliveryChanged) {
        self.change_message(e.message, |m| {
            m.state = Some(e.state);
            m.attempts = e.attempts;
            m.delivery_at = record.position;
            if e.requeued {
                m.extra_mut().retries += 1;
            }
            if e.state == DeliveryState::Delivered {
                m.extra_mut().delivered_at.get_or_insert(record.time);
            } else if e.state == DeliveryState::Queued && m.extra().delivered_at.is_some() {
                m.extra_mut().delivered_at = None;
            }
        });
    }

    /// Lets the next answer of a messenger bring forward the deliveries that it answered with
    /// `Retry-After`: a person ended the pause.
    fn forget_pauses(&mut self, id: ChannelId, now: Timestamp) {
        let waiting: Vec<_> = self.waiting(id, now).collect();
        for (_, message) in waiting {
            if let Some(delivery) = self.deliveries.get_mut(&message) {
                delivery.earliest = delivery.earliest.min(now);
            }
        }
    }

    /// Makes all deliveries of a verified channel due, whatever pauses the messenger requested.
    pub(super) fn retry_all(&mut self, id: ChannelId, now: Timestamp) {
        if let Some(channel) = self.channels.get_mut(&id) {
            channel.has_retries = true;
        }
        self.bring_forward(id, now, |delivery| {
            (delivery.due, delivery.early) = (now, Some(Early::Probe));
        });
    }

    /// Brings forward the deliveries that wait at a channel whose messenger is alive. Returns at once
    /// if no attempt failed since the last time.
    fn bring_forward(&mut self, id: ChannelId, now: Timestamp, bring: impl Fn(&mut Delivery)) {
        let Some(channel) = self.channels.get_mut(&id).filter(|c| c.has_retries) else {
            return;
        };
        channel.has_retries = false;
        let waiting: Vec<_> = self.waiting(id, now).collect();
        for (due, message) in waiting {
            let Some(delivery) = self.deliveries.get_mut(&message) else {
                continue;
            };
            bring(delivery);
            let after = delivery.due;
            let ready = self.index.ready.entry(id).or_default();
            ready.remove(&(due, message));
            ready.insert((after, message));
        }
    }

    /// Appends a message to its chat's lane.
    pub(super) fn enqueue(
        &mut self,
        (session, position): MessagePlace,
        message: MessageId,
        due: Timestamp,
        expires_at: Timestamp,
    ) {
        let Some(row) = self.sessions.get_mut(&session) else {
            return;
        };
        row.pending += 1;
        let (channel, chat) = (row.channel, row.chat());
        let before = self.lane_head(&chat);
        let dialect = self.channels.get(&channel).map(|c| c.dialect);
        let delivery = Delivery {
            session,
            position,
            dialect: dialect.unwrap_or_default(),
            tries: 0,
            first_at: None,
            due,
            expires_at,
            early: None,
            vain: 0,
            earliest: due,
        };
        self.deliveries.insert(message, delivery);
        self.index.expiry.insert((expires_at, message));
        self.chats.entry(chat).lane.push_back(message);
        self.reindex_lane(channel, before, &chat);
        if let Some(channel) = self.channels.get_mut(&channel) {
            channel.pending += 1;
        }
    }

    /// Removes a settled message from its chat's lane.
    fn settle(&mut self, message: MessageId) {
        let session = self.deliveries.get(&message).map(|d| d.session);
        let Some(session) = session.and_then(|id| self.sessions.get_mut(&id)) else {
            return;
        };
        session.pending = session.pending.saturating_sub(1);
        let (channel, chat) = (session.channel, session.chat());
        let before = self.lane_head(&chat);
        if let Some(delivery) = self.deliveries.remove(&message) {
            self.index.expiry.remove(&(delivery.expires_at, message));
        }
        if let Some(chat) = self.chats.get_mut(&chat) {
            chat.lane.retain(|other| *other != message);
        }
        self.reindex_lane(channel, before, &chat);
        if let Some(channel) = self.channels.get_mut(&channel) {
            channel.pending = channel.pending.saturating_sub(1);
        }
    }

    pub(super) fn fail(&mut self, message: MessageId) {
        self.count_failed(message, DeliveryState::Failed);
        self.change_message(message, |m| m.state = Some(DeliveryState::Failed));
        self.settle(message);
    }

    /// Keeps the session's count of failed messages before the state of one changes.
    fn count_failed(&mut self, message: MessageId, to: DeliveryState) {
        let Some((session, message)) = self.message(message) else {
            return;
        };
        let was_failed = message.state.is_some_and(DeliveryState::is_failed);
        let (id, place) = (message.id, message.place());
        // Only then, as a row that is written is stored again.
        if was_failed != to.is_failed() {
            if let Some(channel) = self.sessions.get(&session).map(|s| s.channel) {
                if was_failed {
                    self.failed.remove(&(channel, id));
                } else {
                    self.failed.insert((channel, id), place);
                }
            }
            self.change_session(session, |s| {
                s.failed = if was_failed {
                    s.failed.saturating_sub(1)
                } else {
                    s.failed.saturating_add(1)
                };
            });
        }
    }
}

/// Applies a change of a pending delivery: an attempt starts or failed, or is brought forward.
fn reschedule(delivery: &mut Delivery, e: &DeliveryChanged, now: Timestamp) {
    let Some(next) = e.next_attempt_at else {
        // The next due time follows when the attempt ends.
        delivery.due = now;
        // The first attempt starts the schedule, an early one is not a part of it.
        if delivery.early.is_none() || delivery.tries == 0 {
            delivery.tries += 1;
        }
        delivery.first_at.get_or_insert(now);
        return;
    };
    if e.is_brought_forward() {
        if delivery.due > next {
            delivery.early = Some(Early::Probe);
        }
        delivery.due = next;
        return;
    }
    if delivery.early.take() == Some(Early::Answered) && e.attempt.is_some() {
        delivery.vain = delivery.vain.saturating_add(1);
    }
    delivery.due = next;
    let pause = now.plus(Delivery::early_pause(delivery.vain));
    delivery.earliest = e.pause_until.map_or(pause, |until| until.max(pause));
}
