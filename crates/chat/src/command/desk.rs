//! Commands of operators on sessions, messages and deliveries.

use crate::content::Content;
use crate::id::{ChannelId, ContactId, MessageId, SessionId, UserId};
use crate::time::Timestamp;

/// See [`crate::command::Command::Session`].
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "docs/console-api describes the parameters")]
pub enum SessionCommand {
    /// `sessions.take`
    Take(SessionId),
    /// `sessions.transfer`; `None` is the queue.
    Transfer {
        session: SessionId,
        to: Option<UserId>,
        note: Option<String>,
    },
    /// `sessions.close`
    Close(SessionId),
    /// `sessions.reopen`, for the caller or for the queue.
    Reopen { session: SessionId, queue: bool },
    /// `sessions.create`
    Create {
        channel: ChannelId,
        person: Person,
        text: Option<String>,
    },
}

/// The person that an operator starts a session with.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "docs/console-api describes the parameters")]
pub enum Person {
    /// A known contact. The session uses the chat of the contact's last session.
    Contact(ContactId),
    /// A person by the messenger's ids.
    External { chat: String, user: String },
}

/// See [`crate::command::Command::Message`].
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "docs/console-api describes the parameters")]
pub enum MessageCommand {
    /// `messages.send`
    Send {
        session: SessionId,
        content: Content,
        reply_to: Option<MessageId>,
    },
    /// `messages.note`
    Note { session: SessionId, text: String },
    /// `messages.read`
    Read {
        session: SessionId,
        up_to: MessageId,
    },
    /// `messages.retry`
    Retry(MessageId),
}

/// See [`crate::command::Command::Replay`].
#[derive(Clone, Debug)]
pub enum Replay {
    /// One message.
    Message(MessageId),
    /// The failed and expired messages of a channel that were sent since a time.
    Since(ChannelId, Timestamp),
}
