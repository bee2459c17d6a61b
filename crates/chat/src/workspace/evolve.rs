//! Taking in what happened. Total: it checks nothing, refuses nothing, reads no clock.

use crate::event::{Event, MessageReceived, MessageSent, SessionOpened};
use crate::id::{ChannelId, SessionId, UserId};
use crate::noun::{Direction, OpenedBy, SessionStatus};
use crate::record::{Actor, Cause, Record, Stream};
use crate::state::{
    CannedReply, Contact, Head, LiveChat, Message, NoticeKind, Parked, Session, User,
};
use crate::time::Timestamp;
use crate::workspace::{THREAD_CHUNK, Workspace, external_digest, users};

impl Workspace {
    /// The record of a new event, next in the log and in its stream, and the position of the
    /// stream's event before it.
    pub fn record(
        &self,
        new: crate::command::NewEvent,
        by: &Actor,
        caused_by: Option<Cause>,
        time: Timestamp,
    ) -> (Record, u64) {
        let head = self.head(&new.stream);
        let feed_head = new
            .live_chat
            .and_then(|id| self.live_chats.get(&id))
            .map_or(0, |l| l.feed_head);
        let record = Record {
            position: self.position + 1,
            stream: new.stream,
            version: head.version + 1,
            time,
            by: by.clone(),
            caused_by,
            live_chat: new.live_chat,
            previous: feed_head,
            event: new.event,
        };
        (record, head.position)
    }

    /// The end of a stream.
    pub fn head(&self, stream: &Stream) -> Head {
        match stream {
            Stream::User(id) => self.users.get(id).map(|row| row.head),
            Stream::LiveChat(id) => self.live_chats.get(id).map(|row| row.head),
            Stream::Channel(id) => self.channels.get(id).map(|row| row.head),
            Stream::Contact(id) => self.contacts.get(id).map(|row| row.head),
            Stream::Session(id) => self.sessions.get(id).map(|row| row.head),
        }
        .unwrap_or_default()
    }

    /// The number of the key that an event's private words are sealed under.
    pub fn key_of(&self, stream: &Stream, event: &Event) -> Option<u32> {
        let contact = match (stream, event) {
            (_, Event::EditParked(e)) => return Some(e.key),
            (Stream::Contact(id), _) => *id,
            (_, Event::SessionOpened(e)) => e.contact,
            (_, Event::MessageReceived(e)) => e.contact,
            (Stream::Session(id), Event::MessageEdited(e)) => {
                let author = self
                    .message(e.message)
                    .and_then(|(_, message)| message.author);
                author.or_else(|| Some(self.sessions.get(id)?.contact))?
            }
            (Stream::Session(id), _) => self.sessions.get(id)?.contact,
            _ => return None,
        };
        self.contacts.get(&contact)?.keys.first().copied()
    }

    /// Takes in one record: the next in the log.
    pub fn evolve(&mut self, record: &Record) {
        self.position = record.position;
        if let Some(live_chat) = record.live_chat.and_then(|id| self.live_chats.get_mut(&id)) {
            live_chat.feed_head = record.position;
        }
        if let (Actor::User(user), Some(cause)) = (&record.by, &record.caused_by) {
            self.commands
                .insert((user.clone(), cause.command), (cause.digest, cause.answer));
        }
        if is_administrative(record) {
            self.audit.insert(record.position, ());
        }
        let head = Head {
            version: record.version,
            position: record.position,
        };
        match &record.stream {
            Stream::User(id) => self.evolve_user(id, head, record),
            Stream::LiveChat(_) => self.evolve_live_chat(head, record),
            Stream::Channel(id) => self.evolve_channel(*id, head, record),
            Stream::Contact(_) => self.evolve_contact(head, record),
            Stream::Session(id) => self.evolve_session(*id, head, record),
        }
    }

    fn evolve_user(&mut self, id: &UserId, head: Head, record: &Record) {
        if let Event::UserCreated(e) = &record.event {
            let user = User {
                name: e.name.clone(),
                groups: e.groups.iter().copied().collect(),
                password_hash: e.password_hash.clone(),
                tokens: Vec::new(),
                disabled: false,
                created_at: record.time,
                head,
            };
            self.users.insert(id.clone(), user);
        }
        let Some(user) = self.users.get_mut(id) else {
            return;
        };
        user.head = head;
        match &record.event {
            Event::UserUpdated(e) => {
                if let Some(name) = &e.name {
                    user.name.clone_from(name);
                }
                if let Some(groups) = &e.groups {
                    user.groups = groups.iter().copied().collect();
                }
                if let Some(hash) = &e.password_hash {
                    user.password_hash = hash.clone();
                }
            }
            Event::UserDisabled(e) => user.disabled = e.disabled,
            Event::TokenIssued(e) => {
                user.tokens.push(e.hash.clone());
                let over = user.tokens.len().saturating_sub(users::TOKENS_MAX);
                user.tokens.drain(..over);
            }
            _ => {}
        }
    }

