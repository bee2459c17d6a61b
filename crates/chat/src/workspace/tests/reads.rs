//! Reads of a workspace and its log.

use std::borrow::Cow;

use super::fixture::Fixture;
use super::values::{index_key, key};
use crate::content::Content;
use crate::event::Event;
use crate::id::{ChannelId, ContactId, MessageId, SessionId};
use crate::model::{ChannelStatus, DeliveryState};
use crate::record::Record;
use crate::state::{Channel, Message, NoticeKind, Session};
use crate::table::stored::Rows;
use crate::time::Timestamp;
use crate::workspace::Workspace;

impl Fixture {
    /// A channel, which may be deleted.
    pub(super) fn channel(&self, id: ChannelId) -> &Channel {
        self.workspace.channels.get(&id).unwrap()
    }

    /// The channel that every test starts with.
    pub(super) fn default_channel(&self) -> &Channel {
        self.channel(self.channel)
    }

    pub(super) fn status(&self, id: ChannelId) -> ChannelStatus {
        self.channel(id).status
    }

    /// The pending notices of a channel.
    pub(super) fn notices(&self, id: ChannelId) -> Vec<NoticeKind> {
        let all = self.workspace.notices.range((id, 0)..=(id, u64::MAX));
        all.map(|(_, notice)| notice.kind.clone()).collect()
    }

    /// The numbers of the default channel's pending notices.
    pub(super) fn notice_numbers(&self) -> Vec<u64> {
        let all = (self.channel, 0)..=(self.channel, u64::MAX);
        self.workspace
            .notices
            .range(all)
            .map(|((_, n), _)| *n)
            .collect()
    }

    pub(super) fn session(&self, id: SessionId) -> &Session {
        self.workspace.sessions.get(&id).unwrap()
    }

    pub(super) fn message(&self, id: MessageId) -> &Message {
        self.workspace.message(id).unwrap().1
    }

    /// The delivery state of an outbound message.
    pub(super) fn state(&self, id: MessageId) -> DeliveryState {
        self.message(id).state.unwrap()
    }

    /// The first message of a session.
    pub(super) fn first_of(&self, session: SessionId) -> MessageId {
        self.workspace.messages(session).last().unwrap().id
    }

    /// Asserts that the last request caused no event.
    #[track_caller]
    pub(super) fn assert_no_event(&self) {
        assert_eq!(self.kinds(), [""; 0]);
    }

    /// The kinds of the last request's events.
    pub(super) fn kinds(&self) -> Vec<&'static str> {
        self.records.iter().map(|r| r.event.kind()).collect()
    }

    /// The messages that are due now and not in flight.
    pub(super) fn due(&self) -> Vec<MessageId> {
        let all = self.workspace.due(self.now).flat_map(|(_, _, ids)| ids);
        all.filter(|id| !self.in_flight.contains_key(id)).collect()
    }

    /// The messages that have expired and are not in flight.
    pub(super) fn expired(&self) -> Vec<MessageId> {
        let all = self.workspace.expired(self.now);
        all.filter(|id| !self.in_flight.contains_key(id)).collect()
    }

    /// The time of a pending message's next attempt.
    pub(super) fn due_at(&self, id: MessageId) -> Timestamp {
        self.workspace.pending(id).unwrap().3.due
    }

    /// The time at which the next message is due or expires.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.workspace
            .next_due(|id| self.in_flight.contains_key(&id), |_, _| false)
    }

    /// The contact with an external user id.
    pub(super) fn contact(&self, external: &str) -> ContactId {
        self.workspace
            .contact_by_external(self.channel, external)
            .unwrap()
    }

    /// The contents that the remaining keys can still decrypt in the log.
    pub(super) fn contents(&self) -> Vec<Content> {
        let mut contents = Vec::new();
        let mut fold = Workspace::new(index_key());
        for (at, bytes) in self.log.iter().enumerate() {
            let record = Record::decode(at as u64 + 1, bytes).unwrap();
            let number = fold.key_of(&record.stream, &record.event);
            let own = number.filter(|n| !self.destroyed.contains(n)).map(key);
            let content = match &record.event {
                Event::MessageReceived(e) => Some(&e.content),
                Event::MessageSent(e) => Some(&e.content),
                Event::NoteAdded(e) => Some(&e.content),
                Event::MessageEdited(e) => e.content.as_ref(),
                Event::EditParked(e) => e.text.as_ref(),
                _ => None,
            };
            let bound = record.stream.to_string();
            let open = content.and_then(|c| c.open(own.as_ref(), bound.as_bytes()));
            contents.extend(open.map(Cow::into_owned));
            fold.evolve(&record);
        }
        contents
    }

    /// Writes the changed rows to a projection store.
    pub(super) fn rows(&mut self, store: &mut Rows) {
        store.write(self.workspace.take_changed());
    }
}
