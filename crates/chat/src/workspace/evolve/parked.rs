//! Taking in edits that came before their message.

use crate::event::EditParked;
use crate::id::{ChannelId, MessageId};
use crate::record::Record;
use crate::state::Parked;
use crate::workspace::{Workspace, external_digest};

impl Workspace {
    /// Parks an edit until its message comes.
    pub(super) fn park(&mut self, channel: ChannelId, record: &Record, e: &EditParked) {
        self.keys.insert((), e.key + 1);
        let digest = external_digest(channel, &e.external_message_id);
        let known = self.parked.get(&digest).is_some();
        let mut parked = self.parked.get(&digest).cloned().unwrap_or(Parked {
            edit: None,
            deleted: false,
        });
        match e.text {
            Some(_) => parked.edit = Some((record.position, e.key)),
            None => parked.deleted = true,
        }
        self.parked.insert(digest, parked);
        if let Some(channel) = self.channels.get_mut(&channel) {
            channel.parked += u32::from(!known);
        }
    }

    /// A message's author owns another key: the one that an edit was parked under.
    pub(super) fn keep_key(&mut self, message: MessageId, key: u32) {
        let Some((session, message)) = self.message(message) else {
            return;
        };
        let author = message
            .author
            .or_else(|| self.sessions.get(&session).map(|s| s.contact));
        if let Some(contact) = author.and_then(|id| self.contacts.get_mut(&id)) {
            contact.keys.push(key);
        }
    }
}
