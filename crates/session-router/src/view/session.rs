//! Sessions.

use chat::event::Event;
use chat::id::{SessionId, UserId};
use chat::model::SessionStatus;
use chat::record::Stream;
use chat::state::Session;
use chat::time::Timestamp;
use chat::workspace::Workspace;
use serde_json::Value;

use super::message::MessageFacts;
use super::object::Object;
use crate::library::Library;

/// A session as it stands, and where its words are.
#[derive(Clone, Debug)]
pub(crate) struct SessionFacts {
    id: SessionId,
    row: Session,
    key: Option<u32>,
    last: Option<MessageFacts>,
}

/// What is read for a session.
pub(super) struct Words {
    /// What the conversation is called.
    pub(super) chat_name: Option<String>,
    /// The last message's text, whole.
    pub(super) last_text: Option<String>,
    last: Option<Value>,
}

impl SessionFacts {
    pub(crate) fn of(workspace: &Workspace, id: SessionId) -> Option<Self> {
        let session = workspace.sessions.get(&id)?;
        Some(Self::with(workspace, id, session))
    }

    pub(super) fn with(workspace: &Workspace, id: SessionId, session: &Session) -> Self {
        let contact = workspace.contacts.get(&session.contact);
        Self {
            id,
            row: session.clone(),
            key: contact.and_then(|c| c.keys.first()).copied(),
            last: MessageFacts::last(workspace, id),
        }
    }

    /// The same where an event put it, whatever came after it.
    pub(crate) fn at(mut self, status: SessionStatus, operator: Option<UserId>) -> Self {
        if status != SessionStatus::Closed {
            self.row.closed_at = None;
        }
        self.row.status = status;
        self.row.operator = operator;
        self
    }

    /// The same as closed at a time.
    pub(crate) fn closed(mut self, at: Timestamp) -> Self {
        self.row.status = SessionStatus::Closed;
        self.row.closed_at.get_or_insert(at);
        self.row.waiting_since = None;
        self
    }

    /// The messenger's id of the conversation.
    pub(super) fn external_chat_id(&self) -> &str {
        &self.row.external_chat_id
    }

    /// The person.
    pub(super) const fn contact(&self) -> chat::id::ContactId {
        self.row.contact
    }

    /// The object `session`.
    pub(crate) fn object(&self, library: &Library) -> Value {
        self.with_words(self.read(library))
    }

    /// What is in the log.
    pub(super) fn read(&self, library: &Library) -> Words {
        let chat_name = || {
            let record = library.record(self.row.opened_position)?;
            let Event::SessionOpened(e) = &record.event else {
                return None;
            };
            let stream = Stream::Session(self.id);
            library.open(e.chat_name.as_ref()?, self.key?, &stream)
        };
        let (last_text, last) = self.last.as_ref().map(|m| m.short(library)).unzip();
        Words {
            chat_name: chat_name(),
            last_text: last_text.flatten(),
            last,
        }
    }

    /// The object `session` with what was read.
    pub(super) fn with_words(&self, words: Words) -> Value {
        let row = &self.row;
        Object::new()
            .with("id", self.id)
            .with("liveChat", row.live_chat)
            .with("channel", row.channel)
            .with("contact", row.contact)
            .with("externalChatId", &row.external_chat_id)
            .with_some("chatName", words.chat_name)
            .with("status", row.status)
            .with_some("operator", row.operator.as_ref())
            .with("openedBy", row.opened_by)
            .with("openedAt", row.opened_at)
            .with_some("closedAt", row.closed_at)
            .with("unread", row.unread)
            .with_some("lastMessage", words.last)
            .with_some("waitingSince", row.waiting_since)
            .value()
    }
}

/// A session in short, beside one of its messages.
#[derive(Clone, Debug)]
pub(crate) struct ShortSession {
    id: SessionId,
    live_chat: chat::id::LiveChatId,
    status: SessionStatus,
    operator: Option<UserId>,
    unread: u32,
}

impl ShortSession {
    pub(crate) fn of(id: SessionId, session: &Session) -> Self {
        Self {
            id,
            live_chat: session.live_chat,
            status: session.status,
            operator: session.operator.clone(),
            unread: session.unread,
        }
    }

    /// The object `session`, in short.
    pub(crate) fn object(&self) -> Value {
        Object::new()
            .with("id", self.id)
            .with("liveChat", self.live_chat)
            .with("status", self.status)
            .with_some("operator", self.operator.as_ref())
            .with("unread", self.unread)
            .value()
    }
}
