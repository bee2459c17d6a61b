//! Finding things: what is derived from the rows, kept while they change, and rebuilt from them.

use crate::id::{ChannelId, ContactId, LiveChatId, MessageId, SessionId, UserId};
use crate::noun::{ChannelStatus, SessionStatus};
use crate::state::{ChatKey, Message, Session};
use crate::time::Timestamp;
use crate::workspace::{Digest, THREAD_CHUNK, Workspace, external_digest};

/// A list of sessions, in the order that operators see it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum View {
    /// Nobody has them.
    Queue(LiveChatId),
    /// Somebody has them.
    Active(LiveChatId),
    /// This operator has them.
    Mine(UserId),
    /// They ended.
    Closed(LiveChatId),
}

/// Where a session is listed.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Place {
    channel: ChannelId,
    open: bool,
    at: Timestamp,
    views: [Option<View>; 2],
}

impl Place {
    pub(super) fn of(session: &Session) -> Self {
        let live_chat = session.live_chat;
        let views = match session.status {
            SessionStatus::Queued => [Some(View::Queue(live_chat)), None],
            SessionStatus::Assigned => [
                Some(View::Active(live_chat)),
                session.operator.clone().map(View::Mine),
            ],
            SessionStatus::Closed => [Some(View::Closed(live_chat)), None],
        };
        Self {
            channel: session.channel,
            open: session.is_open(),
            at: session.sort_at(),
            views,
        }
    }
}

/// Where a list goes on: behind the entry with this time and id.
pub type Cursor = (Timestamp, SessionId);

impl Workspace {
    /// The contact with a messenger's user id.
    pub fn contact_by_external(
        &self,
        channel: ChannelId,
        external_user_id: &str,
    ) -> Option<ContactId> {
        self.index
            .contact_of
            .get(&(channel, external_user_id.into()))
            .copied()
    }

    /// A message and its session.
    pub fn message(&self, id: MessageId) -> Option<(SessionId, &Message)> {
        let (session, number) = *self.index.message_of.get(&id)?;
        self.nth_message(session, number)
            .map(|message| (session, message))
    }

    /// The message with a messenger's id, and its session.
    pub fn message_by_external(
        &self,
        channel: ChannelId,
        external: &str,
    ) -> Option<(SessionId, &Message)> {
        let (session, number) = *self
            .index
            .external
            .get(&external_digest(channel, external))?;
        self.nth_message(session, number)
            .map(|message| (session, message))
    }

    /// A session's message by its number, from 0 in the order of their making.
    pub fn nth_message(&self, session: SessionId, number: u32) -> Option<&Message> {
        let at = usize::try_from(number % THREAD_CHUNK).ok()?;
        self.threads.get(&(session, number / THREAD_CHUNK))?.get(at)
    }

    /// The messages of a session, oldest first.
    pub fn messages(&self, session: SessionId) -> impl DoubleEndedIterator<Item = &Message> {
        self.threads
            .range((session, 0)..=(session, u32::MAX))
            .flat_map(|(_, messages)| messages)
    }

    /// Every message made since a time, with its session, in the order of their making.
    pub(super) fn messages_since(
        &self,
        since: Timestamp,
    ) -> impl Iterator<Item = (SessionId, &Message)> {
        let from = MessageId::first_at(since);
        self.index
            .message_of
            .range(from..)
            .filter_map(|(_, (session, number))| {
                Some((*session, self.nth_message(*session, *number)?))
            })
    }

