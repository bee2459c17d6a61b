//! What a workspace must do, written once more as plainly as can be: lists that are searched from
//! end to end, no index, no event, no clock but the one it is given.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::fixture::START;
use super::step::USERS;
use crate::id::{ChannelId, ContactId, MessageId, SessionId};
use crate::model::{ChannelStatus, DeliveryState, SessionStatus};
use crate::rejection::Code;
use crate::time::Timestamp;
use crate::workspace::Workspace;

pub(super) struct Model {
    pub(super) now: Timestamp,
    pub(super) disabled: BTreeSet<&'static str>,
    pub(super) members: BTreeSet<&'static str>,
    pub(super) channels: Vec<Channel>,
    pub(super) people: Vec<Person>,
    pub(super) said: Vec<Said>,
    pub(super) sessions: Vec<Session>,
    /// Every message to messengers, in the order they were put in the queue for the last time.
    pub(super) sent: Vec<Sent>,
    /// What is being tried, and in which generation of its channel.
    pub(super) in_flight: BTreeMap<MessageId, u32>,
}

pub(super) struct Channel {
    pub(super) id: ChannelId,
    pub(super) second: bool,
    pub(super) status: ChannelStatus,
    pub(super) failing_since: Option<Timestamp>,
    /// Goes up when it ends or comes back: what was asked before does not count.
    pub(super) generation: u32,
}

impl Channel {
    pub(super) fn becomes(&mut self, status: ChannelStatus) {
        self.status = status;
        self.generation += 1;
    }
}

pub(super) struct Person {
    pub(super) id: ContactId,
    pub(super) channel: ChannelId,
    pub(super) author: u8,
    pub(super) forgotten: bool,
}

pub(super) struct Said {
    pub(super) channel: ChannelId,
    pub(super) id: u8,
    pub(super) what: (u8, u8, u8),
    pub(super) message: MessageId,
    pub(super) session: SessionId,
    pub(super) position: u64,
}

pub(super) struct Session {
    pub(super) id: SessionId,
    pub(super) channel: ChannelId,
    pub(super) chat: u8,
    pub(super) contact: ContactId,
    pub(super) status: SessionStatus,
    pub(super) operator: Option<&'static str>,
    pub(super) unread: usize,
}

pub(super) struct Sent {
    pub(super) message: MessageId,
    pub(super) session: SessionId,
    pub(super) position: u64,
    pub(super) state: DeliveryState,
    pub(super) expires_at: Timestamp,
}

/// Whether something may be done, and the reason when not.
pub(super) type Verdict = Result<(), Code>;

fn supervises(user: &str) -> bool {
    matches!(user, "root" | "sue")
}

impl Model {
    pub(super) fn new(channels: [ChannelId; 2]) -> Self {
        let channel = |(at, id)| Channel {
            id,
            second: at == 1,
            status: ChannelStatus::Active,
            failing_since: None,
            generation: 0,
        };
        Self {
            now: START,
            disabled: BTreeSet::new(),
            members: BTreeSet::from(["ann", "bob", "rea"]),
            channels: channels.into_iter().enumerate().map(channel).collect(),
            people: Vec::new(),
            said: Vec::new(),
            sessions: Vec::new(),
            sent: Vec::new(),
            in_flight: BTreeMap::new(),
        }
    }

    /// The newest channel at one of the two accounts.
    pub(super) fn channel_at(&self, second: bool) -> ChannelId {
        self.channels
            .iter()
            .rfind(|c| c.second == second)
            .unwrap()
            .id
    }

    pub(super) fn channel(&mut self, id: ChannelId) -> &mut Channel {
        self.channels.iter_mut().find(|c| c.id == id).unwrap()
    }

    pub(super) fn status(&self, id: ChannelId) -> ChannelStatus {
        self.channels.iter().find(|c| c.id == id).unwrap().status
    }

    pub(super) fn generation(&self, id: ChannelId) -> u32 {
        let mut all = self.channels.iter();
        all.find(|c| c.id == id).unwrap().generation
    }

    pub(super) fn session(&mut self, id: SessionId) -> &mut Session {
        self.sessions.iter_mut().find(|s| s.id == id).unwrap()
    }

    pub(super) fn session_of(&self, id: SessionId) -> &Session {
        self.sessions.iter().find(|s| s.id == id).unwrap()
    }

