//! A model of a workspace: plain lists that are searched from end to end, without indexes and events.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::fixture::START;
use super::step::{USERS, User};
use crate::id::{ChannelId, ContactId, MessageId, SessionId, UserId};
use crate::model::{ChannelStatus, DeliveryState, SessionStatus};
use crate::rejection::Code;
use crate::time::Timestamp;
use crate::workspace::Workspace;

pub(super) struct Model {
    pub(super) now: Timestamp,
    pub(super) disabled: BTreeSet<User>,
    pub(super) members: BTreeSet<User>,
    pub(super) channels: Vec<Channel>,
    pub(super) contacts: Vec<Contact>,
    pub(super) received: Vec<Received>,
    /// The deleted messages, also those that have not arrived.
    pub(super) deleted: BTreeSet<(ChannelId, u8)>,
    pub(super) sessions: Vec<Session>,
    /// The outbound messages, in the order in which they were last queued.
    pub(super) sent: Vec<Sent>,
    /// The attempts in flight, with their channel's generation at the start.
    pub(super) in_flight: BTreeMap<MessageId, u32>,
}

pub(super) struct Channel {
    pub(super) id: ChannelId,
    pub(super) second: bool,
    pub(super) status: ChannelStatus,
    pub(super) failing_since: Option<Timestamp>,
    /// Increases with each change of the status, so that results of earlier requests are ignored.
    pub(super) generation: u32,
}

impl Channel {
    pub(super) fn change_status(&mut self, status: ChannelStatus) {
        self.status = status;
        self.generation += 1;
    }
}

pub(super) struct Contact {
    pub(super) id: ContactId,
    pub(super) channel: ChannelId,
    pub(super) author: u8,
    pub(super) forgotten: bool,
}

pub(super) struct Received {
    pub(super) channel: ChannelId,
    pub(super) id: u8,
    pub(super) what: (u8, u8, u8),
    pub(super) message: MessageId,
    pub(super) session: SessionId,
    pub(super) position: u64,
    pub(super) read: bool,
}

pub(super) struct Session {
    pub(super) id: SessionId,
    pub(super) channel: ChannelId,
    pub(super) chat: u8,
    pub(super) contact: ContactId,
    pub(super) status: SessionStatus,
    pub(super) operator: Option<User>,
}

pub(super) struct Sent {
    pub(super) message: MessageId,
    pub(super) session: SessionId,
    pub(super) position: u64,
    pub(super) state: DeliveryState,
    pub(super) expires_at: Timestamp,
    pub(super) is_retried: bool,
}

impl Sent {
    pub(super) fn has_failed(&self) -> bool {
        matches!(self.state, DeliveryState::Failed | DeliveryState::Expired)
    }
}

/// Whether a command is accepted, and the code of the rejection otherwise.
pub(super) type Verdict = Result<(), Code>;

