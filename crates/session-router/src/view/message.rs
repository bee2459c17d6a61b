//! Messages. The content is in the log, at the message's position or that of its last edit.

mod delivery;

use chat::content::{Content, File};
use chat::event::Event;
use chat::id::{ContactId, MessageId, SessionId};
use chat::model::{DeliveryState, Direction};
use chat::record::Record;
use chat::seal::Private;
use chat::state::Message;
use chat::time::Timestamp;
use chat::workspace::Workspace;
use serde_json::Value;

use super::object::Object;
use crate::sealed_log::SealedLog;

pub(crate) use delivery::DeliverySnapshot;
use delivery::Waiting;

/// How much of a message's text sessions and attempts show, in characters.
const SHORT_CHARS_MAX: usize = 500;

/// A copy of a message's row, with the key of its content.
#[derive(Clone, Debug)]
pub(crate) struct MessageSnapshot {
    row: Message,
    /// What its delivery waits for.
    waiting: Option<Waiting>,
    /// The contact who wrote it, or whom the operator wrote to.
    author: ContactId,
    /// The number of the key that the content is sealed under.
    key: Option<u32>,
}

/// What is read from the log.
#[derive(Debug, Default)]
struct Written {
    author: Option<String>,
    created_at: Option<Timestamp>,
    accepted_at: Option<Timestamp>,
    reply_to: Option<MessageId>,
    external: Option<String>,
    edited: Option<Timestamp>,
    content: Content,
}

impl MessageSnapshot {
    /// A message by its id.
    pub(crate) fn of(workspace: &Workspace, id: MessageId) -> Option<Self> {
        let (_, message) = workspace.message(id)?;
        Self::of_row(workspace, message)
    }

    /// Copies a row.
    pub(super) fn of_row(workspace: &Workspace, message: &Message) -> Option<Self> {
        // Operators' messages are sealed under the key of the contact.
        let contact = || Some(workspace.sessions.get(&message.session)?.contact);
        let author = message.extra().author.or_else(contact)?;
        let contact = workspace.contacts.get(&author);
        Some(Self {
            row: message.clone(),
            waiting: Waiting::of(workspace, message.id),
            author,
            key: contact.and_then(|c| c.keys.first()).copied(),
        })
    }

    /// The last message of a session, notes excluded.
    pub(super) fn last(workspace: &Workspace, id: SessionId) -> Option<Self> {
        let mut newest = workspace.messages(id);
        let last = newest.find(|m| m.direction != Direction::Note)?;
        Self::of_row(workspace, last)
    }

    /// The position in the log.
    pub(super) const fn position(&self) -> u64 {
        self.row.position
    }

    /// The object `message`.
    pub(crate) fn object(&self, sealed_log: &SealedLog) -> Value {
        self.with(self.read(sealed_log), sealed_log)
    }

    /// The present text and files; empty if it is deleted or cannot be read.
    pub(crate) fn content(&self, sealed_log: &SealedLog) -> Content {
        self.read(sealed_log).content
    }

    /// The state of its delivery.
    pub(super) const fn state(&self) -> Option<DeliveryState> {
        self.row.state
    }

    /// Its delivery. `None` if it is not outbound.
    pub(super) fn delivery(&self) -> Option<DeliverySnapshot> {
        DeliverySnapshot::of(&self.row, self.waiting.clone(), self.key)
    }

    /// The contact who wrote it, or whom the operator wrote to.
    pub(super) const fn person(&self) -> ContactId {
        self.author
    }

    /// The start of the text.
    pub(super) fn start(&self, sealed_log: &SealedLog) -> Option<String> {
        self.read(sealed_log).content.text.as_deref().map(start)
    }

    /// The contact who wrote it, of an inbound message.
    pub(super) fn contact(&self) -> Option<ContactId> {
        (self.row.direction == Direction::Inbound).then_some(self.author)
    }

