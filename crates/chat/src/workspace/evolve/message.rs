//! Applies message events.

use crate::event::{MessageReceived, MessageSent, NoteAdded};
use crate::id::{MessageId, SessionId};
use crate::model::{DeliveryState, Direction};
use crate::record::Record;
use crate::state::{Message, MessageExtra, NoticeKind, Session};
use crate::time::Timestamp;
use crate::workspace::Workspace;

impl Workspace {
    pub(super) fn received(&mut self, id: SessionId, record: &Record, e: &MessageReceived) {
        let Some(session) = self.sessions.get(&id) else {
            return;
        };
        let (channel, contact, newest) = (session.channel, session.contact, session.newest);
        let chat = session.chat();
        let external = e
            .external_message_id
            .lifted(&self.index_key, channel.as_bytes());
        let author = (e.contact != contact).then_some(e.contact);
        if author.is_some() && self.chats.get(&chat).is_some_and(|c| !c.is_group) {
            self.chats.entry(chat).is_group = true;
        }
        let entry = Message {
            external: Some(external.digest()),
            digest: e.digest,
            extra: author.map(|_| {
                Box::new(MessageExtra {
                    author,
                    ..MessageExtra::default()
                })
            }),
            ..message(id, e.message, record.position, Direction::Inbound)
        };
        self.add_message(entry, newest, |s| {
            s.unread += 1;
            s.waiting_since.get_or_insert(record.time);
            s.last_at = record.time;
        });
        self.unpark(channel, external.digest());
        if let Some(channel) = self.channels.get_mut(&channel) {
            channel.last_external = Some((external.clone(), e.contact));
        }
        self.ask_profile(channel, e.contact, record.time);
        let outcome = NoticeKind::Outcome(external, e.contact);
        self.push_notice(channel, outcome, record.time);
    }

    pub(super) fn sent_out(&mut self, id: SessionId, record: &Record, e: &MessageSent) {
        let Some(session) = self.sessions.get(&id) else {
            return;
        };
        let (channel, newest) = (session.channel, session.newest);
        let entry = Message {
            state: Some(DeliveryState::Queued),
            ..message(id, e.message, record.position, Direction::Outbound)
        };
        self.add_message(entry, newest, |s| {
            s.waiting_since = None;
            s.last_at = record.time;
        });
        if let Some(channel) = self.channels.get_mut(&channel) {
            channel.operators.insert(e.operator.clone());
        }
        self.enqueue(id, e.message, record.time, e.expires_at);
    }

    pub(super) fn note_added(&mut self, id: SessionId, position: u64, e: &NoteAdded) {
        if let Some(newest) = self.sessions.get(&id).map(|s| s.newest) {
            let note = message(id, e.message, position, Direction::Note);
            self.add_message(note, newest, |_| {});
        }
    }

    pub(super) fn read_up_to(&mut self, id: SessionId, message: MessageId, time: Timestamp) {
        let Some(last) = self.message(message).map(|(_, m)| m.position) else {
            return;
        };
        let is_inbound = |m: &&Message| m.direction == Direction::Inbound;
        let unread = self
            .messages(id)
            .filter(is_inbound)
            .take_while(|m| m.position > last)
            .count();
        let newest = self
            .messages(id)
            .filter(is_inbound)
            .find(|m| m.position <= last);
        let newest = newest.map(|m| m.id);
        let channel = self.sessions.get(&id).map(|s| s.channel);
        self.change_session(id, |s| {
            s.unread = u32::try_from(unread).unwrap_or(u32::MAX).min(s.unread);
        });
        if let (Some(channel), Some(newest)) = (channel, newest) {
            self.push_notice(channel, NoticeKind::Read(newest), time);
        }
    }

    pub(super) fn change_message(&mut self, id: MessageId, change: impl FnOnce(&mut Message)) {
        let number = self.message_table.find(id);
        if let Some(message) = number.and_then(|number| self.message_table.get_mut(number)) {
            change(message);
        }
    }

    /// Adds a message to its session and applies `change` to the session.
    fn add_message(&mut self, message: Message, previous: u32, change: impl FnOnce(&mut Session)) {
        let id = message.session;
        let number = self.message_table.push(message, previous);
        self.change_session(id, |session| {
            session.newest = number;
            change(session);
        });
    }
}

fn message(session: SessionId, id: MessageId, position: u64, direction: Direction) -> Message {
    Message {
        id,
        session,
        position,
        external: None,
        digest: [0; 16],
        delivery_at: 0,
        extra: None,
        attempts: 0,
        previous: 0,
        far: 0,
        nth: 0,
        direction,
        state: None,
    }
}
