//! Contacts, chats and sessions.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::id::{ChannelId, ContactId, LiveChatId, MessageId, SessionId, UserId};
use crate::model::{OpenedBy, SessionStatus};
use crate::rules::{PROFILE_AGE_MAX, PROFILE_PAUSES};
use crate::seal::Indexed;
use crate::state::Head;
use crate::time::Timestamp;

/// One person of a messenger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Contact {
    /// The channel that knows the person.
    pub channel: ChannelId,
    /// The messenger's id of the person, sealed under the first of `keys`.
    pub external_user_id: Indexed,
    /// The numbers of the keys that seal the person's data; new data uses the first.
    pub keys: Vec<u32>,
    /// The position of the last profile; 0 for none.
    pub profile_at: u64,
    /// When the profile was last requested.
    pub asked_at: Option<Timestamp>,
    /// Whether a profile request is pending.
    pub asking: bool,
    /// The last profile requests in a row that the messenger did not answer with a profile.
    pub asked_in_vain: u32,
    /// When the person first wrote.
    pub first_seen_at: Timestamp,
    /// When the person was forgotten.
    pub forgotten: Option<Timestamp>,
    /// The person's sessions, oldest first.
    pub sessions: Vec<SessionId>,
    /// The chats in which the person wrote in the sessions of others: the newest
    /// [`CHATS_MAX`](crate::rules::CHATS_MAX).
    pub other_chats: Vec<Digest>,
    /// The end of its stream.
    pub head: Head,
}

impl Contact {
    /// Whether the profile should be requested when the person writes.
    pub fn is_profile_due(&self, now: Timestamp) -> bool {
        let vain = usize::try_from(self.asked_in_vain).unwrap_or(usize::MAX);
        let pause = vain.checked_sub(1).and_then(|n| PROFILE_PAUSES.get(n));
        let pause = pause.copied().unwrap_or(PROFILE_AGE_MAX);
        let is_fresh = self.asked_at.is_some_and(|at| now.since(at) < pause);
        !self.asking && !is_fresh
    }
}

/// A channel, and the digest of the messenger's id of a conversation in it.
pub type ChatKey = (ChannelId, Digest);

/// Who wrote in a chat, operators excluded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Authors {
    /// Nobody yet.
    #[default]
    Nobody,
    /// One person.
    One(ContactId),
    /// Several people.
    Several,
}

impl Authors {
    /// The authors after a message of a person.
    #[must_use]
    pub fn with(self, author: ContactId) -> Self {
        match self {
            Self::Nobody => Self::One(author),
            Self::One(other) if other == author => self,
            Self::One(_) | Self::Several => Self::Several,
        }
    }

    /// Whether nobody but this person wrote.
    pub fn are_at_most(self, person: ContactId) -> bool {
        self.with(person) == Self::One(person)
    }
}

/// The state of a chat.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Chat {
    /// Its open session.
    pub open: Option<SessionId>,
    /// Its last session, open or not.
    pub last: Option<SessionId>,
    /// Its pending outbound messages, in the order they were sent.
    pub lane: VecDeque<MessageId>,
    /// Its newest name, sealed under the key of this contact.
    pub name: Option<(Indexed, ContactId)>,
    /// Who wrote in it.
    pub authors: Authors,
}

impl Chat {
    /// Whether it stays in memory.
    pub(crate) fn is_active(&self) -> bool {
        self.open.is_some() || !self.lane.is_empty()
    }

    /// Whether several people have written in it.
    pub fn is_group(&self) -> bool {
        self.authors == Authors::Several
    }
}

/// One period of a chat.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// The live chat that staffs it.
    pub live_chat: LiveChatId,
    /// The chat's channel.
    pub channel: ChannelId,
    /// The person that it was opened for.
    pub contact: ContactId,
    /// The messenger's id of the conversation, sealed under the contact's key.
    pub external_chat_id: Indexed,
    /// Its status.
    pub status: SessionStatus,
    /// The operator it is or was last assigned to.
    pub operator: Option<UserId>,
    /// Who opened it.
    pub opened_by: OpenedBy,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// The position of the event that opened it.
    pub opened_position: u64,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
    /// Since when the contact waits for a reply.
    pub waiting_since: Option<Timestamp>,
    /// The time of the last message.
    pub last_at: Timestamp,
    /// Inbound messages that no operator has read.
    pub unread: u32,
    /// Outbound messages that failed or expired and were not retried.
    pub failed: u32,
    /// Outbound messages whose delivery is pending.
    pub pending: u32,
    /// The chat's previous session.
    pub previous: Option<SessionId>,
    /// The end of its stream.
    pub head: Head,
}

impl Session {
    /// The chat that it belongs to.
    pub fn chat(&self) -> ChatKey {
        (self.channel, self.external_chat_id.digest())
    }

    /// Whether it stays in memory.
    pub(crate) const fn is_active(&self) -> bool {
        self.is_open() || self.pending > 0
    }

    /// Whether it is not closed.
    pub const fn is_open(&self) -> bool {
        !matches!(self.status, SessionStatus::Closed)
    }

    /// The sort key of its view: since when it waits, its last message, or when it was closed.
    pub fn sort_at(&self) -> Timestamp {
        match self.status {
            SessionStatus::Queued => self.waiting_since.unwrap_or(self.opened_at),
            SessionStatus::Assigned => self.last_at,
            SessionStatus::Closed => self.closed_at.unwrap_or(self.last_at),
        }
    }
}
