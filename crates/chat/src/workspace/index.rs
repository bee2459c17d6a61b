//! Indexes over the rows and the lookups that use them.

use std::collections::{BTreeMap, BTreeSet};

use crate::id::{ChannelId, ContactId, LiveChatId, MessageId, SessionId, UserId};
use crate::model::{ChannelStatus, SessionStatus};
use crate::reason::Reason;
use crate::state::{Channel, Chat, ChatKey, Message, Session};
use crate::time::Timestamp;
use crate::workspace::Workspace;
use crate::workspace::sessions::not_active;

/// A sorted list of sessions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum View {
    /// Unassigned sessions.
    Queue(LiveChatId),
    /// Assigned sessions.
    Active(LiveChatId),
    /// An operator's sessions.
    Mine(UserId),
    /// Closed sessions.
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

/// The time and id of the last entry of a page.
pub type Cursor = (Timestamp, SessionId);

/// What holds back a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wait {
    /// When it is due; `None` if that depends on something else.
    pub at: Option<Timestamp>,
    /// The first message of its lane, if that is another one.
    pub behind: Option<MessageId>,
    /// What it waits for besides its own schedule.
    pub reason: Option<Reason>,
}

impl Wait {
    const fn new(at: Option<Timestamp>, reason: Option<Reason>) -> Self {
        Self {
            at,
            behind: None,
            reason,
        }
    }
}

impl Workspace {
    /// Finds a contact by the messenger's user id.
    pub(super) fn contact_by_external(
        &self,
        channel: ChannelId,
        external_user_id: &str,
    ) -> Option<ContactId> {
        let external = self.digest(channel.as_bytes(), external_user_id);
        self.index.contact_of.get(&external).copied()
    }

    /// Finds a message and its session.
    pub fn message(&self, id: MessageId) -> Option<(SessionId, &Message)> {
        let message = self.message_table.get(self.message_table.find(id)?)?;
        Some((message.session, message))
    }

    /// Finds a message by the messenger's id, with its session.
    pub fn message_by_external(
        &self,
        channel: ChannelId,
        external: &str,
    ) -> Option<(SessionId, &Message)> {
        let external = self.digest(channel.as_bytes(), external);
        let message = self.message_table.find_external(&external)?;
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
        let newest = self.sessions.get(&session).map_or(0, |s| s.newest);
        self.message_table.back(newest)
    }

    /// Returns the inbound messages of a session that are not deleted, newest first.
    pub(super) fn written(&self, session: SessionId) -> impl Iterator<Item = &Message> {
        self.messages(session).filter(|m| m.is_written())
    }

    /// Returns the messages created since a time with their sessions, oldest first.
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

    /// Returns the sessions of several views after a cursor, merged, newest first.
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

    /// Returns the sessions of one view after a cursor, newest first.
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

