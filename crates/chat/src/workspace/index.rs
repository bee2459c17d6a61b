//! Lookups of rows that need more than their key.

use crate::digest::Digest;
use crate::id::{ChannelId, ContactId, MessageId, SessionId};
use crate::state::{Chat, ChatKey, Message, MessagePlace, Session};
use crate::time::Timestamp;
use crate::workspace::Workspace;

impl Workspace {
    /// Finds a contact by the messenger's user id.
    pub(super) fn contact_by_external(
        &self,
        channel: ChannelId,
        external_user_id: &str,
    ) -> Option<ContactId> {
        let external = self.digest(channel.as_bytes(), external_user_id);
        self.contact_ids.get(&external.into()).copied()
    }

    /// Finds a message and its session.
    pub fn message(&self, id: MessageId) -> Option<(SessionId, &Message)> {
        let message = self.messages.get(&self.place_of(id)?)?;
        Some((message.session, message))
    }

    /// Where a message is.
    pub(super) fn place_of(&self, id: MessageId) -> Option<MessagePlace> {
        let pending = self.deliveries.get(&id);
        let pending = pending.map(|delivery| (delivery.session, delivery.position));
        pending.or_else(|| self.message_ids.get(&id).copied())
    }

    /// Finds a message by the digest of the messenger's id.
    pub(super) fn find_external(&self, external: &Digest) -> Option<&Message> {
        let place = self.external_ids.get(&(*external).into())?;
        self.messages.get(place)
    }

    /// Finds a message by the messenger's id, with its session.
    pub fn message_by_external(
        &self,
        channel: ChannelId,
        external: &str,
    ) -> Option<(SessionId, &Message)> {
        let external = self.digest(channel.as_bytes(), external);
        let message = self.find_external(&external)?;
        Some((message.session, message))
    }

    /// The position of the newest edit that waits for this message of the messenger.
    pub fn parked_edit(&self, channel: ChannelId, external: &str) -> Option<u64> {
        // Each message asks, and edits hardly ever wait: no digest then.
        if self.parked.is_empty() {
            return None;
        }
        let external = self.digest(channel.as_bytes(), external);
        self.parked.get(&(channel, external))?.edit
    }

    /// Returns the messages of a session, newest first.
    pub fn messages(&self, session: SessionId) -> impl Iterator<Item = &Message> {
        self.messages_before(session, u64::MAX)
    }

    /// Returns the messages of a session before a position, newest first.
    pub fn messages_before(
        &self,
        session: SessionId,
        position: u64,
    ) -> impl Iterator<Item = &Message> {
        let all = self.messages.back((session, 0), (session, position));
        all.map(|(_, message)| message)
    }

    /// Returns the messages of a session from a position on, oldest first.
    pub fn messages_from(
        &self,
        session: SessionId,
        position: u64,
    ) -> impl Iterator<Item = &Message> {
        let after = (session, position.saturating_sub(1));
        let all = self.messages.forward(after, (session, u64::MAX));
        all.map(|(_, message)| message)
    }

    /// Returns the inbound messages of a session that are not deleted, newest first.
    pub(super) fn written(&self, session: SessionId) -> impl Iterator<Item = &Message> {
        self.messages(session).filter(|m| m.is_written())
    }

    /// Returns the failed messages of a channel that were created since a time, in the order of the log,
    /// from which the ids of one millisecond differ, and those before and after a jump of the clock.
    pub(super) fn failed_since(&self, channel: ChannelId, since: Timestamp) -> Vec<&Message> {
        let from = (channel, MessageId::first_at(since));
        let until = (channel, MessageId::from_bytes([0xff; 16]));
        let all = self.failed.forward(from, until);
        let mut all: Vec<&Message> = all
            .filter_map(|(_, place)| self.messages.get(place))
            .collect();
        all.sort_unstable_by_key(|message| message.position);
        all
    }

    /// Returns how many notices of a channel are not settled.
    pub fn notices_of(&self, id: ChannelId) -> usize {
        self.index.notices.get(&id).copied().unwrap_or(0)
    }

    /// Returns the open sessions of a channel.
    pub fn open_sessions(&self, id: ChannelId) -> impl Iterator<Item = (SessionId, &Session)> {
        let open = self.chats_of(id).filter_map(|(_, chat)| chat.open);
        open.filter_map(|id| Some((id, self.sessions.get(&id)?)))
    }

    /// Returns the chats of a channel.
    pub(super) fn chats_of(&self, id: ChannelId) -> impl Iterator<Item = (&ChatKey, &Chat)> {
        self.chats.range((id, [0; 16])..=(id, [0xff; 16]))
    }
}
