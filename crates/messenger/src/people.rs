//! The people of this messenger. Each has a name and a chat.

use serde_json::{Value, json};

use crate::options::Options;

/// Further people on the page, so that an operator gets several sessions: id and name.
const OTHERS: [(&str, &str); 2] = [("boris", "Boris"), ("chen", "陈")];

/// A person who writes.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) user: String,
    pub(crate) name: String,
    pub(crate) chat: String,
    phone: Option<String>,
}

impl Person {
    /// A person without a phone number.
    pub(crate) fn unknown(user: &str, name: &str, chat: &str) -> Self {
        Self {
            user: user.to_owned(),
            name: name.to_owned(),
            chat: chat.to_owned(),
            phone: None,
        }
    }

    /// The members of the answer to `userInfo`.
    pub(crate) fn profile(&self) -> Vec<(&'static str, Value)> {
        let mut members = vec![("id", json!(self.user)), ("username", json!(self.name))];
        members.extend(self.phone.iter().map(|phone| ("phoneNumber", json!(phone))));
        members
    }
}

/// The person that the command line names.
pub(crate) fn named(options: &Options) -> Person {
    Person {
        user: options.user.clone(),
        name: options.name.clone(),
        chat: options.chat.clone(),
        phone: options.phone.clone(),
    }
}

/// The person that the command line names and, with a page, a few more.
pub(crate) fn all(options: &Options, has_page: bool) -> Vec<Person> {
    let others = OTHERS.iter().filter(|_| has_page);
    let others = others.map(|(id, name)| Person::unknown(id, name, &format!("chat-{id}")));
    std::iter::once(named(options)).chain(others).collect()
}
