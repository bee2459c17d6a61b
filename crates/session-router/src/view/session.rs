//! Sessions.

use chat::event::Event;
use chat::id::{SessionId, UserId};
use chat::model::SessionStatus;
use chat::record::Stream;
use chat::seal::Indexed;
use chat::state::{Chat, Session};
use chat::time::Timestamp;
use chat::workspace::Workspace;
use serde_json::Value;

use super::message::MessageSnapshot;
use super::object::Object;
use crate::sealed_log::SealedLog;

/// A copy of a session's row, with what leads to its texts.
#[derive(Clone, Debug)]
pub(crate) struct SessionSnapshot {
    id: SessionId,
    row: Session,
    key: Option<u32>,
    /// The chat's name, and the key that seals it.
    name: Option<(Indexed, Option<u32>)>,
    is_group: bool,
    last: Option<MessageSnapshot>,
}

/// The texts of a session.
pub(super) struct SessionTexts {
    /// The messenger's id of the conversation.
    pub(super) external_chat_id: Option<String>,
    /// The name of the conversation.
    pub(super) chat_name: Option<String>,
    /// The whole text of the last message.
    pub(super) last_text: Option<String>,
    last: Option<Value>,
}

impl SessionSnapshot {
    pub(crate) fn of(workspace: &Workspace, id: SessionId) -> Option<Self> {
        let session = workspace.sessions.get(&id)?;
        Some(Self::with(workspace, id, session))
    }

    pub(super) fn with(workspace: &Workspace, id: SessionId, session: &Session) -> Self {
        let key = |id| workspace.contacts.get(id)?.keys.first().copied();
        let chat = workspace.chats.get(&session.chat());
        let name = chat.and_then(|chat| chat.name.as_ref());
        Self {
            id,
            row: session.clone(),
            key: key(&session.contact),
            name: name.map(|(name, contact)| (name.clone(), key(contact))),
            is_group: chat.is_some_and(Chat::is_group),
            last: MessageSnapshot::last(workspace, id),
        }
    }

    /// The session as an event left it, whatever came later.
    pub(crate) fn at(mut self, status: SessionStatus, operator: Option<UserId>) -> Self {
        if status != SessionStatus::Closed {
            self.row.closed_at = None;
        }
        self.row.status = status;
        self.row.operator = operator;
        self
    }

    /// The session as it was closed.
    pub(crate) fn closed(mut self, at: Timestamp) -> Self {
        self.row.status = SessionStatus::Closed;
        self.row.closed_at.get_or_insert(at);
        self.row.waiting_since = None;
        self
    }

    pub(super) const fn contact(&self) -> chat::id::ContactId {
        self.row.contact
    }

    /// The object `session`.
    pub(crate) fn object(&self, sealed_log: &SealedLog) -> Value {
        self.with_texts(self.read(sealed_log))
    }

    /// The chat of the session, by its id at the messenger and its name.
    pub(super) fn chat(&self, sealed_log: &SealedLog) -> Value {
        let texts = self.read(sealed_log);
        Object::new()
            .with("externalChatId", texts.external_chat_id.unwrap_or_default())
            .with_some("chatName", texts.chat_name)
            .with("session", self.id)
            .value()
    }

    /// Opens the texts, which are in the row and in the log.
    pub(super) fn read(&self, sealed_log: &SealedLog) -> SessionTexts {
        // Events of older versions have the name only in the record that opened the session.
        let old_name = || {
            let record = sealed_log.record(self.row.opened_position)?;
            let Event::SessionOpened(e) = &record.event else {
                return None;
            };
            let stream = Stream::Session(self.id);
            sealed_log.open(e.chat_name.as_ref()?, self.key?, &stream)
        };
        let (last_text, last) = self.last.as_ref().map(|m| m.short(sealed_log)).unzip();
        let open = |text, key| sealed_log.open_indexed(text, key);
        let name = match &self.name {
            Some((name, key)) => key.and_then(|key| open(name, key)),
            None => old_name(),
        };
        SessionTexts {
            external_chat_id: self
                .key
                .and_then(|key| open(&self.row.external_chat_id, key)),
            chat_name: name,
            last_text: last_text.flatten(),
            last,
        }
    }

    /// The object `session`, with texts that were read before.
    pub(super) fn with_texts(&self, texts: SessionTexts) -> Value {
        let row = &self.row;
        Object::new()
            .with("id", self.id)
            .with("liveChat", row.live_chat)
            .with("channel", row.channel)
            .with("contact", row.contact)
            .with("externalChatId", texts.external_chat_id.unwrap_or_default())
            .with_some("chatName", texts.chat_name)
            .with_some("group", self.is_group.then_some(true))
            .with("status", row.status)
            .with_some("operator", row.operator.as_ref())
            .with("openedBy", row.opened_by)
            .with("openedAt", row.opened_at)
            .with_some("closedAt", row.closed_at)
            .with("unread", row.unread)
            .with("failed", row.failed)
            .with_some("lastMessage", texts.last)
            .with_some("waitingSince", row.waiting_since)
            .with("position", row.head.position)
            .value()
    }
}

/// The short session in the `data` of a message event.
#[derive(Clone, Debug)]
pub(crate) struct ShortSession {
    id: SessionId,
    live_chat: chat::id::LiveChatId,
    status: SessionStatus,
    operator: Option<UserId>,
    is_group: bool,
    unread: u32,
    failed: u32,
}

impl ShortSession {
    pub(crate) fn of(workspace: &Workspace, id: SessionId, session: &Session) -> Self {
        let chat = workspace.chats.get(&session.chat());
        Self {
            is_group: chat.is_some_and(Chat::is_group),
            id,
            live_chat: session.live_chat,
            status: session.status,
            operator: session.operator.clone(),
            unread: session.unread,
            failed: session.failed,
        }
    }

    /// The short object `session`.
    pub(crate) fn object(&self) -> Value {
        Object::new()
            .with("id", self.id)
            .with("liveChat", self.live_chat)
            .with("status", self.status)
            .with_some("operator", self.operator.as_ref())
            .with_some("group", self.is_group.then_some(true))
            .with("unread", self.unread)
            .with("failed", self.failed)
            .value()
    }
}
