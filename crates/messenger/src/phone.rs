//! The state of the phone, folded from the events: each person's chat, and the state of the channel.
//!
//! Each change has a revision, which is recorded at the entry or chat that changed. An update
//! contains what changed after the revision that the page has seen, so nothing is buffered for a
//! page that reloads, sleeps or is slow.

mod chat;
mod entry;
mod link;
#[cfg(test)]
mod tests;

use std::fmt;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::event::{Event, kind, member, text};
use crate::people::Person;
use chat::Chat;
pub(crate) use chat::ENTRIES_MAX;
use entry::{Entry, State};
use link::Link;

/// The most chats. Further ones are not shown.
const CHATS_MAX: usize = 32;

/// The phone.
pub(crate) struct Phone {
    /// Identifies this run of the program: revisions of other runs are not comparable.
    epoch: i64,
    revision: u64,
    /// The URL of this messenger.
    webhook: String,
    link: Link,
    /// The number of operators online, if Switchboard has reported it.
    operators: Option<u64>,
    chats: Vec<Chat>,
    /// The number of entries ever added, which is the number of the next one.
    entries: u64,
}

/// The changes that a page has not seen yet. Displays as a server-sent event.
pub(crate) struct Update {
    epoch: i64,
    pub(crate) revision: u64,
    changes: Value,
}

impl fmt::Display for Update {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (epoch, revision) = (self.epoch, self.revision);
        write!(f, "id: {epoch}-{revision}\ndata: {}\n\n", self.changes)
    }
}

impl Phone {
    pub(crate) fn new(people: &[Person], webhook: &str, is_connected: bool) -> Self {
        let link = if is_connected {
            Link::Connected
        } else {
            Link::Unconnected
        };
        Self {
            epoch: Timestamp::now().as_microsecond(),
            revision: 0,
            webhook: webhook.to_owned(),
            link,
            operators: None,
            chats: people.iter().cloned().map(Chat::new).collect(),
            entries: 0,
        }
    }

    /// Applies an event and returns the new revision.
    pub(crate) fn apply(&mut self, event: &Event<'_>, now: Timestamp) -> u64 {
        let changed = match event {
            Event::Queued { body } => self.queued(body, now),
            Event::Sending { body } => self.advance(body, State::Sending, None),
            Event::Sent {
                body,
                status,
                answer,
                kept,
                ..
            } => self.sent(body, *status, answer, *kept),
            Event::Received {
                body,
                again: false,
                status: 200..300,
                ..
            } => self.received(body, now),
            Event::Status { status, answer } => self.channel_status(*status, answer),
            Event::Received { .. }
            | Event::Listening { .. }
            | Event::Page { .. }
            | Event::Refused { .. }
            | Event::Note { .. } => false,
        };
        if changed {
            self.revision = self.next();
        }
        self.revision
    }

    /// The revision of the change being applied.
    fn next(&self) -> u64 {
        self.revision + 1
    }

    /// The revision in the id of an update, if it is of this run.
    pub(crate) fn revision_of(&self, id: Option<&str>) -> Option<u64> {
        let (epoch, revision) = id?.split_once('-')?;
        let revision = revision.parse().ok()?;
        let ours = epoch.parse() == Ok(self.epoch) && revision <= self.revision;
        ours.then_some(revision)
    }

    /// The changes after a revision, or everything.
    pub(crate) fn update(&self, since: Option<u64>, now: Timestamp) -> Update {
        let unseen = |changed: u64| since.is_none_or(|since| since < changed);
        let chats = self.chats.iter().filter(|chat| unseen(chat.changed));
        let entries = self.chats.iter().flat_map(|chat| {
            let fresh = chat.entries.iter().filter(|entry| unseen(entry.changed));
            fresh.map(|entry| entry.shown(&chat.person))
        });
        let changes = json!({
            "fresh": since.is_none(),
            "link": self.link.name(),
            "kept": self.kept(),
            "operators": self.operators,
            "webhook": self.webhook,
            "chats": chats.map(|chat| chat.shown(now)).collect::<Vec<_>>(),
            "entries": entries.collect::<Vec<_>>(),
        });
        Update {
            epoch: self.epoch,
            revision: self.revision,
            changes,
        }
    }

    /// Whether a request queued now would be sent at once.
    pub(crate) fn is_idle(&self) -> bool {
        self.link == Link::Connected && self.kept() == 0
    }

    /// The number of messages that Switchboard does not have yet.
    fn kept(&self) -> usize {
        let entries = self.chats.iter().flat_map(|chat| &chat.entries);
        entries.filter(|entry| entry.state.is_kept()).count()
    }

