//! What applying an event reads. [`Workspace::evolve`] cannot wait for a row, so the caller looks
//! these up first, and loads what is missing.

use crate::command::NewEvent;
use crate::event::{ContactEvent, Event, Family, MessageReceived, SessionEvent, SessionOpened};
use crate::id::{ContactId, MessageId, SessionId};
use crate::record::{Record, Stream};
use crate::state::{Authors, ChatKey};
use crate::workspace::Workspace;

/// Looks up what events of one decision read, but objects that earlier ones of them create.
struct Preparation<'a> {
    workspace: &'a Workspace,
    contacts: Vec<ContactId>,
    sessions: Vec<(SessionId, ChatKey)>,
    messages: Vec<MessageId>,
}

impl Workspace {
    /// Looks up all rows that [`evolve`](Self::evolve) reads for the events of a decision. What is not in
    /// memory is in [`take_needs`](Self::take_needs) afterwards; then look again once it is admitted, as
    /// one row leads to the next.
    pub fn prepare(&self, events: &[NewEvent]) {
        let mut preparation = Preparation::new(self);
        for new in events {
            preparation.event(&new.stream, &new.event);
        }
    }

    /// The same for a record of the log.
    pub fn prepare_record(&self, record: &Record) {
        Preparation::new(self).event(&record.stream, &record.event);
    }
}

impl<'a> Preparation<'a> {
    const fn new(workspace: &'a Workspace) -> Self {
        Self {
            workspace,
            contacts: Vec::new(),
            sessions: Vec::new(),
            messages: Vec::new(),
        }
    }

    fn event(&mut self, stream: &Stream, event: &Event) {
        match (stream, event.family()) {
            (Stream::Contact(id), Family::Contact(event)) => self.contact_event(*id, event),
            (Stream::Session(id), Family::Session(event)) => self.session_event(*id, event),
            // What other events change stays in memory.
            _ => {}
        }
    }

    fn contact_event(&mut self, id: ContactId, event: ContactEvent<'_>) {
        match event {
            ContactEvent::ContactCreated(_) => self.contacts.push(id),
            ContactEvent::ContactUpdated(_) => self.contact(id),
            ContactEvent::ContactForgotten(_) => {
                let Some(contact) = self.workspace.contacts.get(&id) else {
                    return;
                };
                let external = contact.external_user_id.digest();
                self.workspace.contact_ids.get(&external.into());
                for session in &contact.sessions {
                    self.session(*session);
                }
            }
        }
    }

    fn session_event(&mut self, id: SessionId, event: SessionEvent<'_>) {
        if let SessionEvent::SessionOpened(e) = event {
            return self.opened(id, e);
        }
        let chat = self.session(id);
        match event {
            SessionEvent::SessionOpened(_)
            | SessionEvent::ChatRenamed(_)
            | SessionEvent::SessionAssigned(_)
            | SessionEvent::SessionTransferred(_)
            | SessionEvent::SessionClosed(_) => {}
            SessionEvent::SessionReopened(_) => self.reopened(id),
            SessionEvent::MessageReceived(e) => self.received(chat, e),
            SessionEvent::MessageSent(e) => self.messages.push(e.message),
            SessionEvent::NoteAdded(e) => self.messages.push(e.message),
            SessionEvent::MessageEdited(e) => self.message(e.message),
            SessionEvent::MessageDeleted(e) => {
                self.message(e.message);
                if !self.sessions.iter().any(|(new, _)| *new == id) {
                    self.workspace.unread_reaches(id, e.message);
                    self.workspace.unanswered_since(id);
                }
            }
            SessionEvent::MessageRead(e) => {
                self.message(e.message);
                self.workspace.read_until(id, e.message);
            }
            SessionEvent::DeliveryChanged(e) => {
                self.message(e.message);
                if let Some(session) = self.workspace.sessions.get(&id) {
                    self.workspace.failed.get(&(session.channel, e.message));
                }
            }
        }
    }

    fn opened(&mut self, id: SessionId, e: &SessionOpened) {
        let external = &e.external_chat_id;
        let external = external.lifted(&self.workspace.index_key, e.channel.as_bytes());
        let chat = (e.channel, external.digest());
        self.workspace.chats.get(&chat);
        self.contact(e.contact);
        self.sessions.push((id, chat));
    }

    fn reopened(&self, id: SessionId) {
        self.workspace.unanswered_since(id);
        if let Some(session) = self.workspace.sessions.get(&id).filter(|s| !s.is_open()) {
            let place = (session.live_chat, session.sort_at(), id);
            self.workspace.closed.get(&place);
        }
    }

    fn received(&mut self, chat: Option<ChatKey>, e: &MessageReceived) {
        self.contact(e.contact);
        let chat = chat.and_then(|chat| self.workspace.chats.get(&chat));
        if let Some(Authors::One(author)) = chat.map(|chat| chat.authors) {
            self.contact(author);
        }
        self.messages.push(e.message);
    }

    /// Looks up a session with its chat and contact.
    fn session(&self, id: SessionId) -> Option<ChatKey> {
        if let Some((_, chat)) = self.sessions.iter().find(|(new, _)| *new == id) {
            return Some(*chat);
        }
        let session = self.workspace.sessions.get(&id)?;
        self.contact(session.contact);
        let chat = session.chat();
        self.workspace.chats.get(&chat);
        Some(chat)
    }

    /// Looks up a message with its author.
    fn message(&self, id: MessageId) {
        if !self.messages.contains(&id)
            && let Some(author) = self.workspace.author(id)
        {
            self.contact(author);
        }
    }

    fn contact(&self, id: ContactId) {
        if !self.contacts.contains(&id) {
            self.workspace.contacts.get(&id);
        }
    }
}