    fn evolve_live_chat(&mut self, head: Head, record: &Record) {
        let Stream::LiveChat(id) = record.stream else {
            return;
        };
        if let Event::LiveChatCreated(e) = &record.event {
            let live_chat = LiveChat {
                name: e.name.clone(),
                members: e.members.iter().cloned().collect(),
                replies: std::collections::BTreeMap::new(),
                created_at: record.time,
                deleted: false,
                feed_head: 0,
                head,
            };
            self.live_chats.insert(id, live_chat);
        }
        let Some(live_chat) = self.live_chats.get_mut(&id) else {
            return;
        };
        live_chat.head = head;
        match &record.event {
            Event::LiveChatRenamed(e) => live_chat.name.clone_from(&e.name),
            Event::MembersChanged(e) => live_chat.members = e.members.iter().cloned().collect(),
            Event::ReplySaved(e) => {
                let reply = CannedReply {
                    shortcut: e.shortcut.clone(),
                    text: e.text.clone(),
                };
                live_chat.replies.insert(e.reply, reply);
            }
            Event::ReplyDeleted(e) => {
                live_chat.replies.remove(&e.reply);
            }
            Event::LiveChatDeleted(_) => {
                live_chat.deleted = true;
                let channels: Vec<ChannelId> =
                    self.channels_of(id).map(|(channel, _)| channel).collect();
                for channel in channels {
                    self.delete_channel(channel, record.time);
                }
            }
            _ => {}
        }
    }

    fn evolve_contact(&mut self, head: Head, record: &Record) {
        let Stream::Contact(id) = record.stream else {
            return;
        };
        if let Event::ContactCreated(e) = &record.event {
            let external: Box<str> = e.external_user_id.as_str().into();
            let contact = Contact {
                channel: e.channel,
                external_user_id: external.clone(),
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
            self.keys.insert((), e.key + 1);
            self.index.contact_of.insert((e.channel, external), id);
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
                let name = (contact.channel, contact.external_user_id.clone());
                let sessions = contact.sessions.clone();
                self.index.contact_of.remove(&name);
                for session in sessions {
                    self.end_session(session, record.time);
                }
            }
            _ => {}
        }
    }

    fn evolve_session(&mut self, id: SessionId, head: Head, record: &Record) {
        if let Event::SessionOpened(e) = &record.event {
            self.open(id, head, record, e);
        }
        let time = record.time;
        match &record.event {
            Event::SessionAssigned(e) => {
                let operator = e.operator.clone();
                self.change_session(id, |s| {
                    s.status = SessionStatus::Assigned;
                    s.operator = Some(operator);
                });
                self.tell_session(id, "assigned", time);
            }
            Event::SessionTransferred(e) => {
                let operator = e.operator.clone();
                self.change_session(id, |s| {
                    s.status = if operator.is_some() {
                        SessionStatus::Assigned
                    } else {
                        SessionStatus::Queued
                    };
                    s.operator = operator;
                });
                if e.operator.is_some() {
                    self.tell_session(id, "assigned", time);
                }
            }
            Event::SessionClosed(_) => self.close(id, time),
            Event::MessageReceived(e) => self.received(id, record, e),
            Event::MessageSent(e) => self.sent_out(id, record, e),
            Event::NoteAdded(e) => {
                self.add_message(id, message(e.message, record.position, Direction::Note));
            }
            Event::MessageEdited(e) => {
                let edited = e.parked.map_or(record.position, |(position, _)| position);
                self.change_message(e.message, |m| m.edited = edited);
                if let Some((_, key)) = e.parked {
                    self.keep_key(e.message, key);
                }
            }
            Event::MessageDeleted(e) => self.change_message(e.message, |m| m.deleted = Some(time)),
            Event::MessageRead(e) => self.read_up_to(id, e.message, time),
            Event::DeliveryChanged(e) => self.evolve_delivery(id, record, e),
            _ => {}
        }
        if let Some(session) = self.sessions.get_mut(&id) {
            session.head = head;
        }
    }