    /// Applies a request that was queued.
    fn queued(&mut self, body: &Value, now: Timestamp) -> bool {
        let data = body.get("data").unwrap_or(&Value::Null);
        match kind(body) {
            "message" => {
                let entry = Entry::own(data, now);
                self.add(text(data, "externalChatId"), data, entry)
            }
            "messageEdited" => self.change(text(data, "externalMessageId"), |entry| {
                entry.edit(text(data, "text"))
            }),
            "messageDeleted" => self.change(text(data, "externalMessageId"), Entry::delete),
            "messageStatus" if text(data, "status") == "read" => {
                self.change(text(data, "messageId"), |entry| entry.advance(State::Read))
            }
            _ => false,
        }
    }

    /// Advances one of our messages to a state.
    fn advance(&mut self, body: &Value, state: State, why: Option<String>) -> bool {
        let id = member(body, "externalMessageId").unwrap_or("");
        kind(body) == "message"
            && self.change(id, |entry| {
                let moved = entry.advance(state);
                entry.why = why.filter(|_| moved);
                moved
            })
    }

    fn sent(&mut self, body: &Value, status: Option<u16>, answer: &Value, kept: bool) -> bool {
        let changed = self.set_link(Link::after_answer(status, kept));
        let (state, why) = match status {
            Some(200..300) => (State::Accepted, None),
            _ if kept => (State::Kept, None),
            _ => (State::Failed, Some(reason(status, answer))),
        };
        self.advance(body, state, why) | changed
    }

    /// Applies a request of Switchboard.
    fn received(&mut self, body: &Value, now: Timestamp) -> bool {
        let data = body.get("data").unwrap_or(&Value::Null);
        let chat = text(data, "targetChatId");
        let revision = self.next();
        match kind(body) {
            "connect" => self.set_link(Link::Connected),
            "disconnect" => self.set_link(Link::Disconnected),
            "message" => self.add(chat, data, Entry::operator(data, now)),
            "session" => self.add(chat, data, Entry::session(text(data, "state"), now)),
            "typing" => self
                .chat_of(chat, data)
                .is_some_and(|chat| chat.typed(now, revision)),
            "markAsRead" => {
                let id = text(data, "messageId");
                let chats = self.chats.iter_mut();
                chats.fold(false, |read, chat| chat.read_up_to(id, revision) | read)
            }
            "messageOutcome" if data.get("success") == Some(&Value::Bool(true)) => self
                .change(text(data, "messageId"), |entry| {
                    entry.advance(State::Confirmed)
                }),
            _ => false,
        }
    }

    fn channel_status(&mut self, status: Option<u16>, answer: &Value) -> bool {
        let operators = answer.get("operatorsOnline").and_then(Value::as_u64);
        let changed = self.operators != operators;
        self.operators = operators;
        self.set_link(self.link.with_status(status, text(answer, "status"))) | changed
    }

    fn set_link(&mut self, link: Link) -> bool {
        let changed = self.link != link;
        self.link = link;
        changed
    }

    /// Adds an entry to a chat.
    fn add(&mut self, chat: &str, data: &Value, mut entry: Entry) -> bool {
        entry.number = self.entries;
        entry.changed = self.next();
        let Some(chat) = self.chat_of(chat, data) else {
            return false;
        };
        chat.push(entry);
        self.entries += 1;
        true
    }

    /// Changes one entry.
    fn change(&mut self, id: &str, update: impl FnOnce(&mut Entry) -> bool) -> bool {
        let revision = self.next();
        let entries = self.chats.iter_mut().flat_map(|chat| &mut chat.entries);
        let Some(entry) = entries.rev().find(|entry| entry.is(id)) else {
            return false;
        };
        let changed = update(entry);
        if changed {
            entry.changed = revision;
        }
        changed
    }

    /// The chat with this id, which is created if the terminal or an operator begins it.
    fn chat_of(&mut self, id: &str, data: &Value) -> Option<&mut Chat> {
        if let Some(at) = self.chats.iter().position(|chat| chat.person.chat == id) {
            return self.chats.get_mut(at);
        }
        if id.is_empty() || self.chats.len() >= CHATS_MAX {
            return None;
        }
        let user = data.get("externalUserId").and_then(Value::as_str);
        let name = data.get("externalChatName").and_then(Value::as_str);
        let person = Person::unknown(user.unwrap_or(id), name.unwrap_or(id), id);
        let mut chat = Chat::new(person);
        chat.changed = self.next();
        self.chats.push(chat);
        self.chats.last_mut()
    }
}

/// Why a message was refused for good.
fn reason(status: Option<u16>, answer: &Value) -> String {
    let detail = answer.get("detail").and_then(Value::as_str);
    match (detail, status) {
        (Some(detail), _) => detail.to_owned(),
        (None, Some(status)) => format!("status {status}"),
        (None, None) => "no answer".to_owned(),
    }
}
