//! What users may do in the model.

use super::model::{Model, Session, Verdict, require};
use crate::id::{ChannelId, MessageId, SessionId};
use crate::model::{ChannelStatus, SessionStatus};
use crate::rejection::Code;

fn supervises(user: &str) -> bool {
    matches!(user, "root" | "sue")
}

impl Model {
    /// Whether a user may work on sessions of the live chat.
    pub(super) fn is_staff(&self, user: &str) -> bool {
        !self.disabled.contains(user) && user != "rea" && self.sees(user)
    }

    pub(super) fn sees(&self, user: &str) -> bool {
        supervises(user) || self.members.contains(user)
    }

    pub(super) fn may_work(&self, user: &str) -> Verdict {
        require(self.is_staff(user), Code::Forbidden)
    }

    pub(super) fn may_work_on(&self, user: &str, session: SessionId) -> Verdict {
        self.may_work(user)?;
        let open = self.session(session).status != SessionStatus::Closed;
        require(open, Code::SessionClosed)
    }

    pub(super) fn is_assigned(&self, user: &str, session: SessionId) -> Verdict {
        let assigned = self.session(session).operator == Some(user);
        require(assigned || supervises(user), Code::NotAssigned)
    }

    pub(super) fn may_take(&self, user: &str, session: SessionId) -> Verdict {
        self.may_work_on(user, session)?;
        let operator = self.session(session).operator;
        let taken = operator.is_some_and(|other| other != user);
        require(!taken || supervises(user), Code::AlreadyAssigned)
    }

    pub(super) fn may_reopen(&self, user: &str, session: SessionId) -> Verdict {
        self.may_work(user)?;
        let Session { channel, chat, .. } = *self.session(session);
        let open = self.open_in(channel, chat).is_some();
        require(!open, Code::SessionAlreadyOpen)?;
        self.exists(channel)?;
        self.is_remembered(session)
    }

    pub(super) fn may_transfer(&self, user: &str, session: SessionId, to: Option<&str>) -> Verdict {
        self.may_write(user, session)?;
        require(to.is_none_or(|to| self.is_staff(to)), Code::Invalid)
    }

    pub(super) fn may_write(&self, user: &str, session: SessionId) -> Verdict {
        self.may_work_on(user, session)?;
        self.is_assigned(user, session)
    }

    pub(super) fn may_note(&self, user: &str, session: SessionId) -> Verdict {
        self.may_work(user)?;
        self.is_remembered(session)
    }

    pub(super) fn is_remembered(&self, session: SessionId) -> Verdict {
        let forgotten = self.is_forgotten(self.session(session).contact);
        require(!forgotten, Code::ContactForgotten)
    }

    pub(super) fn may_start(&self, user: &str, channel: ChannelId, chat: u8) -> Verdict {
        let works = !self.disabled.contains(user) && user != "rea";
        require(works, Code::Forbidden)?;
        self.exists(channel)?;
        require(self.sees(user), Code::Forbidden)?;
        let active = self.status(channel) == ChannelStatus::Active;
        require(active, Code::ChannelDisconnected)?;
        let open = self.open_in(channel, chat).is_some();
        require(!open, Code::SessionAlreadyOpen)
    }

    pub(super) fn may_retry(&self, user: &str, message: MessageId) -> Verdict {
        self.may_work(user)?;
        let sent = self.sent(message);
        self.is_assigned(user, sent.session)?;
        let channel = self.session(sent.session).channel;
        if sent.state.is_pending() {
            let active = self.status(channel) == ChannelStatus::Active;
            return require(active, Code::ChannelDisconnected);
        }
        require(sent.has_failed(), Code::Conflict)?;
        self.exists(channel)?;
        self.is_remembered(sent.session)
    }
}