    pub(super) fn open_in(&self, channel: ChannelId, chat: u8) -> Option<SessionId> {
        let open = |s: &&Session| {
            (s.channel, s.chat) == (channel, chat) && s.status != SessionStatus::Closed
        };
        self.sessions.iter().find(open).map(|s| s.id)
    }

    pub(super) fn person(&self, channel: ChannelId, author: u8) -> Option<ContactId> {
        let is = |p: &&Person| (p.channel, p.author, p.forgotten) == (channel, author, false);
        self.people.iter().find(is).map(|p| p.id)
    }

    pub(super) fn is_forgotten(&self, contact: ContactId) -> bool {
        self.people.iter().any(|p| p.id == contact && p.forgotten)
    }

    /// Whether a user may work in the live chat.
    pub(super) fn staffs(&self, user: &str) -> bool {
        !self.disabled.contains(user) && user != "rea" && self.sees(user)
    }

    pub(super) fn sees(&self, user: &str) -> bool {
        supervises(user) || self.members.contains(user)
    }

    pub(super) fn may_work(&self, user: &str) -> Verdict {
        if self.staffs(user) {
            Ok(())
        } else {
            Err(Code::Forbidden)
        }
    }

    pub(super) fn may_work_on(&self, user: &str, session: SessionId) -> Verdict {
        self.may_work(user)?;
        match self.session_of(session).status {
            SessionStatus::Closed => Err(Code::SessionClosed),
            _ => Ok(()),
        }
    }

    pub(super) fn has(&self, user: &str, session: SessionId) -> Verdict {
        if self.session_of(session).operator == Some(user) || supervises(user) {
            Ok(())
        } else {
            Err(Code::NotAssigned)
        }
    }

    pub(super) fn may_take(&self, user: &str, session: SessionId) -> Verdict {
        self.may_work_on(user, session)?;
        match self.session_of(session).operator {
            Some(holder) if holder != user && self.staffs(holder) => Err(Code::AlreadyAssigned),
            _ => Ok(()),
        }
    }

    pub(super) fn may_transfer(&self, user: &str, session: SessionId, to: Option<&str>) -> Verdict {
        self.may_work_on(user, session)?;
        self.has(user, session)?;
        if to.is_some_and(|to| !self.staffs(to)) {
            Err(Code::Invalid)
        } else {
            Ok(())
        }
    }

    pub(super) fn may_write(&self, user: &str, session: SessionId) -> Verdict {
        self.may_work_on(user, session)?;
        self.has(user, session)
    }

    pub(super) fn may_open(&self, user: &str, channel: ChannelId, chat: u8) -> Verdict {
        if self.disabled.contains(user) || user == "rea" {
            return Err(Code::Forbidden);
        }
        match self.status(channel) {
            ChannelStatus::Deleted => return Err(Code::NotFound),
            _ if !self.sees(user) => return Err(Code::Forbidden),
            ChannelStatus::Active => {}
            _ => return Err(Code::ChannelDisconnected),
        }
        if self.open_in(channel, chat).is_some() {
            Err(Code::SessionAlreadyOpen)
        } else {
            Ok(())
        }
    }

    pub(super) fn may_retry(&self, user: &str, message: MessageId) -> Verdict {
        self.may_work(user)?;
        let sent = self.sent.iter().find(|s| s.message == message).unwrap();
        self.has(user, sent.session)?;
        if !matches!(sent.state, DeliveryState::Failed | DeliveryState::Expired) {
            return Err(Code::Conflict);
        }
        let session = self.session_of(sent.session);
        if self.status(session.channel) == ChannelStatus::Deleted {
            return Err(Code::NotFound);
        }
        if self.is_forgotten(session.contact) {
            Err(Code::ContactForgotten)
        } else {
            Ok(())
        }
    }

    /// Whether a messenger may say anything on a channel now.
    pub(super) fn may_say(&self, channel: ChannelId) -> Verdict {
        match self.status(channel) {
            ChannelStatus::Deleted => Err(Code::ChannelNotFound),
            ChannelStatus::Active => Ok(()),
            _ => Err(Code::ChannelDisconnected),
        }
    }

    /// Whether another channel has the account.
    pub(super) fn may_have(&self, second: bool, own: Option<ChannelId>) -> Verdict {
        let holds = |c: &Channel| {
            let gone = matches!(c.status, ChannelStatus::Deleted | ChannelStatus::Failed);
            c.second == second && !gone && Some(c.id) != own
        };
        if self.channels.iter().any(holds) {
            Err(Code::AccountAlreadyConnected)
        } else {
            Ok(())
        }
    }

