//! Which users are online: those who sent a request lately. Not stored.

use std::collections::BTreeMap;

use chat::id::UserId;
use chat::time::Timestamp;

use crate::config::ONLINE;

/// When each user last sent a request. There are no more entries than users.
#[derive(Debug, Default)]
pub(crate) struct Presence(BTreeMap<UserId, Timestamp>);

impl Presence {
    /// A user sends a request.
    pub(crate) fn heard(&mut self, user: &UserId, now: Timestamp) {
        self.0.insert(user.clone(), now);
    }

    /// Whether a user is online.
    pub(crate) fn is_online(&self, user: &UserId, now: Timestamp) -> bool {
        let heard = self.0.get(user);
        heard.is_some_and(|at| now.since(*at) <= ONLINE)
    }
}
