//! What a phone shows: everybody's chat, and how Switchboard is. A fold of what happens.
//!
//! Each change has a revision, and what it changed bears it: an update is whatever bears one that
//! the page has not seen. So a page that reloads, sleeps or is slow needs nothing kept for it.

mod chats;
mod entry;
mod link;
#[cfg(test)]
mod tests;

use std::fmt;

use chat::time::Timestamp;
use serde_json::{Value, json};

use super::people::Person;
use super::tell::Event;
use chats::Chat;
use entry::{Entry, State};
use link::Link;

/// The most chats: past it those that are not shown yet are not.
const CHATS_MAX: usize = 32;

/// The phone.
pub(super) struct Phone {
    /// Which run of this program it is: revisions of another one mean nothing here.
    epoch: i64,
    revision: u64,
    /// Where this messenger receives.
    webhook: String,
    link: Link,
    /// How many operators could answer, where Switchboard has said it.
    operators: Option<u64>,
    chats: Vec<Chat>,
    /// How many entries there ever were: the number of the next one.
    entries: u64,
}

/// What a page has not seen yet, as a server-sent event.
pub(super) struct Update {
    epoch: i64,
    pub(super) revision: u64,
    what: Value,
}

impl fmt::Display for Update {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (epoch, revision) = (self.epoch, self.revision);
        write!(f, "id: {epoch}-{revision}\ndata: {}\n\n", self.what)
    }
}

impl Phone {
    pub(super) fn new(people: &[Person], webhook: &str, is_known: bool, now: Timestamp) -> Self {
        let link = if is_known {
            Link::Connected
        } else {
            Link::Unconnected
        };
        Self {
            epoch: now.as_micros(),
            revision: 0,
            webhook: webhook.to_owned(),
            link,
            operators: None,
            chats: people.iter().cloned().map(Chat::new).collect(),
            entries: 0,
        }
    }

    /// Takes in what happened; the revision that the phone is at then.
    pub(super) fn see(&mut self, event: &Event<'_>, now: Timestamp) -> u64 {
        let changed = match event {
            Event::Queued { body } => self.queued(body, now),
            Event::Sending { body } => self.moved(body, State::Sending, None),
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
            Event::Health { status, answer } => self.health(*status, answer),
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

    /// The revision of what is being taken in.
    fn next(&self) -> u64 {
        self.revision + 1
    }

    /// The revision that an update's id means, if it is one of ours.
    pub(super) fn revision_of(&self, id: Option<&str>) -> Option<u64> {
        let (epoch, revision) = id?.split_once('-')?;
        let revision = revision.parse().ok()?;
        let ours = epoch.parse() == Ok(self.epoch) && revision <= self.revision;
        ours.then_some(revision)
    }

    /// What has changed since a revision, or everything.
    pub(super) fn update(&self, since: Option<u64>, now: Timestamp) -> Update {
        let unseen = |changed: u64| since.is_none_or(|since| since < changed);
        let chats = self.chats.iter().filter(|chat| unseen(chat.changed));
        let entries = self.chats.iter().flat_map(|chat| {
            let fresh = chat.entries.iter().filter(|entry| unseen(entry.changed));
            fresh.map(|entry| entry.shown(chat))
        });
        let what = json!({
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
            what,
        }
    }

    /// Whether what is sent now would go at once: nothing waits in front of it.
    pub(super) fn is_idle(&self) -> bool {
        self.link == Link::Connected && self.kept() == 0
    }

    /// How many messages are not at Switchboard yet.
    fn kept(&self) -> usize {
        let entries = self.chats.iter().flat_map(|chat| &chat.entries);
        entries.filter(|entry| entry.state.is_kept()).count()
    }

    /// Something was said or done here, and will be sent.
    fn queued(&mut self, body: &Value, now: Timestamp) -> bool {
        let data = body.get("data").unwrap_or(&Value::Null);
        match kind(body) {
            "message" => {
                let entry = Entry::mine(data, now);
                self.add(text(data, "externalChatId"), data, entry)
            }
            "messageEdited" => self.change(text(data, "externalMessageId"), |entry| {
                entry.edit(text(data, "text"))
            }),
            "messageDeleted" => self.change(text(data, "externalMessageId"), Entry::delete),
            "messageStatus" if text(data, "status") == "read" => {
                self.change(text(data, "messageId"), |entry| entry.go(State::Read))
            }
            _ => false,
        }
    }

    /// A message of ours got further, or did not.
    fn moved(&mut self, body: &Value, state: State, why: Option<String>) -> bool {
        let id = body.pointer("/data/externalMessageId");
        let id = id.and_then(Value::as_str).unwrap_or("");
        kind(body) == "message"
            && self.change(id, |entry| {
                let moved = entry.go(state);
                entry.why = why.filter(|_| moved);
                moved
            })
    }

    fn sent(&mut self, body: &Value, status: Option<u16>, answer: &Value, kept: bool) -> bool {
        let linked = self.linked(Link::answered(status, kept));
        let (state, why) = match status {
            Some(200..300) => (State::Accepted, None),
            _ if kept => (State::Kept, None),
            _ => (State::Failed, Some(reason(status, answer))),
        };
        self.moved(body, state, why) | linked
    }

    /// Switchboard said something.
    fn received(&mut self, body: &Value, now: Timestamp) -> bool {
        let data = body.get("data").unwrap_or(&Value::Null);
        let chat = text(data, "targetChatId");
        let revision = self.next();
        match kind(body) {
            "connect" => self.linked(Link::Connected),
            "disconnect" => self.linked(Link::Disconnected),
            "message" => self.add(chat, data, Entry::theirs(data, now)),
            "session" => self.add(chat, data, Entry::session(text(data, "state"), now)),
            "typing" => self
                .chat_of(chat, data)
                .is_some_and(|chat| chat.typed(now, revision)),
            "markAsRead" => {
                let id = text(data, "messageId");
                let chats = self.chats.iter_mut();
                chats.fold(false, |read, chat| chat.read_up_to(id, revision) | read)
            }
            "messageOutcome" if data.get("success") == Some(&Value::Bool(true)) => {
                self.change(text(data, "messageId"), |entry| entry.go(State::Told))
            }
            _ => false,
        }
    }

    /// Whoever watches asked how the channel is.
    fn health(&mut self, status: Option<u16>, answer: &Value) -> bool {
        let operators = answer.get("operatorsOnline").and_then(Value::as_u64);
        let changed = self.operators != operators;
        self.operators = operators;
        self.linked(self.link.told(status, text(answer, "status"))) | changed
    }

    fn linked(&mut self, link: Link) -> bool {
        let changed = self.link != link;
        self.link = link;
        changed
    }

    /// One more entry of a chat.
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
    fn change(&mut self, id: &str, how: impl FnOnce(&mut Entry) -> bool) -> bool {
        let revision = self.next();
        let entries = self.chats.iter_mut().flat_map(|chat| &mut chat.entries);
        let Some(entry) = entries.rev().find(|entry| entry.is(id)) else {
            return false;
        };
        let changed = how(entry);
        if changed {
            entry.changed = revision;
        }
        changed
    }

    /// The chat of this id; the terminal, or an operator, may begin one that is not here yet.
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

fn kind(body: &Value) -> &str {
    text(body, "type")
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or("")
}

/// Why a message will never be there.
fn reason(status: Option<u16>, answer: &Value) -> String {
    let detail = answer.get("detail").and_then(Value::as_str);
    match (detail, status) {
        (Some(detail), _) => detail.to_owned(),
        (None, Some(status)) => format!("answered with {status}"),
        (None, None) => "no answer".to_owned(),
    }
}
