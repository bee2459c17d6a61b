//! Which users are online: those who sent a request recently. Not stored.

use std::collections::BTreeMap;

use chat::id::UserId;
use chat::time::Timestamp;

use crate::config::ONLINE;

/// When each user last sent a request. There are no more entries than users.
#[derive(Debug, Default)]
pub(crate) struct Presence(BTreeMap<UserId, Timestamp>);

impl Presence {
    /// Records that a user sent a request.
    pub(crate) fn saw(&mut self, user: &UserId, now: Timestamp) {
        self.0.insert(user.clone(), now);
    }

    /// Moves all times when the clock jumped.
    pub(crate) fn shift(&mut self, by_ms: i64) {
        for at in self.0.values_mut() {
            *at = at.shifted(by_ms);
        }
    }

    /// Whether a user is online.
    pub(crate) fn is_online(&self, user: &UserId, now: Timestamp) -> bool {
        let seen = self.0.get(user);
        seen.is_some_and(|at| now.since(*at) <= ONLINE)
    }
}
