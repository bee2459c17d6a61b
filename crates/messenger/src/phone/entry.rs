//! One entry of a chat: a message, or a change of the session.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::event::text;
use crate::people::Person;

/// An entry of a chat.
pub(crate) struct Entry {
    /// The place among all entries of the phone.
    pub(crate) number: u64,
    id: String,
    pub(crate) author: Author,
    pub(crate) state: State,
    /// Why it failed.
    pub(crate) why: Option<String>,
    /// The revision of its last change.
    pub(crate) changed: u64,
    text: String,
    /// As in the protocol: `[{name, URL}]`.
    files: Value,
    reply_to: Option<String>,
    at: Timestamp,
    is_edited: bool,
    is_deleted: bool,
}

/// Who wrote it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Author {
    /// The person at the phone.
    Me,
    /// An operator, by name if it is known.
    Operator(Option<String>),
    /// No one: the session was opened, assigned or closed.
    Session,
}

/// The states of a message, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum State {
    /// Queued in this messenger.
    Kept,
    /// Being sent.
    Sending,
    /// Stored durably by Switchboard; or, if an operator wrote it, received by the phone.
    Accepted,
    /// Confirmed by a `messageOutcome`.
    Confirmed,
    /// Read by the other side.
    Read,
    /// Refused for good.
    Failed,
}

impl Entry {
    /// A message of the person, from the `data` of a `message` to Switchboard.
    pub(crate) fn own(data: &Value, now: Timestamp) -> Self {
        let id = text(data, "externalMessageId").to_owned();
        Self::message((id, Author::Me, State::Kept), data, now)
    }

    /// A message of an operator, from the `data` of a `message` of Switchboard.
    pub(crate) fn operator(data: &Value, now: Timestamp) -> Self {
        let name = data.pointer("/operator/name").and_then(Value::as_str);
        let author = Author::Operator(name.map(str::to_owned));
        let id = text(data, "messageId").to_owned();
        Self::message((id, author, State::Accepted), data, now)
    }

    /// A change of the session.
    pub(crate) fn session(state: &str, now: Timestamp) -> Self {
        let key = (String::new(), Author::Session, State::Accepted);
        Self::message(key, &json!({ "text": state }), now)
    }

    fn message((id, author, state): (String, Author, State), data: &Value, now: Timestamp) -> Self {
        let reply_to = data.get("replyTo").and_then(Value::as_str);
        Self {
            number: 0,
            id,
            author,
            state,
            why: None,
            changed: 0,
            text: text(data, "text").to_owned(),
            files: data.get("files").cloned().unwrap_or(Value::Null),
            reply_to: reply_to.map(str::to_owned),
            at: now,
            is_edited: false,
            is_deleted: false,
        }
    }

    /// Whether this is the message with this id. Changes of the session have none.
    pub(crate) fn is(&self, id: &str) -> bool {
        !id.is_empty() && self.id == id
    }

    /// Moves to a later state, and returns whether that changed something. Confirmations may arrive in
    /// any order, so the state never moves back from `Accepted`.
    pub(crate) fn advance(&mut self, state: State) -> bool {
        let moves = state != self.state && (self.state < State::Accepted || state > self.state);
        if moves {
            self.state = state;
        }
        moves
    }

    /// Replaces the text.
    pub(crate) fn edit(&mut self, text: &str) -> bool {
        text.clone_into(&mut self.text);
        self.is_edited = true;
        true
    }

    /// Deletes the content.
    pub(crate) fn delete(&mut self) -> bool {
        self.text.clear();
        self.files = Value::Null;
        self.is_deleted = true;
        true
    }

    /// The entry as the page shows it.
    pub(crate) fn shown(&self, person: &Person) -> Value {
        let (by, author) = match &self.author {
            Author::Me => ("me", Some(&person.name)),
            Author::Operator(name) => ("operator", name.as_ref()),
            Author::Session => ("session", None),
        };
        json!({
            "number": self.number, "chat": person.chat, "id": self.id, "by": by,
            "author": author, "text": self.text, "files": self.files, "replyTo": self.reply_to,
            "at": self.at.as_millisecond(), "state": self.state.name(), "why": self.why,
            "edited": self.is_edited, "deleted": self.is_deleted,
        })
    }
}

impl State {
    /// Whether Switchboard does not have it yet.
    pub(crate) fn is_kept(self) -> bool {
        self < Self::Accepted
    }

    fn name(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Sending => "sending",
            Self::Accepted => "accepted",
            Self::Confirmed => "confirmed",
            Self::Read => "read",
            Self::Failed => "failed",
        }
    }
}
