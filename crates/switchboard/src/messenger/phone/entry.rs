//! One thing in a chat: a message, or what became of a session.

use chat::time::Timestamp;
use serde_json::{Value, json};

use super::chats::Chat;
use super::text;

/// Something in a chat.
pub(super) struct Entry {
    /// Its place among all entries of the phone.
    pub(super) number: u64,
    id: String,
    pub(super) by: By,
    pub(super) state: State,
    /// Why it failed.
    pub(super) why: Option<String>,
    /// The revision of its last change.
    pub(super) changed: u64,
    text: String,
    /// As the protocol has them: `[{name, URL}]`.
    files: Value,
    reply_to: Option<String>,
    at: Timestamp,
    is_edited: bool,
    is_deleted: bool,
}

/// Whose it is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum By {
    /// The person's whose phone it is.
    Me,
    /// An operator's of this name, where it is known.
    Operator(Option<String>),
    /// Nobody's: the session was opened, assigned or closed.
    Session,
}

/// How far a message has got, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum State {
    /// It waits here.
    Kept,
    /// It is on its way.
    Sending,
    /// Switchboard has it on stable storage; or, of an operator's, we have it.
    Accepted,
    /// Switchboard has said what became of it.
    Told,
    /// The other side has read it.
    Read,
    /// It will never be there.
    Failed,
}

impl Entry {
    /// What the person wrote: `data` of a `message` to Switchboard.
    pub(super) fn mine(data: &Value, now: Timestamp) -> Self {
        let id = text(data, "externalMessageId").to_owned();
        Self::message((id, By::Me, State::Kept), data, now)
    }

    /// What an operator wrote: `data` of a `message` of Switchboard.
    pub(super) fn theirs(data: &Value, now: Timestamp) -> Self {
        let name = data.pointer("/operator/name").and_then(Value::as_str);
        let by = By::Operator(name.map(str::to_owned));
        let id = text(data, "messageId").to_owned();
        Self::message((id, by, State::Accepted), data, now)
    }

    /// What became of a session.
    pub(super) fn session(state: &str, now: Timestamp) -> Self {
        let what = (String::new(), By::Session, State::Accepted);
        Self::message(what, &json!({ "text": state }), now)
    }

    fn message((id, by, state): (String, By, State), data: &Value, now: Timestamp) -> Self {
        let reply_to = data.get("replyTo").and_then(Value::as_str);
        Self {
            number: 0,
            id,
            by,
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

    /// Whether it is the message of this id. What became of a session has none.
    pub(super) fn is(&self, id: &str) -> bool {
        !id.is_empty() && self.id == id
    }

    /// Gets to a state, if that is further: what Switchboard has is never less than accepted, in
    /// whichever order we hear of it.
    pub(super) fn go(&mut self, state: State) -> bool {
        let moves = state != self.state && (self.state < State::Accepted || state > self.state);
        if moves {
            self.state = state;
        }
        moves
    }

    /// Gets other words.
    pub(super) fn edit(&mut self, words: &str) -> bool {
        words.clone_into(&mut self.text);
        self.is_edited = true;
        true
    }

    /// Is taken back.
    pub(super) fn delete(&mut self) -> bool {
        self.text.clear();
        self.files = Value::Null;
        self.is_deleted = true;
        true
    }

    /// What a page is told of it.
    pub(super) fn shown(&self, chat: &Chat) -> Value {
        let (by, author) = match &self.by {
            By::Me => ("me", Some(&chat.person.name)),
            By::Operator(name) => ("operator", name.as_ref()),
            By::Session => ("session", None),
        };
        json!({
            "number": self.number, "chat": chat.person.chat, "id": self.id, "by": by,
            "author": author, "text": self.text, "files": self.files, "replyTo": self.reply_to,
            "at": self.at.as_millis(), "state": self.state.name(), "why": self.why,
            "edited": self.is_edited, "deleted": self.is_deleted,
        })
    }
}

impl State {
    /// Whether it is not at Switchboard yet.
    pub(super) fn is_kept(self) -> bool {
        self < Self::Accepted
    }

    fn name(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Sending => "sending",
            Self::Accepted => "accepted",
            Self::Told => "told",
            Self::Read => "read",
            Self::Failed => "failed",
        }
    }
}
