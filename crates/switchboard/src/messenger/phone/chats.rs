//! One chat of a phone.

use std::collections::VecDeque;
use std::time::Duration;

use chat::time::Timestamp;
use serde_json::{Value, json};

use super::entry::{By, Entry, State};
use crate::messenger::OUTBOX_MAX;
use crate::messenger::people::Person;

/// The most entries: what waits to be sent is always among them. Older ones fall away.
const ENTRIES_MAX: usize = OUTBOX_MAX;
/// How long somebody who was seen writing is taken to be writing.
const TYPING: Duration = Duration::from_secs(6);

/// One person's chat.
pub(super) struct Chat {
    pub(super) person: Person,
    /// Oldest first.
    pub(super) entries: VecDeque<Entry>,
    /// The revision of the last change to what is here, entries apart.
    pub(super) changed: u64,
    /// When an operator was last seen writing.
    typing: Option<Timestamp>,
}

impl Chat {
    pub(super) fn new(person: Person) -> Self {
        Self {
            person,
            entries: VecDeque::new(),
            changed: 0,
            typing: None,
        }
    }

    /// One more entry. Whoever has written is not writing any more.
    pub(super) fn push(&mut self, entry: Entry) {
        if matches!(entry.by, By::Operator(_)) && self.typing.take().is_some() {
            self.changed = entry.changed;
        }
        self.entries.push_back(entry);
        if self.entries.len() > ENTRIES_MAX {
            self.entries.pop_front();
        }
    }

    /// An operator is writing.
    pub(super) fn typed(&mut self, now: Timestamp, revision: u64) -> bool {
        self.typing = Some(now);
        self.changed = revision;
        true
    }

    /// An operator has read ours up to this one.
    pub(super) fn read_up_to(&mut self, id: &str, revision: u64) -> bool {
        let Some(last) = self.entries.iter().rposition(|entry| entry.is(id)) else {
            return false;
        };
        let ours = self.entries.iter_mut().take(last + 1);
        let ours = ours.filter(|entry| entry.by == By::Me && entry.state >= State::Accepted);
        ours.fold(false, |any, entry| {
            let read = entry.go(State::Read);
            if read {
                entry.changed = revision;
            }
            any | read
        })
    }

    /// What a page is told of it.
    pub(super) fn shown(&self, now: Timestamp) -> Value {
        let typing = self.typing.is_some_and(|at| now.since(at) < TYPING);
        let Person {
            chat, user, name, ..
        } = &self.person;
        json!({ "chat": chat, "person": user, "name": name, "typing": typing })
    }
}
