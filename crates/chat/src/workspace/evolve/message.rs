//! Taking in what was written and read.

use crate::event::{MessageReceived, MessageSent};
use crate::id::{MessageId, SessionId};
use crate::noun::{DeliveryState, Direction};
use crate::record::Record;
use crate::state::{Head, Message, NoticeKind, Session};
use crate::time::Timestamp;
use crate::workspace::{Digest, THREAD_CHUNK, Workspace, external_digest};

impl Workspace {
    pub(super) fn received(
        &mut self,
        id: SessionId,
        head: Head,
        record: &Record,
        e: &MessageReceived,
    ) {
        let Some(session) = self.sessions.get(&id) else {
            return;
        };
        let (channel, contact) = (session.channel, session.contact);
        let entry = Message {
            external: Some(e.external_message_id.as_str().into()),
            digest: e.digest,
            author: (e.contact != contact).then_some(e.contact),
            ..message(e.message, record.position, Direction::Inbound)
        };
        let external = external_digest(channel, &e.external_message_id);
        self.add_message(id, entry, Some(external), |s| {
            s.head = head;
            s.unread += 1;
            s.waiting_since.get_or_insert(record.time);
            s.last_at = record.time;
        });
        self.unpark(channel, external);
        if let Some(channel) = self.channels.get_mut(&channel) {
            let last = channel.last_external.get_or_insert_default();
            last.clone_from(&e.external_message_id);
        }
        self.ask_profile(channel, e.contact, record.time);
        let outcome = NoticeKind::Outcome(e.external_message_id.clone(), e.contact);
        self.push_notice(channel, outcome, record.time);
    }

    pub(super) fn sent_out(&mut self, id: SessionId, record: &Record, e: &MessageSent) {
        let entry = Message {
            state: Some(DeliveryState::Queued),
            ..message(e.message, record.position, Direction::Outbound)
        };
        self.add_message(id, entry, None, |s| {
            s.waiting_since = None;
            s.last_at = record.time;
        });
        let channel = self.sessions.get(&id).map(|s| s.channel);
        if let Some(channel) = channel.and_then(|c| self.channels.get_mut(&c)) {
            channel.operators.insert(e.operator.clone());
        }
        self.enqueue(id, e.message, record.time, e.expires_at);
    }

    pub(super) fn read_up_to(&mut self, id: SessionId, message: MessageId, time: Timestamp) {
        let Some(last) = self.message(message).map(|(_, m)| m.position) else {
            return;
        };
        let is_inbound = |m: &&Message| m.direction == Direction::Inbound;
        let unread = self
            .messages(id)
            .rev()
            .filter(is_inbound)
            .take_while(|m| m.position > last)
            .count();
        let newest = self
            .messages(id)
            .rev()
            .filter(is_inbound)
            .find(|m| m.position <= last);
        let external = newest.and_then(|m| m.external.clone());
        let channel = self.sessions.get(&id).map(|s| s.channel);
        self.change_session(id, |s| {
            s.unread = u32::try_from(unread).unwrap_or(u32::MAX).min(s.unread);
        });
        if let (Some(channel), Some(external)) = (channel, external) {
            self.push_notice(channel, NoticeKind::Read(external.into()), time);
        }
    }

    pub(super) fn change_message(&mut self, id: MessageId, change: impl FnOnce(&mut Message)) {
        let Some((session, number)) = self.index.message_of.get(&id).copied() else {
            return;
        };
        let at = usize::try_from(number % THREAD_CHUNK).unwrap_or(usize::MAX);
        let row = self.threads.get_mut(&(session, number / THREAD_CHUNK));
        if let Some(message) = row.and_then(|row| row.get_mut(at)) {
            change(message);
        }
    }

    /// Adds a message, found by `external` too, to a session that changes with it.
    pub(super) fn add_message(
        &mut self,
        id: SessionId,
        message: Message,
        external: Option<Digest>,
        change: impl FnOnce(&mut Session),
    ) {
        let mut number = None;
        self.change_session(id, |session| {
            number = Some(session.messages);
            session.messages += 1;
            change(session);
        });
        let Some(number) = number else {
            return;
        };
        self.find_by(message.id, external, (id, number));
        let row = self.threads.entry((id, number / THREAD_CHUNK));
        // A vector's first allocation is for four: most sessions have fewer messages.
        if row.len() == row.capacity() {
            row.reserve_exact(row.len().max(1));
        }
        row.push(message);
    }
}

pub(super) fn message(id: MessageId, position: u64, direction: Direction) -> Message {
    Message {
        id,
        position,
        direction,
        external: None,
        digest: [0; 16],
        author: None,
        edited: 0,
        deleted: None,
        state: None,
        delivery_at: 0,
        delivered_at: None,
        attempts: 0,
    }
}
