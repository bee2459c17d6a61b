//! Parks edits that arrive before their message.

use crate::digest::Digest;
use crate::event::EditParked;
use crate::id::{ChannelId, MessageId};
use crate::record::Record;
use crate::rules::PARKED_MAX;
use crate::state::Parked;
use crate::workspace::Workspace;

impl Workspace {
    /// Parks an edit until its message arrives. At [`PARKED_MAX`], evicts the oldest.
    pub(super) fn park(&mut self, channel: ChannelId, record: &Record, e: &EditParked) {
        self.give_out(e.key);
        let external = &e.external_message_id;
        let external = external.lifted(&self.index_key, channel.as_bytes());
        let name = (channel, external.digest());
        if self.parked.get(&name).is_none() {
            let oldest = self.next_to_evict(channel).map(|(digest, _)| digest);
            if let Some(oldest) = oldest {
                self.unpark(channel, oldest);
            }
            if let Some(channel) = self.channels.get_mut(&channel) {
                channel.parked += 1;
            }
            let parked = Parked {
                since: record.position,
                at: record.time,
                key: e.key,
                edit: None,
                deleted: false,
            };
            self.parked.insert(name, parked);
        }
        if let Some(parked) = self.parked.get_mut(&name) {
            match e.text {
                Some(_) => parked.edit = Some(record.position),
                None => parked.deleted = true,
            }
        }
    }

    /// Returns the parked edit to evict before another is parked; `None` below the limit.
    pub(in crate::workspace) fn next_to_evict(&self, id: ChannelId) -> Option<(Digest, &Parked)> {
        let channel = self.channels.get(&id)?;
        if channel.parked < PARKED_MAX {
            return None;
        }
        let all = self.parked.range((id, [0; 16])..=(id, [0xff; 16]));
        let ((_, digest), parked) = all.min_by_key(|(_, parked)| parked.since)?;
        Some((*digest, parked))
    }

    /// Returns the keys of the edits parked on a channel.
    pub(in crate::workspace) fn parked_keys(
        &self,
        id: ChannelId,
    ) -> impl Iterator<Item = u32> + use<'_> {
        let all = self.parked.range((id, [0; 16])..=(id, [0xff; 16]));
        all.map(|(_, parked)| parked.key)
    }

    /// Removes the parked edit of a message.
    pub(super) fn unpark(&mut self, id: ChannelId, digest: Digest) {
        if self.parked.remove(&(id, digest)).is_some()
            && let Some(channel) = self.channels.get_mut(&id)
        {
            channel.parked = channel.parked.saturating_sub(1);
        }
    }

    /// Removes a channel's parked edits.
    pub(super) fn unpark_all(&mut self, id: ChannelId) {
        let all = self.parked.range((id, [0; 16])..=(id, [0xff; 16]));
        let all: Vec<Digest> = all.map(|((_, digest), _)| *digest).collect();
        for digest in all {
            self.unpark(id, digest);
        }
    }

    /// Adds the key of a parked edit to the keys of the message's author.
    pub(super) fn add_author_key(&mut self, message: MessageId, key: u32) {
        let author = self.author(message);
        if let Some(contact) = author.and_then(|id| self.contacts.get_mut(&id)) {
            contact.keys.push(key);
            self.key_uses.insert(key, author);
        }
    }

    /// Marks a key number as used.
    pub(super) fn give_out(&mut self, key: u32) {
        let given = self.keys.entry(());
        *given = (*given).max(key.saturating_add(1));
    }
}
