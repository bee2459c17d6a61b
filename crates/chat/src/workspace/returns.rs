//! Returns the sessions of operators who may no longer work on them to the queue.

use crate::command::{Decision, Effect};
use crate::event::SessionTransferred;
use crate::id::{LiveChatId, UserId};
use crate::reason::Reason;
use crate::state::User;
use crate::workspace::Workspace;
use crate::workspace::sessions::session_event;

/// The most events of a decision that returns sessions: they fit into one frame.
/// [`Effect::ReturnSessions`] returns the others.
pub(super) const EVENTS_MAX: usize = 200;

impl Workspace {
    /// Returns the users who have open sessions.
    pub fn assigned_users(&self) -> impl Iterator<Item = &UserId> {
        self.index.mine.keys()
    }

    /// Returns whether a user may work on the sessions of a live chat.
    pub(super) fn is_staff(&self, user: &UserId, live_chat: LiveChatId) -> bool {
        let row = self.users.get(user);
        row.is_some_and(|row| self.is_staffed_by((user, row), live_chat))
    }

    /// [`Self::is_staff`] for a user with other rights than now.
    pub(super) fn is_staffed_by(
        &self,
        (id, user): (&UserId, &User),
        live_chat: LiveChatId,
    ) -> bool {
        let live_chat = self.live_chat(live_chat);
        let sees = live_chat.is_ok_and(|l| user.sees_all() || l.members.contains(id));
        !user.disabled && user.works() && sees
    }

    /// Returns the sessions that a user may not work on.
    pub(super) fn decide_return(&self, user: &UserId) -> Decision {
        let is_disabled = self.users.get(user).is_none_or(|u| u.disabled);
        let stays = |live_chat| self.is_staff(user, live_chat);
        self.returning(Decision::nothing(), (user, is_disabled), stays)
    }

    /// Adds the return of a user's sessions in the live chats where the user does not stay.
    pub(super) fn returning(
        &self,
        mut decision: Decision,
        (id, is_disabled): (&UserId, bool),
        stays: impl Fn(LiveChatId) -> bool,
    ) -> Decision {
        let name = self.users.get(id).map_or(id.as_str(), |u| u.name.as_str());
        let name = name.to_owned();
        let reason = if is_disabled {
            Reason::OperatorDisabled { name }
        } else {
            Reason::OperatorLeft { name }
        };
        let mine = self.index.mine.get(id).into_iter().flatten();
        let mine = mine.filter_map(|session| Some((*session, self.sessions.get(session)?)));
        for (session, row) in mine.filter(|(_, row)| !stays(row.live_chat)) {
            if decision.events.len() >= EVENTS_MAX {
                return decision.then(Effect::ReturnSessions(id.clone()));
            }
            let event = SessionTransferred {
                operator: None,
                note: None,
                reason: Some(reason.clone()),
            };
            decision.events.push(session_event(session, row, event));
        }
        decision
    }
}
