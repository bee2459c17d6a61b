//! Which messages are being tried, and which are next.

use std::collections::BTreeMap;

use chat::id::{ChannelId, MessageId};
use chat::time::Timestamp;
use chat::workspace::Workspace;

use crate::slots::{CHANNEL_MAX, Slots};

/// The most messages that are expired in one turn of the loop. The next turn follows at once.
const EXPIRED_MAX: usize = 64;

/// The attempts that run.
pub(crate) struct RunningAttempts {
    slots: Slots<MessageId>,
}

impl RunningAttempts {
    pub(crate) const fn new() -> Self {
        Self {
            slots: Slots::new(),
        }
    }

    /// Messages that are due, as many as there are free slots.
    pub(crate) fn due(
        &mut self,
        workspace: &Workspace,
        now: Timestamp,
    ) -> Vec<(ChannelId, MessageId)> {
        self.slots.age(now);
        if self.slots.is_full() {
            return Vec::new();
        }
        let (mut channels, mut lanes) = (Vec::new(), BTreeMap::new());
        for (id, channel, messages) in workspace.due(now) {
            let share = self.slots.share(channel);
            if self.slots.of_channel(id) < share {
                channels.push((id, share));
                let waiting = messages.filter(|message| !self.slots.contains(*message));
                lanes.insert(id, waiting.take(CHANNEL_MAX));
            }
        }
        let (mut turns, mut due) = (self.slots.turns(channels), Vec::new());
        while let Some(turn) = turns.next() {
            if let Some(message) = lanes.get_mut(&turn.channel).and_then(Iterator::next) {
                due.push((turn.channel, message));
                turns.started(turn);
            }
        }
        due
    }

    /// Messages whose time to live has passed and that are not being tried.
    pub(crate) fn expired(&self, workspace: &Workspace, now: Timestamp) -> Vec<MessageId> {
        let waiting = workspace
            .expired(now)
            .filter(|message| !self.slots.contains(*message));
        waiting.take(EXPIRED_MAX).collect()
    }

    /// When the next message is due that there is a slot for.
    pub(crate) fn next_due(&self, workspace: &Workspace) -> Option<Timestamp> {
        let is_full = self.slots.is_full();
        let due = workspace.next_due(
            |message| self.slots.contains(message),
            |id, channel| is_full || self.slots.of_channel(id) >= self.slots.share(channel),
        );
        let aging = self.slots.next_aging().filter(|_| is_full);
        due.into_iter().chain(aging).min()
    }

    /// Takes a slot for a message.
    pub(crate) fn claim(&mut self, channel: ChannelId, message: MessageId, now: Timestamp) {
        self.slots.claim(channel, message, now);
    }

    /// Frees the slot of a message.
    pub(crate) fn free(&mut self, message: MessageId) {
        self.slots.free(message);
    }

    /// The slots in use.
    pub(crate) const fn slots(&self) -> &Slots<MessageId> {
        &self.slots
    }
}
