//! Applies events to the state. It never fails and reads no clock.

mod channel;
mod contact;
mod delivery;
mod live_chat;
mod message;
mod notice;
mod parked;
mod session;
mod user;

use crate::command::NewEvent;
use crate::event::{ContactCreated, EditParked, Event, Family};
use crate::id::{ContactId, LiveChatId, MessageId};
use crate::record::{Actor, Cause, Record, Stream};
use crate::state::Head;
use crate::time::Timestamp;
use crate::workspace::Workspace;

impl Workspace {
    /// Returns the record of a new event at the next position, and the position of the stream's
    /// previous event.
    pub fn record(
        &self,
        new: NewEvent,
        by: &Actor,
        caused_by: Option<Cause>,
        time: Timestamp,
    ) -> (Record, u64) {
        let head = self.head(&new.stream);
        let record = Record {
            position: self.position + 1,
            stream: new.stream,
            version: head.version + 1,
            time,
            by: by.clone(),
            caused_by,
            live_chat: new.live_chat,
            previous: new.live_chat.map_or(0, |id| self.feed_head(id)),
            event: new.event,
        };
        (record, head.position)
    }

    /// Returns the position of the last event on a live chat's feed, or 0.
    pub fn feed_head(&self, live_chat: LiveChatId) -> u64 {
        self.feed_heads.get(&live_chat).copied().unwrap_or(0)
    }

    /// Returns the head of a stream whose events are [prepared](Self::prepare).
    pub fn head(&self, stream: &Stream) -> Head {
        match stream {
            Stream::User(id) => self.users.peek(id).map(|row| row.head),
            Stream::LiveChat(id) => self.live_chats.peek(id).map(|row| row.head),
            Stream::Channel(id) => self.channels.peek(id).map(|row| row.head),
            Stream::Contact(id) => self.contacts.peek(id).map(|row| row.head),
            Stream::Session(id) => self.sessions.peek(id).map(|row| row.head),
        }
        .unwrap_or_default()
    }

    /// Returns the number of the key that seals an event's private fields.
    pub fn key_of(&self, stream: &Stream, event: &Event) -> Option<u32> {
        if let Event::EditParked(EditParked { key, .. })
        | Event::ContactCreated(ContactCreated { key, .. }) = event
        {
            return Some(*key);
        }
        let contact = self.contact_of(stream, event)?;
        self.contacts.get(&contact)?.keys.first().copied()
    }

    /// The contact whom an event is about.
    fn contact_of(&self, stream: &Stream, event: &Event) -> Option<ContactId> {
        Some(match (stream, event) {
            (Stream::Contact(id), _) => *id,
            (_, Event::SessionOpened(e)) => e.contact,
            (_, Event::MessageReceived(e)) => e.contact,
            (_, Event::MessageEdited(e)) => self.author(e.message)?,
            (Stream::Session(id), _) => self.sessions.get(id)?.contact,
            _ => return None,
        })
    }

    /// Returns the number of the key without which the content of a [prepared](Self::prepare) event would
    /// be lost. `None` if it has none, or if the person was forgotten or is only about to be created.
    pub fn required_key(&self, stream: &Stream, event: &Event) -> Option<u32> {
        if let Event::ContactCreated(e) = event {
            return Some(e.key);
        }
        if !event.needs_personal_key() {
            return None;
        }
        if let Event::EditParked(e) = event {
            return Some(e.key);
        }
        let contact = match (stream, event) {
            // An earlier event of the decision may open the session, so it is not looked up.
            (Stream::Session(id), Event::MessageSent(_)) => self.sessions.peek(id)?.contact,
            _ => self.contact_of(stream, event)?,
        };
        let contact = self.contacts.peek(&contact)?;
        let known = contact.forgotten.is_none();
        contact.keys.first().copied().filter(|_| known)
    }

    /// Returns the author of an inbound message or the recipient of an outbound one.
    pub fn author(&self, message: MessageId) -> Option<ContactId> {
        let (session, message) = self.message(message)?;
        let contact = || Some(self.sessions.get(&session)?.contact);
        message.extra().author.or_else(contact)
    }

    /// Applies the next record of the log.
    pub fn evolve(&mut self, record: &Record) {
        self.position = record.position;
        if let Some(live_chat) = record.live_chat {
            *self.feed_heads.entry(live_chat) = record.position;
        }
        if let (Actor::User(user), Some(cause)) = (&record.by, &record.caused_by) {
            self.commands
                .insert((user.clone(), cause.command), (cause.digest, cause.answer));
        }
        if is_administrative(record) {
            self.audit.insert(record.position, ());
        }
        match (&record.stream, record.event.family()) {
            (Stream::User(id), Family::User(event)) => self.evolve_user(id, event, record),
            (Stream::LiveChat(id), Family::LiveChat(event)) => {
                self.evolve_live_chat(*id, event, record.time);
            }
            (Stream::Channel(id), Family::Channel(event)) => {
                self.evolve_channel(*id, event, record);
            }
            (Stream::Contact(id), Family::Contact(event)) => {
                self.evolve_contact(*id, event, record);
            }
            (Stream::Session(id), Family::Session(event)) => {
                self.evolve_session(*id, event, record);
            }
            // Unknown events have no effect.
            _ => {}
        }
        let head = match &record.stream {
            Stream::User(id) => self.users.get_mut(id).map(|row| &mut row.head),
            Stream::LiveChat(id) => self.live_chats.get_mut(id).map(|row| &mut row.head),
            Stream::Channel(id) => self.channels.get_mut(id).map(|row| &mut row.head),
            Stream::Contact(id) => self.contacts.get_mut(id).map(|row| &mut row.head),
            Stream::Session(id) => self.sessions.get_mut(id).map(|row| &mut row.head),
        };
        if let Some(head) = head {
            (head.version, head.position) = (record.version, record.position);
        }
    }
}

/// Returns whether an event belongs to the audit trail: it changes users, live chats or channels, or
/// erases a contact. The use of a token changes nothing.
fn is_administrative(record: &Record) -> bool {
    match (&record.stream, &record.event) {
        (_, Event::TokenUsed(_)) => false,
        (Stream::User(_) | Stream::LiveChat(_), _) | (_, Event::ContactForgotten(_)) => true,
        (Stream::Channel(_), _) => matches!(record.by, Actor::User(_)),
        _ => false,
    }
}
