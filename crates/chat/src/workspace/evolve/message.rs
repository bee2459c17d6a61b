//! Applies message events.

use crate::event::{MessageReceived, MessageSent, NoteAdded};
use crate::id::{ContactId, MessageId, SessionId};
use crate::model::{DeliveryState, Direction};
use crate::record::Record;
use crate::rules::CHATS_MAX;
use crate::state::{Authors, ChatKey, Contact, Message, MessageExtra, NoticeKind, Session};
use crate::time::Timestamp;
use crate::workspace::Workspace;

/// The most messages that are looked at to find since when a person waits.
const UNANSWERED_MAX: usize = 1_000;

impl Workspace {
    pub(super) fn received(&mut self, id: SessionId, record: &Record, e: &MessageReceived) {
        let Some(session) = self.sessions.get(&id) else {
            return;
        };
        let (channel, contact) = (session.channel, session.contact);
        let chat = session.chat();
        let external = e
            .external_message_id
            .lifted(&self.index_key, channel.as_bytes());
        let author = (e.contact != contact).then_some(e.contact);
        self.add_author(chat, e.contact, author.is_some());
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
        self.add_message(entry, |s| {
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

    /// Records that a person wrote in a chat, possibly in a session that was opened for another one.
    fn add_author(&mut self, key: ChatKey, author: ContactId, is_guest: bool) {
        let before = self.chats.get(&key).map(|chat| chat.authors);
        let after = match before.unwrap_or_default() {
            Authors::One(old) if self.has_returned(old, author) => Authors::One(author),
            authors @ (Authors::Nobody | Authors::One(_) | Authors::Several) => {
                authors.with(author)
            }
        };
        if before != Some(after) {
            self.chats.entry(key).authors = after;
        }
        let (_, chat) = key;
        let contact = self.contacts.get(&author).filter(|_| is_guest);
        if contact.is_none_or(|contact| contact.other_chats.contains(&chat)) {
            return;
        }
        if let Some(contact) = self.contacts.get_mut(&author) {
            let over = (contact.other_chats.len() + 1).saturating_sub(CHATS_MAX);
            contact.other_chats.drain(..over);
            contact.other_chats.push(chat);
        }
    }

    /// Whether a contact is the person of an older one that was forgotten.
    fn has_returned(&self, old: ContactId, new: ContactId) -> bool {
        let id = |contact: &Contact| contact.external_user_id.digest();
        let [old, new] = [old, new].map(|id| self.contacts.get(&id));
        let old = old.filter(|contact| contact.forgotten.is_some());
        old.zip(new).is_some_and(|(old, new)| id(old) == id(new))
    }

    pub(super) fn sent_out(&mut self, id: SessionId, record: &Record, e: &MessageSent) {
        let Some(session) = self.sessions.get(&id) else {
            return;
        };
        let channel = session.channel;
        let entry = Message {
            state: Some(DeliveryState::Queued),
            ..message(id, e.message, record.position, Direction::Outbound)
        };
        self.add_message(entry, |s| {
            s.waiting_since = None;
            s.last_at = record.time;
        });
        if let Some(channel) = self.channels.get_mut(&channel) {
            channel.operators.insert(e.operator.clone());
        }
        let place = (id, record.position);
        self.enqueue(place, e.message, record.time, e.expires_at);
    }

    pub(super) fn note_added(&mut self, id: SessionId, position: u64, e: &NoteAdded) {
        if self.sessions.get(&id).is_some() {
            let note = message(id, e.message, position, Direction::Note);
            self.add_message(note, |_| {});
        }
    }

    pub(super) fn read_up_to(&mut self, id: SessionId, message: MessageId, time: Timestamp) {
        let Some((unread, newest)) = self.read_until(id, message) else {
            return;
        };
        let channel = self.sessions.get(&id).map(|s| s.channel);
        self.change_session(id, |s| {
            s.unread = u32::try_from(unread).unwrap_or(u32::MAX).min(s.unread);
        });
        if let (Some(channel), Some(newest)) = (channel, newest) {
            self.push_notice(channel, NoticeKind::Read(newest), time);
        }
    }

    /// The number of messages of a person after this one, and the last one until it.
    pub(in crate::workspace) fn read_until(
        &self,
        id: SessionId,
        message: MessageId,
    ) -> Option<(usize, Option<MessageId>)> {
        let last = self.message(message)?.1.position;
        let unread = self.written(id).take_while(|m| m.position > last).count();
        let is_inbound = |m: &&Message| m.direction == Direction::Inbound;
        let mut until = self.messages_before(id, last.saturating_add(1));
        Some((unread, until.find(is_inbound).map(|m| m.id)))
    }

    /// Whether a message is one of the unread ones of its session.
    pub(in crate::workspace) fn unread_reaches(&self, id: SessionId, message: MessageId) -> bool {
        let unread = self.sessions.get(&id).map_or(0, |s| s.unread);
        let unread = usize::try_from(unread).unwrap_or(usize::MAX);
        self.written(id).take(unread).any(|m| m.id == message)
    }

    /// A deleted message is no longer unread, and nobody waits for its answer.
    pub(super) fn message_deleted(&mut self, id: SessionId, message: MessageId, time: Timestamp) {
        let is_unread = self.unread_reaches(id, message);
        self.change_message(message, |m| m.extra_mut().deleted = Some(time));
        let unanswered = self.unanswered_since(id);
        self.change_session(id, |s| {
            s.unread -= u32::from(is_unread);
            s.waiting_since = s
                .waiting_since
                .zip(unanswered)
                .map(|(since, now)| since.max(now));
        });
    }

    /// Since when a person waits for an answer: the time of the oldest message after the last answer that
    /// is not deleted, of the [`UNANSWERED_MAX`] newest.
    pub(in crate::workspace) fn unanswered_since(&self, id: SessionId) -> Option<Timestamp> {
        let all = self.messages(id).take(UNANSWERED_MAX);
        let unanswered = all.take_while(|m| m.direction != Direction::Outbound);
        let oldest = unanswered.filter(|m| m.is_written()).last()?;
        Some(oldest.id.time())
    }

    pub(super) fn change_message(&mut self, id: MessageId, change: impl FnOnce(&mut Message)) {
        let place = self.place_of(id);
        if let Some(message) = place.and_then(|place| self.messages.get_mut(&place)) {
            change(message);
        }
    }

    /// Adds a message to its session and applies `change` to the session.
    fn add_message(&mut self, message: Message, change: impl FnOnce(&mut Session)) {
        let (session, place) = (message.session, message.place());
        self.message_ids.insert(message.id, place);
        if let Some(external) = message.external {
            self.external_ids.insert(external.into(), place);
        }
        self.messages.insert(place, message);
        self.change_session(session, change);
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
        direction,
        state: None,
    }
}
