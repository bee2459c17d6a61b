//! The targets of the notices that start together.

use std::collections::BTreeMap;

use chat::id::ChannelId;
use chat::state::Channel;
use chat::time::Timestamp;

use crate::attempt::Target;
use crate::sealed_log::SealedLog;

/// Opens the codes of a channel once, however many of its notices start.
pub(super) struct Targets<'a> {
    pub(super) sealed_log: &'a SealedLog,
    /// The time at which the notices start.
    pub(super) now: Timestamp,
    known: BTreeMap<ChannelId, Target>,
}

impl<'a> Targets<'a> {
    pub(super) const fn new(sealed_log: &'a SealedLog, now: Timestamp) -> Self {
        Self {
            sealed_log,
            now,
            known: BTreeMap::new(),
        }
    }

    /// The target of a channel.
    pub(super) fn of(&mut self, id: ChannelId, channel: &Channel) -> &Target {
        let (sealed_log, now) = (self.sealed_log, self.now);
        let make = || Target::of(sealed_log, id, channel, now);
        self.known.entry(id).or_insert_with(make)
    }
}