    /// Sessions of some views, merged, the newest first, behind a cursor.
    pub fn page(
        &self,
        views: &[View],
        before: Option<Cursor>,
    ) -> impl Iterator<Item = (Cursor, &Session)> + use<'_> {
        let end = before.unwrap_or((
            Timestamp::from_micros(i64::MAX),
            SessionId::from_bytes([0xff; 16]),
        ));
        let mut heads: Vec<_> = views
            .iter()
            .map(|view| {
                let from = (
                    view.clone(),
                    Timestamp::from_micros(i64::MIN),
                    SessionId::from_bytes([0; 16]),
                );
                self.index
                    .views
                    .range(from..(view.clone(), end.0, end.1))
                    .rev()
                    .peekable()
            })
            .collect();
        std::iter::from_fn(move || {
            let newest = heads
                .iter_mut()
                .filter_map(|head| head.peek().map(|(_, at, id)| (*at, *id)))
                .max()?;
            heads
                .iter_mut()
                .find_map(|h| h.next_if(|(_, at, id)| (*at, *id) == newest))?;
            Some((newest, self.sessions.get(&newest.1)?))
        })
    }

    /// Messages that may be tried now, first of their lanes, by channel; `None` as the bound means
    /// that the channel's breaker lets one through at a time.
    pub fn due(&self, now: Timestamp) -> impl Iterator<Item = (ChannelId, bool, MessageId)> {
        self.index.ready.iter().flat_map(move |(id, lanes)| {
            let gate = self.gate(*id).filter(|from| *from <= now);
            let probing = self.channels.get(id).is_some_and(|c| c.breaker.open);
            lanes
                .iter()
                .take_while(move |(at, _)| gate.is_some() && *at <= now)
                .map(move |(_, message)| (*id, probing, *message))
        })
    }

    /// The open sessions of a channel.
    pub fn open_sessions(&self, id: ChannelId) -> impl Iterator<Item = (SessionId, &Session)> {
        let open = self.index.open_sessions.get(&id).into_iter().flatten();
        open.filter_map(|id| Some((*id, self.sessions.get(id)?)))
    }

    /// Messages whose time to live has passed.
    pub fn expired(&self, now: Timestamp) -> impl Iterator<Item = MessageId> {
        self.index
            .expiry
            .iter()
            .take_while(move |(at, _)| *at <= now)
            .map(|(_, message)| *message)
    }

    /// When the next message is due or expires. Messages that `under_way` names do not count, nor
    /// channels of which `is_busy` says (given whether they are probed) that they take no more.
    pub fn next_due(
        &self,
        under_way: impl Fn(MessageId) -> bool,
        is_busy: impl Fn(ChannelId, bool) -> bool,
    ) -> Option<Timestamp> {
        let due = self.index.ready.iter().filter_map(|(id, lanes)| {
            let probing = self.channels.get(id)?.breaker.open;
            let (at, _) = lanes.iter().find(|(_, message)| !under_way(*message))?;
            let gate = self.gate(*id).filter(|_| !is_busy(*id, probing))?;
            Some(gate.max(*at))
        });
        let expiry = self
            .index
            .expiry
            .iter()
            .find(|(_, message)| !under_way(*message));
        due.chain(expiry.map(|(at, _)| *at)).min()
    }

    /// From when a channel may be tried; `None` while it is not active.
    fn gate(&self, id: ChannelId) -> Option<Timestamp> {
        let channel = self
            .channels
            .get(&id)
            .filter(|c| c.status == ChannelStatus::Active)?;
        Some(channel.breaker.not_before.unwrap_or_default())
    }

    /// Puts the first message of a lane where [`due`](Self::due) finds it. `before` is what stood
    /// there; call it before and after a change.
    pub(super) fn lane_head(&self, chat: &ChatKey) -> Option<(Timestamp, MessageId)> {
        let message = *self.chats.get(chat)?.lane.front()?;
        Some((self.deliveries.get(&message)?.due, message))
    }

    pub(super) fn reindex_lane(
        &mut self,
        channel: ChannelId,
        before: Option<(Timestamp, MessageId)>,
        chat: &ChatKey,
    ) {
        let after = self.lane_head(chat);
        let ready = self.index.ready.entry(channel).or_default();
        if let Some(before) = before {
            ready.remove(&before);
        }
        if let Some(after) = after {
            ready.insert(after);
        }
        if ready.is_empty() {
            self.index.ready.remove(&channel);
        }
    }

    /// Lists a session in its views.
    pub(super) fn list(&mut self, id: SessionId, place: Place) {
        let open = self.index.open_sessions.entry(place.channel).or_default();
        if place.open {
            open.insert(id);
        }
        for view in place.views.into_iter().flatten() {
            self.index.views.insert((view, place.at, id));
        }
    }

    /// Takes a session out of its views.
    pub(super) fn unlist(&mut self, id: SessionId, place: Place) {
        if let Some(open) = self.index.open_sessions.get_mut(&place.channel) {
            open.remove(&id);
        }
        for view in place.views.into_iter().flatten() {
            self.index.views.remove(&(view, place.at, id));
        }
    }

    /// Adds a message to what finds messages.
    pub(super) fn index_message(&mut self, channel: ChannelId, session: SessionId, number: u32) {
        let Some(message) = self.nth_message(session, number) else {
            return;
        };
        let digest = message
            .external
            .as_ref()
            .map(|external| external_digest(channel, external));
        let id = message.id;
        self.find_by(id, digest, (session, number));
    }

    /// Has a message found by its id, and by its messenger's.
    pub(super) fn find_by(
        &mut self,
        id: MessageId,
        external: Option<Digest>,
        place: (SessionId, u32),
    ) {
        self.index.message_of.insert(id, place);
        if let Some(external) = external {
            self.index.external.insert(external, place);
        }
    }
}
