//! Conversations, who takes part, and the work on them.

use std::collections::VecDeque;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::id::{ChannelId, ContactId, LiveChatId, MessageId, SessionId, UserId};
use crate::model::{OpenedBy, SessionStatus};
use crate::state::Head;
use crate::time::Timestamp;

/// One person of a messenger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Contact {
    /// The channel that knows the person.
    pub channel: ChannelId,
    /// The messenger's id of the person.
    pub external_user_id: Arc<str>,
    /// The numbers of the keys that the person's words are sealed under; the first is the one in use.
    pub keys: Vec<u32>,
    /// The position of the last profile; 0 for none.
    pub profile_at: u64,
    /// When the profile was last asked for.
    pub asked_at: Option<Timestamp>,
    /// Whether the answer is still out.
    pub asking: bool,
    /// When the person first wrote.
    pub first_seen_at: Timestamp,
    /// When the person was forgotten.
    pub forgotten: Option<Timestamp>,
    /// The person's sessions, oldest first.
    pub sessions: Vec<SessionId>,
    /// The end of its stream.
    pub head: Head,
}

/// The messenger's conversation, within a channel.
pub type ChatKey = (ChannelId, Arc<str>);

/// What is known of a conversation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Chat {
    /// Its open session: at most one, ever.
    pub open: Option<SessionId>,
    /// Its last session, open or not.
    pub last: Option<SessionId>,
    /// Its outbound messages that are not at their end, in the order they were sent.
    pub lane: VecDeque<MessageId>,
}

/// One stretch of work on a chat.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// The live chat that staffs it.
    pub live_chat: LiveChatId,
    /// The chat's channel.
    pub channel: ChannelId,
    /// The person that it was opened for.
    pub contact: ContactId,
    /// The messenger's conversation.
    pub external_chat_id: Arc<str>,
    /// Where it stands.
    pub status: SessionStatus,
    /// Who has it, or had it last.
    pub operator: Option<UserId>,
    /// Who opened it.
    pub opened_by: OpenedBy,
    /// When.
    pub opened_at: Timestamp,
    /// The position of the event that opened it.
    pub opened_position: u64,
    /// When it ended.
    pub closed_at: Option<Timestamp>,
    /// Since when the person waits for an answer.
    pub waiting_since: Option<Timestamp>,
    /// When the last message came or went.
    pub last_at: Timestamp,
    /// Inbound messages that no operator has read.
    pub unread: u32,
    /// The number of its newest message in the message table; 0 for none.
    pub newest: u32,
    /// The session before it on the same chat.
    pub previous: Option<SessionId>,
    /// The end of its stream.
    pub head: Head,
}

impl Session {
    /// The chat that it belongs to.
    pub fn chat(&self) -> ChatKey {
        (self.channel, self.external_chat_id.clone())
    }

    /// Whether work on it goes on.
    pub const fn is_open(&self) -> bool {
        !matches!(self.status, SessionStatus::Closed)
    }

    /// What its view is ordered by: waiting time, last message, or its end.
    pub fn sort_at(&self) -> Timestamp {
        match self.status {
            SessionStatus::Queued => self.waiting_since.unwrap_or(self.opened_at),
            SessionStatus::Assigned => self.last_at,
            SessionStatus::Closed => self.closed_at.unwrap_or(self.last_at),
        }
    }
}
