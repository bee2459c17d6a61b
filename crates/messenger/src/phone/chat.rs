//! One chat of the phone.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::entry::{Author, Entry, State};
use crate::people::Person;

/// The most entries; the oldest is removed first.
pub(crate) const ENTRIES_MAX: usize = 1_000;
/// How long a typing signal is shown.
const TYPING: SignedDuration = SignedDuration::from_secs(6);

/// One person's chat.
pub(crate) struct Chat {
    pub(crate) person: Person,
    /// Oldest first.
    pub(crate) entries: VecDeque<Entry>,
    /// The revision of the last change, except for changes of entries.
    pub(crate) changed: u64,
    /// The time of the last typing signal of an operator.
    typing: Option<Timestamp>,
}

impl Chat {
    pub(crate) fn new(person: Person) -> Self {
        Self {
            person,
            entries: VecDeque::new(),
            changed: 0,
            typing: None,
        }
    }

    /// Adds an entry. A message of an operator ends the typing signal.
    pub(crate) fn push(&mut self, entry: Entry) {
        if matches!(entry.author, Author::Operator(_)) && self.typing.take().is_some() {
            self.changed = entry.changed;
        }
        self.entries.push_back(entry);
        if self.entries.len() > ENTRIES_MAX {
            self.entries.pop_front();
        }
    }

    /// Records a typing signal.
    pub(crate) fn typed(&mut self, now: Timestamp, revision: u64) -> bool {
        self.typing = Some(now);
        self.changed = revision;
        true
    }

    /// Marks our messages up to this one as read.
    pub(crate) fn read_up_to(&mut self, id: &str, revision: u64) -> bool {
        let Some(last) = self.entries.iter().rposition(|entry| entry.is(id)) else {
            return false;
        };
        let ours = self.entries.iter_mut().take(last + 1);
        let ours =
            ours.filter(|entry| entry.author == Author::Me && entry.state >= State::Accepted);
        ours.fold(false, |any, entry| {
            let read = entry.advance(State::Read);
            if read {
                entry.changed = revision;
            }
            any | read
        })
    }

    /// The chat as the page shows it.
    pub(crate) fn shown(&self, now: Timestamp) -> Value {
        let typing = self
            .typing
            .is_some_and(|at| now.duration_since(at) < TYPING);
        let Person {
            chat, user, name, ..
        } = &self.person;
        json!({ "chat": chat, "person": user, "name": name, "typing": typing })
    }
}