    /// The text of the message, and the object `lastMessage`.
    pub(super) fn short(&self, sealed_log: &SealedLog) -> (Option<String>, Value) {
        let written = self.read(sealed_log);
        let text = written.content.text;
        let short = text.as_deref().map(start);
        let object = Object::new()
            .with("id", self.row.id)
            .with("direction", self.row.direction)
            .with_some("author", written.author)
            .with_some("text", short)
            .with_some("createdAt", written.created_at)
            .with_some("acceptedAt", written.accepted_at)
            .with_some("deleted", self.row.extra().deleted);
        (text, object.value())
    }

    fn with(&self, written: Written, sealed_log: &SealedLog) -> Value {
        let delivery = self.delivery();
        let files: Vec<Value> = written.content.files.iter().map(file).collect();
        Object::new()
            .with("id", self.row.id)
            .with("session", self.row.session)
            .with("direction", self.row.direction)
            .with_some("author", written.author)
            .with_some("text", written.content.text)
            .with("files", files)
            .with_some("replyTo", written.reply_to)
            .with_some("externalMessageId", written.external)
            .with_some("createdAt", written.created_at)
            .with_some("acceptedAt", written.accepted_at)
            .with("position", self.row.position)
            .with_some("edited", written.edited)
            .with_some("deleted", self.row.extra().deleted)
            .with_some("delivery", delivery.map(|d| d.object(sealed_log)))
            .value()
    }

    /// Reads the log. The content of a deleted message is not opened.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "a filter: other events write no message"
    )]
    fn read(&self, sealed_log: &SealedLog) -> Written {
        let Some(record) = sealed_log.record(self.row.position) else {
            return Written::default();
        };
        let mut external = None;
        let (author, created_at, reply_to, content) = match &record.event {
            Event::MessageReceived(e) => {
                let open = |key| sealed_log.open_indexed(&e.external_message_id, key);
                external = self.key.and_then(open);
                let author = self.author.to_string();
                (author, e.created_at, e.reply_to, &e.content)
            }
            Event::MessageSent(e) => (e.operator.to_string(), record.time, e.reply_to, &e.content),
            Event::NoteAdded(e) => (e.operator.to_string(), record.time, None, &e.content),
            _ => return Written::default(),
        };
        let edited = self.row.extra().edited;
        let edit = (edited > 0).then(|| sealed_log.record(edited)).flatten();
        let mut written = Written {
            author: Some(author),
            created_at: Some(created_at),
            accepted_at: Some(record.time),
            reply_to,
            external,
            edited: edit.as_ref().map(|edit| edit.time),
            content: Content::default(),
        };
        if self.row.extra().deleted.is_none() {
            written.content = self.open(content, &record, sealed_log).unwrap_or_default();
            if let Some(edit) = edit {
                // An edit changes the text only.
                let edited = self.edited(&edit, sealed_log);
                written.content.text = edited.and_then(|content| content.text);
            }
        }
        written
    }

    fn open(
        &self,
        content: &Private<Content>,
        record: &Record,
        sealed_log: &SealedLog,
    ) -> Option<Content> {
        sealed_log.open(content, self.key?, &record.stream)
    }

    /// Opens an edit. One that arrived before its message is sealed under another key.
    fn edited(&self, edit: &Record, sealed_log: &SealedLog) -> Option<Content> {
        if let Event::EditParked(e) = &edit.event {
            return sealed_log.open(e.text.as_ref()?, e.key, &edit.stream);
        }
        let Event::MessageEdited(e) = &edit.event else {
            return None;
        };
        self.open(e.content.as_ref()?, edit, sealed_log)
    }
}

/// The start of a text, [`SHORT_CHARS_MAX`] at most.
fn start(text: &str) -> String {
    text.chars().take(SHORT_CHARS_MAX).collect()
}

fn file(file: &File) -> Value {
    Object::new()
        .with("name", &file.name)
        .with_some("size", file.size)
        .with("URL", &file.url)
        .value()
}
