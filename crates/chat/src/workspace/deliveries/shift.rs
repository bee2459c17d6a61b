//! Jumps of the clock.
//!
//! Due times are times of day, which people and the log understand. When the clock jumps, all of them
//! move by the same amount: every wait lasts as long as it would have lasted without the jump, and the
//! time to live counts only the time during which the broker runs.

use crate::command::Decision;
use crate::event::ScheduleShifted;
use crate::id::{ChannelId, MessageId};
use crate::model::ChannelStatus;
use crate::state::{Breaker, Delivery};
use crate::time::Timestamp;
use crate::workspace::Workspace;
use crate::workspace::channels::unpublished;

impl Workspace {
    /// Decides a jump of the clock. Nothing is recorded for a channel at which nothing is scheduled.
    pub(in crate::workspace) fn decide_shift(&self, id: ChannelId, by_ms: i64) -> Decision {
        let is_scheduled = self.channels.get(&id).is_some_and(|c| {
            let is_failing = c.breaker.failing_since.is_some();
            c.status != ChannelStatus::Deleted && (c.pending > 0 || is_failing)
        });
        if by_ms == 0 || !is_scheduled {
            return Decision::nothing();
        }
        unpublished(id, ScheduleShifted { by_ms })
    }

    /// Moves everything that is scheduled at a channel.
    pub(in crate::workspace) fn shift_schedule(&mut self, id: ChannelId, by_ms: i64) {
        let Some(channel) = self.channels.get_mut(&id) else {
            return;
        };
        channel.breaker = channel.breaker.shifted(by_ms);
        channel.probed_at = shifted(channel.probed_at, by_ms);
        let chats: Vec<_> = self
            .chats_of(id)
            .filter(|(_, chat)| !chat.lane.is_empty())
            .map(|(key, chat)| (*key, chat.lane.iter().copied().collect::<Vec<_>>()))
            .collect();
        for (chat, lane) in chats {
            let before = self.lane_head(&chat);
            for message in lane {
                self.shift_delivery(message, by_ms);
            }
            self.reindex_lane(id, before, &chat);
        }
    }

    fn shift_delivery(&mut self, message: MessageId, by_ms: i64) {
        let Some(delivery) = self.deliveries.get_mut(&message) else {
            return;
        };
        self.index.expiry.remove(&(delivery.expires_at, message));
        *delivery = Delivery {
            first_at: shifted(delivery.first_at, by_ms),
            due: delivery.due.shifted(by_ms),
            expires_at: delivery.expires_at.shifted(by_ms),
            earliest: delivery.earliest.shifted(by_ms),
            ..delivery.clone()
        };
        self.index.expiry.insert((delivery.expires_at, message));
    }
}

impl Breaker {
    fn shifted(&self, by_ms: i64) -> Self {
        Self {
            failing_since: shifted(self.failing_since, by_ms),
            not_before: shifted(self.not_before, by_ms),
            paused_until: shifted(self.paused_until, by_ms),
            ..self.clone()
        }
    }
}

fn shifted(time: Option<Timestamp>, by_ms: i64) -> Option<Timestamp> {
    time.map(|time| time.shifted(by_ms))
}
