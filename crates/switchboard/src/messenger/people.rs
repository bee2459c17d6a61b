//! The people of this messenger: each has a name and a chat of their own.

use serde_json::{Value, json};

use super::Args;

/// Who else is on the page, so that an operator has several sessions: id and name.
const OTHERS: [(&str, &str); 2] = [("boris", "Boris"), ("chen", "陈")];

/// Somebody who writes.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) user: String,
    pub(super) name: String,
    pub(super) chat: String,
    phone: Option<String>,
}

impl Person {
    /// Somebody of whom no more is known than an id.
    pub(super) fn unknown(user: &str, name: &str, chat: &str) -> Self {
        Self {
            user: user.to_owned(),
            name: name.to_owned(),
            chat: chat.to_owned(),
            phone: None,
        }
    }

    /// The members of an answer to `userInfo`.
    pub(super) fn profile(&self) -> Vec<(&'static str, Value)> {
        let mut members = vec![("id", json!(self.user)), ("username", json!(self.name))];
        members.extend(self.phone.iter().map(|phone| ("phoneNumber", json!(phone))));
        members
    }
}

/// The one whom the command line names.
pub(super) fn named(args: &Args) -> Person {
    Person {
        user: args.user.clone(),
        name: args.name.clone(),
        chat: args.chat.clone(),
        phone: args.phone.clone(),
    }
}

/// Everybody: first the one whom the command line names, then, with a page, a few more.
pub(super) fn all(args: &Args) -> Vec<Person> {
    let others = OTHERS.iter().filter(|_| args.page.is_some());
    let others = others.map(|(id, name)| Person::unknown(id, name, &format!("chat-{id}")));
    std::iter::once(named(args)).chain(others).collect()
}