    fn open(&mut self, id: SessionId, head: Head, record: &Record, e: &SessionOpened) {
        let Some(live_chat) = record.live_chat else {
            return;
        };
        let by_user = e.opened_by == OpenedBy::User;
        let session = Session {
            live_chat,
            channel: e.channel,
            contact: e.contact,
            external_chat_id: e.external_chat_id.as_str().into(),
            status: if e.operator.is_some() {
                SessionStatus::Assigned
            } else {
                SessionStatus::Queued
            },
            operator: e.operator.clone(),
            opened_by: e.opened_by,
            opened_at: record.time,
            opened_position: record.position,
            closed_at: None,
            waiting_since: by_user.then_some(record.time),
            last_at: record.time,
            unread: 0,
            messages: 0,
            previous: e.previous,
            head,
        };
        let chat = self.chats.entry(session.chat());
        chat.open = Some(id);
        chat.last = Some(id);
        self.sessions.insert(id, session);
        if let Some(contact) = self.contacts.get_mut(&e.contact) {
            contact.sessions.push(id);
        }
        self.index_session(id, true);
        self.tell_session(id, "opened", record.time);
        if e.operator.is_some() {
            self.tell_session(id, "assigned", record.time);
        }
    }

    fn received(&mut self, id: SessionId, record: &Record, e: &MessageReceived) {
        let Some(session) = self.sessions.get(&id) else {
            return;
        };
        let (channel, contact) = (session.channel, session.contact);
        let external: Box<str> = e.external_message_id.as_str().into();
        let entry = Message {
            external: Some(external.clone()),
            digest: e.digest,
            author: (e.contact != contact).then_some(e.contact),
            ..message(e.message, record.position, Direction::Inbound)
        };
        self.change_session(id, |s| {
            s.unread += 1;
            s.waiting_since.get_or_insert(record.time);
            s.last_at = record.time;
        });
        self.add_message(id, entry);
        let parked = self
            .parked
            .remove(&external_digest(channel, &external))
            .is_some();
        if let Some(channel) = self.channels.get_mut(&channel) {
            channel.last_external = Some(external.into());
            channel.parked -= u32::from(parked && channel.parked > 0);
        }
        self.ask_profile(channel, e.contact, record.time);
        let outcome = NoticeKind::Outcome(e.external_message_id.clone(), e.contact);
        self.push_notice(channel, outcome, record.time);
    }

    fn sent_out(&mut self, id: SessionId, record: &Record, e: &MessageSent) {
        let entry = Message {
            state: Some(crate::noun::DeliveryState::Queued),
            ..message(e.message, record.position, Direction::Outbound)
        };
        self.change_session(id, |s| {
            s.waiting_since = None;
            s.last_at = record.time;
        });
        self.add_message(id, entry);
        let channel = self.sessions.get(&id).map(|s| s.channel);
        if let Some(channel) = channel.and_then(|c| self.channels.get_mut(&c)) {
            channel.operators.insert(e.operator.clone());
        }
        self.enqueue(id, e.message, record.time, e.expires_at);
    }

    fn read_up_to(&mut self, id: SessionId, message: crate::id::MessageId, time: Timestamp) {
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
            s.unread = u32::try_from(unread).unwrap_or(u32::MAX).min(s.unread)
        });
        if let (Some(channel), Some(external)) = (channel, external) {
            self.push_notice(channel, NoticeKind::Read(external.into()), time);
        }
    }

    /// Parks an edit until its message comes.
    pub(super) fn park(
        &mut self,
        channel: ChannelId,
        record: &Record,
        e: &crate::event::EditParked,
    ) {
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
    fn keep_key(&mut self, message: crate::id::MessageId, key: u32) {
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

    /// Ends a session, unless it has ended.
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
        self.tell_session(id, "closed", time);
    }

    pub(super) fn change_session(&mut self, id: SessionId, change: impl FnOnce(&mut Session)) {
        self.index_session(id, false);
        if let Some(session) = self.sessions.get_mut(&id) {
            change(session);
        }
        self.index_session(id, true);
    }

    pub(super) fn change_message(
        &mut self,
        id: crate::id::MessageId,
        change: impl FnOnce(&mut Message),
    ) {
        let Some((session, number)) = self.index.message_of.get(&id).copied() else {
            return;
        };
        let at = usize::try_from(number % THREAD_CHUNK).unwrap_or(usize::MAX);
        let row = self.threads.get_mut(&(session, number / THREAD_CHUNK));
        if let Some(message) = row.and_then(|row| row.get_mut(at)) {
            change(message);
        }
    }

    fn add_message(&mut self, id: SessionId, message: Message) {
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        let (number, channel) = (session.messages, session.channel);
        session.messages += 1;
        self.threads
            .entry((id, number / THREAD_CHUNK))
            .push(message);
        self.index_message(channel, id, number);
    }
}

/// Whether an event belongs to the audit trail: what changes the house rather than a talk.
fn is_administrative(record: &Record) -> bool {
    match (&record.stream, &record.event) {
        (Stream::User(_) | Stream::LiveChat(_), _) | (_, Event::ContactForgotten(_)) => true,
        (Stream::Channel(_), _) => matches!(record.by, Actor::User(_)),
        _ => false,
    }
}

fn message(id: crate::id::MessageId, position: u64, direction: Direction) -> Message {
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
