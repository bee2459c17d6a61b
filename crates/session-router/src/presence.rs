//! Whose console is there: it spoke lately. Nothing of it is stored.

use std::collections::BTreeMap;

use chat::id::UserId;
use chat::time::Timestamp;

use crate::config::ONLINE;

/// When each user's console last asked for something. There are no more entries than users.
#[derive(Debug, Default)]
pub(crate) struct Presence(BTreeMap<UserId, Timestamp>);

impl Presence {
    /// A user's console asks for something.
    pub(crate) fn heard(&mut self, user: &UserId, now: Timestamp) {
        self.0.insert(user.clone(), now);
    }

    /// Whether a user's console is there.
    pub(crate) fn is_online(&self, user: &UserId, now: Timestamp) -> bool {
        let heard = self.0.get(user);
        heard.is_some_and(|at| now.since(*at) <= ONLINE)
    }
}