pub(super) fn require(condition: bool, code: Code) -> Verdict {
    condition.then_some(()).ok_or(code)
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
            contacts: Vec::new(),
            received: Vec::new(),
            deleted: BTreeSet::new(),
            sessions: Vec::new(),
            sent: Vec::new(),
            in_flight: BTreeMap::new(),
        }
    }

    /// The newest channel of one of the two accounts.
    pub(super) fn channel_at(&self, second: bool) -> ChannelId {
        let mut newest = self.channels.iter().rev();
        newest.find(|c| c.second == second).unwrap().id
    }

    /// Removes the channel that a new `connect` verifies again: of the account, or of the common name.
    pub(super) fn take_failed_channel(&mut self, second: bool) -> Option<ChannelId> {
        let failed = self.channels.iter().enumerate();
        let failed = failed.filter(|(_, c)| c.status == ChannelStatus::Failed);
        let (at, _) = failed.min_by_key(|(_, c)| (c.second != second, c.id))?;
        Some(self.channels.remove(at).id)
    }

    pub(super) fn channel_mut(&mut self, id: ChannelId) -> &mut Channel {
        self.channels.iter_mut().find(|c| c.id == id).unwrap()
    }

    pub(super) fn channel(&self, id: ChannelId) -> &Channel {
        self.channels.iter().find(|c| c.id == id).unwrap()
    }

    pub(super) fn status(&self, id: ChannelId) -> ChannelStatus {
        self.channel(id).status
    }

    pub(super) fn session_mut(&mut self, id: SessionId) -> &mut Session {
        self.sessions.iter_mut().find(|s| s.id == id).unwrap()
    }

    pub(super) fn session(&self, id: SessionId) -> &Session {
        self.sessions.iter().find(|s| s.id == id).unwrap()
    }

    fn unread(&self, id: SessionId) -> usize {
        let received = self.received.iter();
        let unread = |r: &&Received| {
            r.session == id && !r.read && !self.deleted.contains(&(r.channel, r.id))
        };
        received.filter(unread).count()
    }

    pub(super) fn open_in(&self, channel: ChannelId, chat: u8) -> Option<SessionId> {
        let open = |s: &&Session| {
            (s.channel, s.chat) == (channel, chat) && s.status != SessionStatus::Closed
        };
        self.sessions.iter().find(open).map(|s| s.id)
    }

    pub(super) fn contact(&self, channel: ChannelId, author: u8) -> Option<ContactId> {
        let is = |p: &&Contact| (p.channel, p.author, p.forgotten) == (channel, author, false);
        self.contacts.iter().find(is).map(|p| p.id)
    }

    pub(super) fn is_forgotten(&self, contact: ContactId) -> bool {
        self.contacts.iter().any(|p| p.id == contact && p.forgotten)
    }

    /// Whether a channel is not deleted.
    pub(super) fn exists(&self, channel: ChannelId) -> Verdict {
        let deleted = self.status(channel) == ChannelStatus::Deleted;
        require(!deleted, Code::NotFound)
    }

    /// [`Self::exists`] for requests of messengers.
    pub(super) fn is_known(&self, channel: ChannelId) -> Verdict {
        self.exists(channel).map_err(|_| Code::ChannelNotFound)
    }

    /// Whether a messenger's requests on a channel are accepted.
    pub(super) fn accepts(&self, channel: ChannelId) -> Verdict {
        self.is_known(channel)?;
        let active = self.status(channel) == ChannelStatus::Active;
        require(active, Code::ChannelDisconnected)
    }

    /// Whether an account belongs to no other channel.
    pub(super) fn is_free(&self, second: bool, own: Option<ChannelId>) -> Verdict {
        let holds = |c: &Channel| {
            let released = matches!(c.status, ChannelStatus::Deleted | ChannelStatus::Failed);
            c.second == second && !released && Some(c.id) != own
        };
        let taken = self.channels.iter().any(holds);
        require(!taken, Code::AccountAlreadyConnected)
    }

    /// Appends a message to its lane.
    pub(super) fn enqueue(&mut self, message: MessageId, session: SessionId, position: u64) {
        let before = self.sent.len();
        self.sent.retain(|s| s.message != message);
        self.sent.push(Sent {
            is_retried: self.sent.len() < before,
            message,
            session,
            position,
            state: DeliveryState::Queued,
            expires_at: self.now.plus(Duration::from_hours(24)),
        });
    }

    pub(super) fn sent(&self, message: MessageId) -> &Sent {
        self.sent.iter().find(|s| s.message == message).unwrap()
    }

    pub(super) fn sent_mut(&mut self, message: MessageId) -> &mut Sent {
        self.sent.iter_mut().find(|s| s.message == message).unwrap()
    }

    /// The pending messages of a chat, in order.
    pub(super) fn lane(&self, channel: ChannelId, chat: u8) -> Vec<MessageId> {
        let pending = |s: &&Sent| {
            let session = self.session(s.session);
            s.state.is_pending() && (session.channel, session.chat) == (channel, chat)
        };
        self.sent
            .iter()
            .filter(pending)
            .map(|s| s.message)
            .collect()
    }

    /// Returns the open sessions of users who are not staff to the queue.
    pub(super) fn return_sessions(&mut self) {
        let lost: BTreeSet<_> = USERS.into_iter().filter(|u| !self.is_staff(u)).collect();
        let open = |s: &&mut Session| s.status == SessionStatus::Assigned;
        for session in self.sessions.iter_mut().filter(open) {
            if session
                .operator
                .is_some_and(|operator| lost.contains(operator))
            {
                session.status = SessionStatus::Queued;
                session.operator = None;
            }
        }
    }

    /// Closes sessions whose channel was deleted or whose contact was erased. Their pending messages
    /// fail.
    pub(super) fn end_sessions(&mut self, ended: impl Fn(&Session) -> bool) {
        for session in self.sessions.iter_mut().filter(|s| ended(s)) {
            session.status = SessionStatus::Closed;
            let sent = self.sent.iter_mut().filter(|s| s.session == session.id);
            for pending in sent.filter(|s| s.state.is_pending()) {
                pending.state = DeliveryState::Failed;
            }
        }
    }

    /// Ends an attempt, with a status unless it timed out.
    pub(super) fn end_attempt(&mut self, message: MessageId, status: Option<u16>) {
        let now = self.now;
        let generation = self.in_flight.remove(&message).unwrap();
        let sent = self.sent_mut(message);
        let late = sent.state != DeliveryState::Sending;
        if !late {
            sent.state = match status {
                Some(200) => DeliveryState::Accepted,
                Some(400) => DeliveryState::Failed,
                _ => DeliveryState::Sending,
            };
        }
        let session = sent.session;
        let session = self.session(session);
        if late && self.is_forgotten(session.contact) {
            return;
        }
        let channel = session.channel;
        let channel = self.channel_mut(channel);
        let change = match status.filter(|_| channel.generation == generation) {
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
        let failed_long = channel
            .failing_since
            .is_some_and(|since| now.since(since) >= day);
        if channel.status == ChannelStatus::Active {
            let interrupted = failed_long.then_some(ChannelStatus::Interrupted);
            if let Some(status) = change.or(interrupted) {
                channel.change_status(status);
            }
        }
    }

    /// Asserts that a workspace has the same state.
    pub(super) fn compare(&self, workspace: &Workspace) {
        for channel in &self.channels {
            let real = workspace.channels.get(&channel.id).unwrap();
            assert_eq!(real.status, channel.status, "channel {}", channel.id);
        }
        assert_eq!(workspace.sessions.len(), self.sessions.len());
        for session in &self.sessions {
            let real = workspace.sessions.get(&session.id).unwrap();
            let operator = real.operator.as_ref().map(UserId::as_str);
            assert_eq!(
                (real.status, operator, real.unread as usize, real.contact),
                (
                    session.status,
                    session.operator,
                    self.unread(session.id),
                    session.contact
                ),
                "session {}",
                session.id
            );
        }
        for sent in &self.sent {
            let (session, real) = workspace.message(sent.message).unwrap();
            assert_eq!((session, real.state), (sent.session, Some(sent.state)));
        }
        for received in &self.received {
            let (session, real) = workspace.message(received.message).unwrap();
            let expected = (received.session, received.position);
            assert_eq!((session, real.position), expected);
        }
        for Session { channel, chat, .. } in &self.sessions {
            let digest = workspace.digest(channel.as_bytes(), &chat.to_string());
            let real = workspace.chats.get(&(*channel, digest)).unwrap();
            assert_eq!(real.open, self.open_in(*channel, *chat));
            assert_eq!(real.lane, self.lane(*channel, *chat), "chat {chat}");
        }
        for user in USERS {
            let disabled = workspace.user(&user.parse().unwrap()).unwrap().disabled;
            assert_eq!(disabled, self.disabled.contains(user), "{user}");
        }
    }
}
