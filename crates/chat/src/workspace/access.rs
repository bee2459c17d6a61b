//! Permission checks. They run here, at the owner of the state, regardless of earlier checks.

use crate::id::{ChannelId, ContactId, LiveChatId, MessageId, SessionId, UserId};
use crate::model::{ChannelStatus, Group};
use crate::reason::Reason;
use crate::rejection::Rejection;
use crate::state::{Channel, Contact, LiveChat, Message, Session, User};
use crate::workspace::Workspace;

/// The user who sends a request.
#[derive(Clone, Copy, Debug)]
pub struct Caller<'a> {
    /// The user's id.
    pub id: &'a UserId,
    /// The user.
    pub user: &'a User,
}

impl Caller<'_> {
    /// Checks that the caller is an administrator.
    pub fn require_administrator(&self) -> Result<(), Rejection> {
        require(
            self.user.is(Group::Administrators),
            Reason::AdministratorsOnly,
        )
    }

    /// Checks that the caller is this user, or an administrator.
    pub fn require_self_or_administrator(&self, user: &UserId) -> Result<(), Rejection> {
        if self.id == user {
            return Ok(());
        }
        self.require_administrator()
    }

    /// Checks that the caller is an administrator or supervisor.
    pub fn require_supervisor(&self) -> Result<(), Rejection> {
        require(self.user.sees_all(), Reason::SupervisorsOnly)
    }

    /// Checks that the caller may change sessions, which readers may not.
    pub fn require_operator(&self) -> Result<(), Rejection> {
        require(self.user.works(), Reason::OperatorsOnly)
    }

    /// Checks that the caller is a member of the live chat, a supervisor or an administrator.
    pub fn require_member(&self, id: LiveChatId, live_chat: &LiveChat) -> Result<(), Rejection> {
        let is_member = self.user.sees_all() || live_chat.members.contains(self.id);
        require(is_member, Reason::NotAMember)
            .map_err(|rejection| rejection.with("liveChat", id.to_string()))
    }
}

fn require(holds: bool, reason: Reason) -> Result<(), Rejection> {
    holds.then_some(()).ok_or_else(|| reason.into())
}

impl Workspace {
    /// Returns the caller with this id. An unknown or disabled user is rejected.
    pub fn caller<'a>(&'a self, id: &'a UserId) -> Result<Caller<'a>, Rejection> {
        match self.users.get(id) {
            Some(user) if !user.disabled => Ok(Caller { id, user }),
            _ => {
                let user = id.to_string();
                Err(Reason::SignInRefused { user }.into())
            }
        }
    }

    /// Returns a user, disabled or not.
    pub fn user(&self, id: &UserId) -> Result<&User, Rejection> {
        let missing = || Reason::NoSuchUser {
            user: id.to_string(),
        };
        Ok(self.users.get(id).ok_or_else(missing)?)
    }

    /// Returns a live chat that is not deleted.
    pub fn live_chat(&self, id: LiveChatId) -> Result<&LiveChat, Rejection> {
        let missing = || Reason::NoSuchLiveChat {
            live_chat: id.to_string(),
        };
        let live_chat = self.live_chats.get(&id).filter(|l| !l.deleted);
        Ok(live_chat.ok_or_else(missing)?)
    }

    /// Returns a live chat that the caller may see.
    pub fn visible_live_chat(
        &self,
        caller: &Caller<'_>,
        id: LiveChatId,
    ) -> Result<&LiveChat, Rejection> {
        let live_chat = self.live_chat(id)?;
        caller.require_member(id, live_chat).map(|()| live_chat)
    }

    /// Returns a channel that is not deleted.
    pub fn channel(&self, id: ChannelId) -> Result<&Channel, Rejection> {
        let missing = || Reason::NoSuchChannel {
            channel: id.to_string(),
        };
        let channel = self.channels.get(&id);
        let channel = channel.filter(|c| c.status != ChannelStatus::Deleted);
        Ok(channel.ok_or_else(missing)?)
    }

    /// Returns a contact, forgotten or not.
    pub fn contact(&self, id: ContactId) -> Result<&Contact, Rejection> {
        let missing = || Reason::NoSuchContact {
            contact: id.to_string(),
        };
        Ok(self.contacts.get(&id).ok_or_else(missing)?)
    }

    /// Returns a session that the caller may see.
    pub fn visible_session(
        &self,
        caller: &Caller<'_>,
        id: SessionId,
    ) -> Result<&Session, Rejection> {
        let missing = || Reason::NoSuchSession {
            session: id.to_string(),
        };
        let session = self.sessions.get(&id).ok_or_else(missing)?;
        self.visible_live_chat(caller, session.live_chat)
            .map(|_| session)
    }

    /// Returns a message that the caller may see, with its session.
    pub fn visible_message(
        &self,
        caller: &Caller<'_>,
        id: MessageId,
    ) -> Result<(SessionId, &Session, &Message), Rejection> {
        let missing = || Reason::NoSuchMessage {
            message_id: id.to_string(),
        };
        let (session, message) = self.message(id).ok_or_else(missing)?;
        Ok((session, self.visible_session(caller, session)?, message))
    }

    /// Returns the live chats that the caller may see, oldest first.
    pub fn visible_live_chats<'a>(
        &'a self,
        caller: &Caller<'a>,
    ) -> impl Iterator<Item = (LiveChatId, &'a LiveChat)> {
        let (all, user) = (caller.user.sees_all(), caller.id);
        self.live_chats
            .iter()
            .filter(move |(_, l)| !l.deleted && (all || l.members.contains(user)))
            .map(|(id, l)| (*id, l))
    }
}
