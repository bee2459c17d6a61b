//! Applies contact events.

use crate::event::ContactEvent;
use crate::id::ContactId;
use crate::record::Record;
use crate::state::{Contact, Head, Session};
use crate::time::Timestamp;
use crate::workspace::Workspace;

impl Workspace {
    pub(super) fn evolve_contact(
        &mut self,
        id: ContactId,
        event: ContactEvent<'_>,
        record: &Record,
    ) {
        if let ContactEvent::ContactCreated(e) = event {
            let external = e
                .external_user_id
                .lifted(&self.index_key, e.channel.as_bytes());
            self.contact_ids.insert(external.digest().into(), id);
            let contact = Contact {
                channel: e.channel,
                external_user_id: external,
                keys: vec![e.key],
                profile_at: 0,
                asked_at: None,
                asking: false,
                asked_in_vain: 0,
                first_seen_at: record.time,
                forgotten: None,
                sessions: Vec::new(),
                other_chats: Vec::new(),
                head: Head::default(),
            };
            self.contacts.insert(id, contact);
            self.give_out(e.key);
            self.key_uses.insert(e.key, Some(id));
        }
        let Some(contact) = self.contacts.get_mut(&id) else {
            return;
        };
        match event {
            ContactEvent::ContactCreated(_) => {}
            ContactEvent::ContactUpdated(e) => {
                contact.asking = false;
                if e.profile.is_some() {
                    contact.profile_at = record.position;
                }
                contact.asked_in_vain = if e.profile.is_some() || e.is_empty {
                    0
                } else {
                    contact.asked_in_vain.saturating_add(1)
                };
            }
            ContactEvent::ContactForgotten(_) => self.forget_contact(id, record.time),
        }
    }

    /// Erases a contact, ends the open sessions, and removes what the person's key seals.
    fn forget_contact(&mut self, id: ContactId, time: Timestamp) {
        let Some(contact) = self.contacts.get_mut(&id) else {
            return;
        };
        contact.forgotten = Some(time);
        contact.asking = false;
        contact.profile_at = 0;
        contact.external_user_id.erase();
        let external = contact.external_user_id.digest();
        let sessions = contact.sessions.clone();
        let keys = contact.keys.clone();
        self.contact_ids.remove(&external.into());
        for key in keys {
            self.key_uses.insert(key, None);
        }
        for session in sessions {
            self.end_session(session, time);
            self.change_session(session, |s| s.external_chat_id.erase());
            let Some(key) = self.sessions.get(&session).map(Session::chat) else {
                continue;
            };
            if let Some(chat) = self.chats.get_mut(&key) {
                chat.name.take_if(|(_, named_by)| *named_by == id);
            }
        }
    }
}