    /// Returns the channels that may get an attempt now, each with the messages that are due: the first
    /// ones of its lanes.
    pub fn due(
        &self,
        now: Timestamp,
    ) -> impl Iterator<Item = (ChannelId, &Channel, impl Iterator<Item = MessageId>)> {
        self.index.ready.iter().filter_map(move |(id, lanes)| {
            lanes.first().filter(|(at, _)| *at <= now)?;
            self.gate(*id).filter(|from| *from <= now)?;
            let due = lanes.iter().take_while(move |(at, _)| *at <= now);
            let messages = due.map(|(_, message)| *message);
            Some((*id, self.channels.get(id)?, messages))
        })
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

    /// Returns the messages whose time to live has passed.
    pub fn expired(&self, now: Timestamp) -> impl Iterator<Item = MessageId> {
        self.index
            .expiry
            .iter()
            .take_while(move |(at, _)| *at <= now)
            .map(|(_, message)| *message)
    }

    /// Returns when the next message is due or expires. Skips messages that are `under_way` and
    /// channels that are busy.
    pub fn next_due(
        &self,
        under_way: impl Fn(MessageId) -> bool,
        is_busy: impl Fn(ChannelId, &Channel) -> bool,
    ) -> Option<Timestamp> {
        let due = self.index.ready.iter().filter_map(|(id, lanes)| {
            self.channels.get(id).filter(|c| !is_busy(*id, c))?;
            let (at, _) = lanes.iter().find(|(_, message)| !under_way(*message))?;
            Some(self.gate(*id)?.max(*at))
        });
        let expiry = self
            .index
            .expiry
            .iter()
            .find(|(_, message)| !under_way(*message));
        due.chain(expiry.map(|(at, _)| *at)).min()
    }

    /// Returns the earliest time of the next attempt on a channel; `None` if it is not active.
    fn gate(&self, id: ChannelId) -> Option<Timestamp> {
        let channel = self
            .channels
            .get(&id)
            .filter(|c| c.status == ChannelStatus::Active)?;
        Some(channel.breaker.gate())
    }

    /// Returns the first messages of a channel's lanes that wait for a time after `now`, with that
    /// time.
    pub(super) fn waiting(
        &self,
        id: ChannelId,
        now: Timestamp,
    ) -> impl DoubleEndedIterator<Item = (Timestamp, MessageId)> {
        let after = (now, MessageId::from_bytes([0xff; 16]));
        let lanes = self.index.ready.get(&id).into_iter();
        lanes.flat_map(move |lanes| lanes.range(after..).copied())
    }

    /// Returns the first messages of a channel's lanes with their due times, earliest first.
    pub(super) fn heads(&self, id: ChannelId) -> impl Iterator<Item = (Timestamp, MessageId)> {
        self.index.ready.get(&id).into_iter().flatten().copied()
    }

    /// Returns what holds back a message whose delivery is pending.
    pub fn wait(&self, id: MessageId) -> Option<Wait> {
        let (_, session, _, delivery) = self.pending(id)?;
        let channel = self.channels.get(&session.channel)?;
        let first = *self.chats.get(&session.chat())?.lane.front()?;
        let Some(gate) = self.gate(session.channel) else {
            return Some(Wait::new(None, Some(not_active(channel).reason)));
        };
        if first != id {
            let message_id = first.to_string();
            return Some(Wait {
                behind: Some(first),
                ..Wait::new(None, Some(Reason::WaitsInLane { message_id }))
            });
        }
        let held = (gate > delivery.due).then(|| match channel.breaker.paused_until {
            Some(until) if until >= gate => Reason::MessengerPaused {
                until: until.to_string(),
            },
            Some(_) | None => Reason::Failing,
        });
        Some(Wait::new(Some(gate.max(delivery.due)), held))
    }

    /// Returns the due time and id of the first message of a lane.
    pub(super) fn lane_head(&self, chat: &ChatKey) -> Option<(Timestamp, MessageId)> {
        let message = *self.chats.get(chat)?.lane.front()?;
        Some((self.deliveries.get(&message)?.due, message))
    }

    /// Updates the index after a change of a lane; `before` is the lane's head before the change.
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

    /// Adds a session to its view.
    pub(super) fn list(&mut self, id: SessionId, place: Place) {
        self.relist(id, None, place);
    }

    /// Moves a session to another place.
    pub(super) fn relist(&mut self, id: SessionId, before: Option<Place>, after: Place) {
        let mine = before.as_ref().and_then(|place| place.mine.clone());
        if let Some(Place { view, at, .. }) = before {
            remove_member(&mut self.index.views, &view, &(at, id));
        }
        let sessions = self.index.views.entry(after.view).or_default();
        sessions.insert((after.at, id));
        if mine == after.mine {
            return;
        }
        if let Some(operator) = mine {
            remove_member(&mut self.index.mine, &operator, &id);
        }
        if let Some(operator) = after.mine {
            self.index.mine.entry(operator).or_default().insert(id);
        }
    }
}

/// Removes a member from the set under a key, and the set if it is then empty.
fn remove_member<K: Ord, V: Ord>(sets: &mut BTreeMap<K, BTreeSet<V>>, key: &K, member: &V) {
    if let Some(set) = sets.get_mut(key) {
        set.remove(member);
        if set.is_empty() {
            sets.remove(key);
        }
    }
}
