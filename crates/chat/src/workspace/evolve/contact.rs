//! Taking in what happened to contacts.

use crate::event::Event;
use crate::record::{Record, Stream};
use crate::state::{Contact, Head};
use crate::workspace::{Workspace, external_digest};

impl Workspace {
    pub(super) fn evolve_contact(&mut self, head: Head, record: &Record) {
        let Stream::Contact(id) = record.stream else {
            return;
        };
        if let Event::ContactCreated(e) = &record.event {
            let contact = Contact {
                channel: e.channel,
                external_user_id: e.external_user_id.as_str().into(),
                keys: vec![e.key],
                profile_at: 0,
                asked_at: None,
                asking: false,
                first_seen_at: record.time,
                forgotten: None,
                sessions: Vec::new(),
                head,
            };
            self.contacts.insert(id, contact);
            self.give_out(e.key);
            let external = external_digest(e.channel, &e.external_user_id);
            self.index.contact_of.insert(external, id);
        }
        let Some(contact) = self.contacts.get_mut(&id) else {
            return;
        };
        contact.head = head;
        match &record.event {
            Event::ContactUpdated(e) => {
                contact.asking = false;
                if e.profile.is_some() {
                    contact.profile_at = record.position;
                }
            }
            Event::ContactForgotten(_) => {
                contact.forgotten = Some(record.time);
                contact.asking = false;
                contact.profile_at = 0;
                let name = external_digest(contact.channel, &contact.external_user_id);
                let sessions = contact.sessions.clone();
                self.index.contact_of.remove(&name);
                for session in sessions {
                    self.end_session(session, record.time);
                }
            }
            _ => {}
        }
    }
}
