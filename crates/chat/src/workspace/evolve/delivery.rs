//! Applies delivery events.

use crate::event::DeliveryChanged;
use crate::id::{MessageId, SessionId};
use crate::model::DeliveryState;
use crate::record::Record;
use crate::state::Delivery;
use crate::time::Timestamp;
use crate::workspace::Workspace;

impl Workspace {
    pub(super) fn evolve_delivery(&mut self, id: SessionId, record: &Record, e: &DeliveryChanged) {
        self.change_message(e.message, |m| {
            m.state = Some(e.state);
            m.attempts = e.attempts;
            m.delivery_at = record.position;
            if e.state == DeliveryState::Delivered {
                m.extra_mut().delivered_at.get_or_insert(record.time);
            } else if e.state == DeliveryState::Queued && m.extra().delivered_at.is_some() {
                m.extra_mut().delivered_at = None;
            }
        });
        let Some(session) = self.sessions.get(&id) else {
            return;
        };
        let (channel_id, chat) = (session.channel, session.chat());
        if e.requeued {
            self.enqueue(id, e.message, record.time, e.expires_at);
        } else if e.state.is_pending() {
            let before = self.lane_head(&chat);
            if let Some(delivery) = self.deliveries.get_mut(&e.message) {
                delivery.due = e.next_attempt_at.unwrap_or(record.time);
                // An attempt starts; the next due time follows when it ends.
                if e.next_attempt_at.is_none() {
                    delivery.tries += 1;
                    delivery.first_at.get_or_insert(record.time);
                }
            }
            self.reindex_lane(channel_id, before, &chat);
        } else {
            self.settle(e.message);
        }
        if let (Some(channel), Some(attempt)) = (self.channels.get_mut(&channel_id), &e.attempt) {
            channel.breaker = channel.breaker.after(e, record.time);
            channel.last_attempt = record.position;
            if e.state.is_pending() || e.state >= DeliveryState::Failed {
                let reason = attempt.reason().or_else(|| e.reason());
                channel.last_error = reason.map(|reason| (record.time, reason));
            }
        }
    }

    /// Appends a message to its chat's lane.
    pub(super) fn enqueue(
        &mut self,
        session: SessionId,
        message: MessageId,
        due: Timestamp,
        expires_at: Timestamp,
    ) {
        let Some(row) = self.sessions.get(&session) else {
            return;
        };
        let (channel, chat) = (row.channel, row.chat());
        let before = self.lane_head(&chat);
        let delivery = Delivery {
            session,
            tries: 0,
            first_at: None,
            due,
            expires_at,
        };
        self.deliveries.insert(message, delivery);
        self.index.expiry.insert((expires_at, message));
        self.chats.entry(chat.clone()).lane.push_back(message);
        self.reindex_lane(channel, before, &chat);
        if let Some(channel) = self.channels.get_mut(&channel) {
            channel.pending += 1;
        }
    }

    /// Removes a settled message from its chat's lane.
    fn settle(&mut self, message: MessageId) {
        let Some(session) = self
            .deliveries
            .get(&message)
            .and_then(|d| self.sessions.get(&d.session))
        else {
            return;
        };
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
        self.change_message(message, |m| m.state = Some(DeliveryState::Failed));
        self.settle(message);
    }
}
