//! Applies session events.

use crate::event::{SessionEvent, SessionOpened, SessionReopened};
use crate::id::SessionId;
use crate::model::{OpenedBy, SessionStatus};
use crate::record::Record;
use crate::state::{Head, Session};
use crate::time::Timestamp;
use crate::workspace::Workspace;
use crate::workspace::views::Place;

impl Workspace {
    pub(super) fn evolve_session(
        &mut self,
        id: SessionId,
        event: SessionEvent<'_>,
        record: &Record,
    ) {
        let time = record.time;
        match event {
            SessionEvent::SessionOpened(e) => self.open(id, record, e),
            SessionEvent::ChatRenamed(e) => {
                if let Some(session) = self.sessions.get(&id) {
                    let contact = session.contact;
                    self.chats.entry(session.chat()).name = Some((e.name.clone(), contact));
                }
            }
            SessionEvent::MessageReceived(e) => self.received(id, record, e),
            SessionEvent::SessionAssigned(e) => {
                let operator = e.operator.clone();
                self.change_session(id, |s| {
                    s.status = SessionStatus::Assigned;
                    s.operator = Some(operator);
                });
                self.notify_session(id, "assigned", time);
            }
            SessionEvent::SessionTransferred(e) => {
                let operator = e.operator.clone();
                self.change_session(id, |s| {
                    s.status = SessionStatus::open(operator.is_some());
                    s.operator = operator;
                });
                if e.operator.is_some() {
                    self.notify_session(id, "assigned", time);
                }
            }
            SessionEvent::SessionClosed(_) => self.close(id, time),
            SessionEvent::SessionReopened(e) => self.reopen(id, e, time),
            SessionEvent::MessageSent(e) => self.sent_out(id, record, e),
            SessionEvent::NoteAdded(e) => self.note_added(id, record.position, e),
            SessionEvent::MessageEdited(e) => {
                let edited = e.parked.map_or(record.position, |(position, _)| position);
                self.change_message(e.message, |m| m.extra_mut().edited = edited);
                if let Some((_, key)) = e.parked {
                    self.add_author_key(e.message, key);
                }
            }
            SessionEvent::MessageDeleted(e) => self.message_deleted(id, e.message, time),
            SessionEvent::MessageRead(e) => self.read_up_to(id, e.message, time),
            SessionEvent::DeliveryChanged(e) => self.evolve_delivery(id, record, e),
        }
    }

    fn open(&mut self, id: SessionId, record: &Record, e: &SessionOpened) {
        let Some(live_chat) = record.live_chat else {
            return;
        };
        let by_user = e.opened_by == OpenedBy::User;
        let session = Session {
            live_chat,
            channel: e.channel,
            contact: e.contact,
            external_chat_id: e
                .external_chat_id
                .lifted(&self.index_key, e.channel.as_bytes()),
            status: SessionStatus::open(e.operator.is_some()),
            operator: e.operator.clone(),
            opened_by: e.opened_by,
            opened_at: record.time,
            opened_position: record.position,
            closed_at: None,
            waiting_since: by_user.then_some(record.time),
            last_at: record.time,
            unread: 0,
            failed: 0,
            pending: 0,
            previous: e.previous,
            head: Head::default(),
        };
        let place = Place::of(&session);
        let chat = self.chats.entry(session.chat());
        chat.open = Some(id);
        chat.last = Some(id);
        if let Some(name) = &e.name {
            chat.name = Some((name.clone(), e.contact));
        }
        let (channel, chat) = session.chat();
        let opened = (channel, chat.into(), record.position);
        self.chat_sessions.insert(opened, id);
        self.sessions.insert(id, session);
        self.messages.know_complete((id, 0), (id, u64::MAX));
        if let Some(contact) = self.contacts.get_mut(&e.contact) {
            contact.sessions.reserve_exact(1);
            contact.sessions.push(id);
        }
        self.list(id, place);
        self.notify_session(id, "opened", record.time);
        if e.operator.is_some() {
            self.notify_session(id, "assigned", record.time);
        }
    }

    /// Closes a session if it is open.
    pub(super) fn close(&mut self, id: SessionId, time: Timestamp) {
        let Some(session) = self.sessions.get(&id).filter(|s| s.is_open()) else {
            return;
        };
        let chat = session.chat();
        self.change_session(id, |s| {
            s.status = SessionStatus::Closed;
            s.closed_at = Some(time);
            s.waiting_since = None;
        });
        if let Some(chat) = self.chats.get_mut(&chat) {
            chat.open = chat.open.filter(|open| *open != id);
        }
        self.notify_session(id, "closed", time);
    }

    fn reopen(&mut self, id: SessionId, e: &SessionReopened, time: Timestamp) {
        let Some(chat) = self.sessions.get(&id).map(Session::chat) else {
            return;
        };
        let waiting_since = self.unanswered_since(id);
        self.change_session(id, |s| {
            s.status = SessionStatus::open(e.operator.is_some());
            s.operator.clone_from(&e.operator);
            s.closed_at = None;
            s.waiting_since = waiting_since;
        });
        self.chats.entry(chat).open = Some(id);
        self.notify_session(id, "opened", time);
        if e.operator.is_some() {
            self.notify_session(id, "assigned", time);
        }
    }

    /// Closes a session whose contact or channel is gone, and fails its pending deliveries.
    pub(super) fn end_session(&mut self, id: SessionId, time: Timestamp) {
        self.close(id, time);
        let Some(chat) = self.sessions.get(&id).map(Session::chat) else {
            return;
        };
        let lane = self
            .chats
            .get(&chat)
            .map(|c| c.lane.clone())
            .unwrap_or_default();
        for message in lane {
            if self
                .deliveries
                .get(&message)
                .is_some_and(|d| d.session == id)
            {
                self.fail(message);
            }
        }
    }

    pub(super) fn change_session(&mut self, id: SessionId, change: impl FnOnce(&mut Session)) {
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        let before = Place::of(session);
        change(session);
        let after = Place::of(session);
        if before != after {
            self.relist(id, Some(before), after);
        }
    }
}
