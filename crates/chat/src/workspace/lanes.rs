//! When deliveries are due, and what holds them back: each waits for the one before it in the lane of
//! its chat, and for its channel.

use crate::id::{ChannelId, MessageId};
use crate::model::ChannelStatus;
use crate::reason::Reason;
use crate::state::{Channel, ChatKey};
use crate::time::Timestamp;
use crate::workspace::Workspace;
use crate::workspace::sessions::not_active;

/// What holds back a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wait {
    /// When it is due; `None` if that depends on something else.
    pub at: Option<Timestamp>,
    /// The first message of its lane, if that is another one.
    pub behind: Option<MessageId>,
    /// What it waits for besides its own schedule.
    pub reason: Option<Reason>,
}

impl Wait {
    const fn new(at: Option<Timestamp>, reason: Option<Reason>) -> Self {
        Self {
            at,
            behind: None,
            reason,
        }
    }
}

impl Workspace {
    /// Returns the channels that may get an attempt now, each with the messages that are due: the first
    /// ones of its lanes.
    pub fn due(
        &self,
        now: Timestamp,
    ) -> impl Iterator<Item = (ChannelId, &Channel, impl Iterator<Item = MessageId>)> {
        self.index.ready.iter().filter_map(move |(id, lanes)| {
            lanes.first().filter(|(at, _)| *at <= now)?;
            self.gate(*id).filter(|from| *from <= now)?;
            let due = lanes.iter().take_while(move |(at, _)| *at <= now);
            let messages = due.map(|(_, message)| *message);
            Some((*id, self.channels.get(id)?, messages))
        })
    }

    /// Returns the messages whose time to live has passed.
    pub fn expired(&self, now: Timestamp) -> impl Iterator<Item = MessageId> {
        self.index
            .expiry
            .iter()
            .take_while(move |(at, _)| *at <= now)
            .map(|(_, message)| *message)
    }

    /// Returns when the next message is due or expires. Skips messages that are `under_way` and
    /// channels that are busy.
    pub fn next_due(
        &self,
        under_way: impl Fn(MessageId) -> bool,
        is_busy: impl Fn(ChannelId, &Channel) -> bool,
    ) -> Option<Timestamp> {
        let due = self.index.ready.iter().filter_map(|(id, lanes)| {
            self.channels.get(id).filter(|c| !is_busy(*id, c))?;
            let (at, _) = lanes.iter().find(|(_, message)| !under_way(*message))?;
            Some(self.gate(*id)?.max(*at))
        });
        let expiry = self
            .index
            .expiry
            .iter()
            .find(|(_, message)| !under_way(*message));
        due.chain(expiry.map(|(at, _)| *at)).min()
    }

    /// Returns the earliest time of the next attempt on a channel; `None` if it is not active.
    fn gate(&self, id: ChannelId) -> Option<Timestamp> {
        let channel = self
            .channels
            .get(&id)
            .filter(|c| c.status == ChannelStatus::Active)?;
        Some(channel.breaker.gate())
    }

    /// Returns the first messages of a channel's lanes that wait for a time after `now`, with that
    /// time.
    pub(super) fn waiting(
        &self,
        id: ChannelId,
        now: Timestamp,
    ) -> impl DoubleEndedIterator<Item = (Timestamp, MessageId)> {
        let after = (now, MessageId::from_bytes([0xff; 16]));
        let lanes = self.index.ready.get(&id).into_iter();
        lanes.flat_map(move |lanes| lanes.range(after..).copied())
    }

    /// Returns the first messages of a channel's lanes with their due times, earliest first.
    pub(super) fn heads(&self, id: ChannelId) -> impl Iterator<Item = (Timestamp, MessageId)> {
        self.index.ready.get(&id).into_iter().flatten().copied()
    }

    /// Returns what holds back a message whose delivery is pending.
    pub fn wait(&self, id: MessageId) -> Option<Wait> {
        let (_, session, _, delivery) = self.pending(id)?;
        let channel = self.channels.get(&session.channel)?;
        let first = *self.chats.get(&session.chat())?.lane.front()?;
        let Some(gate) = self.gate(session.channel) else {
            return Some(Wait::new(None, Some(not_active(channel).reason)));
        };
        if first != id {
            let message_id = first.to_string();
            return Some(Wait {
                behind: Some(first),
                ..Wait::new(None, Some(Reason::WaitsInLane { message_id }))
            });
        }
        let held = (gate > delivery.due).then(|| match channel.breaker.paused_until {
            Some(until) if until >= gate => Reason::MessengerPaused {
                until: until.to_string(),
            },
            Some(_) | None => Reason::Failing,
        });
        Some(Wait::new(Some(gate.max(delivery.due)), held))
    }

    /// Returns the due time and id of the first message of a lane.
    pub(super) fn lane_head(&self, chat: &ChatKey) -> Option<(Timestamp, MessageId)> {
        let message = *self.chats.get(chat)?.lane.front()?;
        Some((self.deliveries.get(&message)?.due, message))
    }

    /// Updates the index after a change of a lane; `before` is the lane's head before the change.
    pub(super) fn reindex_lane(
        &mut self,
        channel: ChannelId,
        before: Option<(Timestamp, MessageId)>,
        chat: &ChatKey,
    ) {
        let after = self.lane_head(chat);
        let ready = self.index.ready.entry(channel).or_default();
        if let Some(before) = before {
            ready.remove(&before);
        }
        if let Some(after) = after {
            ready.insert(after);
        }
        if ready.is_empty() {
            self.index.ready.remove(&channel);
        }
    }
}