    /// A message goes to the end of the queue.
    pub(super) fn enqueue(&mut self, message: MessageId, session: SessionId, position: u64) {
        self.sent.retain(|s| s.message != message);
        self.sent.push(Sent {
            message,
            session,
            position,
            state: DeliveryState::Queued,
            expires_at: self.now.plus(Duration::from_hours(24)),
        });
    }

    pub(super) fn sent(&mut self, message: MessageId) -> &mut Sent {
        self.sent.iter_mut().find(|s| s.message == message).unwrap()
    }

    /// The messages of a chat that wait, in order.
    pub(super) fn lane(&self, channel: ChannelId, chat: u8) -> Vec<MessageId> {
        let waits = |s: &&Sent| {
            let session = self.session_of(s.session);
            s.state.is_pending() && (session.channel, session.chat) == (channel, chat)
        };
        self.sent.iter().filter(waits).map(|s| s.message).collect()
    }

    /// A session ends for good: what waited fails.
    pub(super) fn ends(&mut self, gone: impl Fn(&Session) -> bool) {
        for session in self.sessions.iter_mut().filter(|s| gone(s)) {
            session.status = SessionStatus::Closed;
            let id = session.id;
            for sent in self
                .sent
                .iter_mut()
                .filter(|s| s.session == id && s.state.is_pending())
            {
                sent.state = DeliveryState::Failed;
            }
        }
    }

    /// What comes of an attempt.
    pub(super) fn returns(&mut self, message: MessageId, status: Option<u16>) {
        let now = self.now;
        let asked_in = self.in_flight.remove(&message).unwrap();
        let sent = self.sent(message);
        let late = !sent.state.is_pending();
        if !late {
            sent.state = match status {
                Some(200) => DeliveryState::Accepted,
                Some(400) => DeliveryState::Failed,
                _ => DeliveryState::Sending,
            };
        }
        let session = sent.session;
        let session = self.session_of(session);
        if late && self.is_forgotten(session.contact) {
            return;
        }
        let channel = session.channel;
        let channel = self.channel(channel);
        let judged = match status.filter(|_| channel.generation == asked_in) {
            Some(401) => Some(ChannelStatus::Interrupted),
            Some(410) => Some(ChannelStatus::Disconnected),
            _ => None,
        };
        if matches!(status, Some(200 | 400 | 401 | 410)) {
            channel.failing_since = None;
        } else if !late {
            channel.failing_since.get_or_insert(now);
        }
        let day = Duration::from_hours(24);
        let tired = channel
            .failing_since
            .is_some_and(|since| now.since(since) >= day);
        if channel.status == ChannelStatus::Active {
            let after = judged.or(tired.then_some(ChannelStatus::Interrupted));
            if let Some(after) = after {
                channel.becomes(after);
            }
        }
    }

    /// The workspace is what this says.
    pub(super) fn compare(&self, workspace: &Workspace) {
        for channel in &self.channels {
            assert_eq!(
                workspace.channels.get(&channel.id).unwrap().status,
                channel.status
            );
        }
        assert_eq!(workspace.sessions.len(), self.sessions.len());
        for session in &self.sessions {
            let real = workspace.sessions.get(&session.id).unwrap();
            let operator = real.operator.as_ref().map(crate::id::UserId::as_str);
            let what = (real.status, operator, real.unread as usize, real.contact);
            let right = (
                session.status,
                session.operator,
                session.unread,
                session.contact,
            );
            assert_eq!(what, right, "session {}", session.id);
        }
        for sent in &self.sent {
            let (session, real) = workspace.message(sent.message).unwrap();
            assert_eq!((session, real.state), (sent.session, Some(sent.state)));
        }
        for said in &self.said {
            let (session, real) = workspace.message(said.message).unwrap();
            assert_eq!((session, real.position), (said.session, said.position));
        }
        for ((channel, chat), real) in workspace.chats.iter() {
            let chat = chat.parse().unwrap();
            assert_eq!(real.open, self.open_in(*channel, chat));
            assert!(
                real.lane.iter().copied().eq(self.lane(*channel, chat)),
                "a lane's order"
            );
        }
        for user in USERS {
            let disabled = workspace.user(&user.parse().unwrap()).unwrap().disabled;
            assert_eq!(disabled, self.disabled.contains(user));
        }
    }
}
