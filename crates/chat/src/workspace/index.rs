//! Finding things: what is derived from the rows, kept while they change, and rebuilt from them.

use std::collections::{BTreeMap, BTreeSet};

use crate::digest::Digest;
use crate::id::{ChannelId, ContactId, LiveChatId, MessageId, SessionId, UserId};
use crate::model::{ChannelStatus, SessionStatus};
use crate::state::{ChatKey, Message, Session};
use crate::time::Timestamp;
use crate::workspace::{Workspace, external_digest};

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
    view: View,
    at: Timestamp,
    mine: Option<UserId>,
}

impl Place {
    pub(super) fn of(session: &Session) -> Self {
        let live_chat = session.live_chat;
        let (view, mine) = match session.status {
            SessionStatus::Queued => (View::Queue(live_chat), None),
            SessionStatus::Assigned => (View::Active(live_chat), session.operator.clone()),
            SessionStatus::Closed => (View::Closed(live_chat), None),
        };
        Self {
            view,
            at: session.sort_at(),
            mine,
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
            .get(&external_digest(channel, external_user_id))
            .copied()
    }

    /// A message and its session.
    pub fn message(&self, id: MessageId) -> Option<(SessionId, &Message)> {
        let message = self.message_table.get(self.message_table.find(id)?)?;
        Some((message.session, message))
    }

    /// The message with a messenger's id, and its session.
    pub fn message_by_external(
        &self,
        channel: ChannelId,
        external: &str,
    ) -> Option<(SessionId, &Message)> {
        let is = |message: &Message| {
            let session = self.sessions.get(&message.session);
            message.external.as_deref() == Some(external)
                && session.is_some_and(|s| s.channel == channel)
        };
        let name = short(&external_digest(channel, external));
        let message = self.message_table.find_named(name, is)?;
        Some((message.session, message))
    }

    /// The messages of a session, the newest first.
    pub fn messages(&self, session: SessionId) -> impl Iterator<Item = &Message> {
        let newest = self.sessions.get(&session).map_or(0, |s| s.newest);
        self.message_table.back(newest)
    }

    /// Every message made since a time, with its session, in the order in which they were
    /// written.
    pub(super) fn messages_since(
        &self,
        since: Timestamp,
    ) -> impl Iterator<Item = (SessionId, &Message)> {
        let from = MessageId::first_at(since);
        self.message_table
            .iter()
            .filter(move |message| message.id >= from)
            .map(|message| (message.session, message))
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
            .map(|view| self.listed(view, end).peekable())
            .collect();
        std::iter::from_fn(move || {
            let newest = heads
                .iter_mut()
                .filter_map(|head| head.peek().copied())
                .max()?;
            heads.iter_mut().find_map(|head| head.next_if_eq(&newest))?;
            Some((newest, self.sessions.get(&newest.1)?))
        })
    }

    /// The sessions of one view, the newest first, behind a cursor.
    fn listed(&self, view: &View, end: Cursor) -> impl Iterator<Item = Cursor> + use<'_> {
        // An operator has few sessions: sorting them now is cheaper than keeping them sorted.
        let mut mine: Vec<Cursor> = Vec::new();
        let mut listed = None;
        if let View::Mine(operator) = view {
            let all = self.index.mine.get(operator).into_iter().flatten();
            mine.extend(all.filter_map(|id| Some((self.sessions.get(id)?.sort_at(), *id))));
            mine.retain(|cursor| *cursor < end);
            mine.sort_unstable();
        } else {
            listed = self
                .index
                .views
                .get(view)
                .map(|all| all.range(..end).copied());
        }
        mine.into_iter()
            .rev()
            .chain(listed.into_iter().flatten().rev())
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
        let first = (id, std::sync::Arc::from(""));
        let of_channel = self
            .chats
            .range(first..)
            .take_while(move |((of, _), _)| *of == id);
        let open = of_channel.filter_map(|(_, chat)| chat.open);
        open.filter_map(|id| Some((id, self.sessions.get(&id)?)))
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

    /// Lists a session where it was not.
    pub(super) fn list(&mut self, id: SessionId, place: Place) {
        self.relist(id, None, place);
    }

    /// Lists a session in another place.
    pub(super) fn relist(&mut self, id: SessionId, before: Option<Place>, after: Place) {
        let mine = before.as_ref().and_then(|place| place.mine.clone());
        if let Some(Place { view, at, .. }) = before {
            take_out(&mut self.index.views, &view, &(at, id));
        }
        let sessions = self.index.views.entry(after.view).or_default();
        sessions.insert((after.at, id));
        if mine == after.mine {
            return;
        }
        if let Some(operator) = mine {
            take_out(&mut self.index.mine, &operator, &id);
        }
        if let Some(operator) = after.mine {
            self.index.mine.entry(operator).or_default().insert(id);
        }
    }
}

/// The beginning of a digest.
pub(super) fn short(digest: &Digest) -> u64 {
    digest
        .first_chunk()
        .map_or(0, |first| u64::from_be_bytes(*first))
}

/// Takes one member out of the set under a key, and the set when it is empty.
fn take_out<K: Ord, V: Ord>(sets: &mut BTreeMap<K, BTreeSet<V>>, key: &K, member: &V) {
    if let Some(set) = sets.get_mut(key) {
        set.remove(member);
        if set.is_empty() {
            sets.remove(key);
        }
    }
}
