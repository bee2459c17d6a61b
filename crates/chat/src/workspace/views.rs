//! The sorted lists of sessions.

use std::collections::{BTreeMap, BTreeSet};

use crate::id::{LiveChatId, SessionId, UserId};
use crate::model::SessionStatus;
use crate::state::Session;
use crate::time::Timestamp;
use crate::workspace::Workspace;

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

impl Workspace {
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
        let (mut listed, mut closed) = (None, None);
        if let View::Closed(live_chat) = view {
            let first = (
                *live_chat,
                Timestamp::default(),
                SessionId::from_bytes([0; 16]),
            );
            let all = self.closed.back(first, (*live_chat, end.0, end.1));
            closed = Some(all.map(|((_, at, id), ())| (*at, *id)));
        } else if let View::Mine(operator) = view {
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
            .chain(closed.into_iter().flatten())
    }

    /// Adds a session to its view.
    pub(super) fn list(&mut self, id: SessionId, place: Place) {
        self.relist(id, None, place);
    }

    /// Moves a session to another place.
    pub(super) fn relist(&mut self, id: SessionId, before: Option<Place>, after: Place) {
        let mine = before.as_ref().and_then(|place| place.mine.clone());
        if let Some(Place { view, at, .. }) = before {
            if let View::Closed(live_chat) = view {
                self.closed.remove(&(live_chat, at, id));
            } else {
                remove_member(&mut self.index.views, &view, &(at, id));
            }
        }
        if let View::Closed(live_chat) = after.view {
            self.closed.insert((live_chat, after.at, id), ());
        } else {
            let sessions = self.index.views.entry(after.view).or_default();
            sessions.insert((after.at, id));
        }
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
