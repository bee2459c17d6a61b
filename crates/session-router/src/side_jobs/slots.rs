//! Which messages are being tried, and how many more may be.

use std::collections::BTreeMap;

use chat::id::{ChannelId, MessageId};
use chat::time::Timestamp;
use chat::workspace::Workspace;

use crate::config::{ATTEMPTS_MAX, CHANNEL_ATTEMPTS_MAX, CHANNEL_SHARE_MAX};

/// The most messages that are expired in one turn of the loop. The next turn follows at once.
const EXPIRED_MAX: usize = 64;

/// The attempts that run.
#[derive(Default)]
pub(crate) struct AttemptSlots {
    channels: BTreeMap<MessageId, ChannelId>,
    by_channel: BTreeMap<ChannelId, usize>,
}

impl AttemptSlots {
    /// Messages that are due, as many as there are free slots.
    pub(crate) fn due(&self, workspace: &Workspace, now: Timestamp) -> Vec<(ChannelId, MessageId)> {
        let mut free = ATTEMPTS_MAX.saturating_sub(self.len());
        let mut taken: BTreeMap<ChannelId, usize> = BTreeMap::new();
        let mut due = Vec::new();
        for (channel, probing, message) in workspace.due(now) {
            if free == 0 {
                break;
            }
            let new = taken.entry(channel).or_default();
            let busy = self.of_channel(channel) + *new;
            let used = self.len() + due.len();
            if busy >= channel_max(probing, used) || self.channels.contains_key(&message) {
                continue;
            }
            *new += 1;
            free -= 1;
            due.push((channel, message));
        }
        due
    }

    /// Messages whose time to live has passed and that are not being tried.
    pub(crate) fn expired(&self, workspace: &Workspace, now: Timestamp) -> Vec<MessageId> {
        let waiting = workspace
            .expired(now)
            .filter(|message| !self.channels.contains_key(message));
        waiting.take(EXPIRED_MAX).collect()
    }

    /// When the next message is due that there is a slot for.
    pub(crate) fn next_due(&self, workspace: &Workspace) -> Option<Timestamp> {
        workspace.next_due(
            |message| self.channels.contains_key(&message),
            |channel, probing| {
                let used = self.len();
                self.of_channel(channel) >= channel_max(probing, used) || used >= ATTEMPTS_MAX
            },
        )
    }

    /// Takes a slot for a message.
    pub(crate) fn claim(&mut self, channel: ChannelId, message: MessageId) {
        self.channels.insert(message, channel);
        *self.by_channel.entry(channel).or_default() += 1;
    }

    /// Frees the slot of a message.
    pub(crate) fn free(&mut self, message: MessageId) {
        let Some(channel) = self.channels.remove(&message) else {
            return;
        };
        if let Some(busy) = self.by_channel.get_mut(&channel) {
            *busy -= 1;
            if *busy == 0 {
                self.by_channel.remove(&channel);
            }
        }
    }

    /// How many slots are taken.
    pub(crate) fn len(&self) -> usize {
        self.channels.len()
    }

    fn of_channel(&self, channel: ChannelId) -> usize {
        self.by_channel.get(&channel).copied().unwrap_or(0)
    }
}

/// The most attempts of one channel while `used` run over all channels. The last half of the slots is
/// shared, so that messengers that do not answer cannot take all of them.
const fn channel_max(probing: bool, used: usize) -> usize {
    if probing {
        1
    } else if used < ATTEMPTS_MAX / 2 {
        CHANNEL_ATTEMPTS_MAX
    } else {
        CHANNEL_SHARE_MAX
    }
}
