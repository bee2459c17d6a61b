//! Who is just signing in. NATS lists a connection under its user only some time after we answered;
//! a rights change that falls between would miss it, so it is remembered here.

use std::collections::VecDeque;
use std::time::Duration;

use chat::id::UserId;

/// How many are remembered: more than argon2 lets sign in within [`AGE_MAX`].
pub(crate) const RECENT_MAX: usize = 4_096;
/// How long they are: NATS gives up on a sign-in before.
pub(crate) const AGE_MAX: Duration = Duration::from_secs(15);

/// A connection as NATS numbers it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Connection {
    /// The server's id.
    pub(crate) server: String,
    /// The connection's number there.
    pub(crate) client: u64,
}

/// The connections that signed in lately, or are about to. Pure: times are since any fixed start.
#[derive(Debug, Default)]
pub(crate) struct Recent(VecDeque<Entry>);

#[derive(Debug)]
struct Entry {
    at: Duration,
    user: Option<UserId>,
    connection: Connection,
}

impl Recent {
    /// Remembers a connection; its user is not known yet if it came with a token.
    pub(crate) fn note(&mut self, connection: Connection, user: Option<UserId>, now: Duration) {
        while self.0.len() >= RECENT_MAX || self.0.front().is_some_and(|e| e.is_old(now)) {
            self.0.pop_front();
        }
        self.0.push_back(Entry {
            at: now,
            user,
            connection,
        });
    }

    /// Says whose connection it is.
    pub(crate) fn name(&mut self, connection: &Connection, user: &UserId) {
        let entry = self
            .0
            .iter_mut()
            .rev()
            .find(|e| e.connection == *connection);
        if let Some(entry) = entry {
            entry.user = Some(user.clone());
        }
    }

    /// Whether a connection is remembered.
    pub(crate) fn has(&self, connection: &Connection) -> bool {
        self.0.iter().rev().any(|e| e.connection == *connection)
    }

    /// The connections that are, or may turn out to be, this user's.
    pub(crate) fn of(&self, user: &UserId, now: Duration) -> Vec<Connection> {
        self.0
            .iter()
            .filter(|e| !e.is_old(now) && e.user.as_ref().is_none_or(|u| u == user))
            .map(|e| e.connection.clone())
            .collect()
    }
}

impl Entry {
    fn is_old(&self, now: Duration) -> bool {
        now.saturating_sub(self.at) > AGE_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection(client: u64) -> Connection {
        Connection {
            server: "N".to_owned(),
            client,
        }
    }

    const fn at(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    #[test]
    fn a_rights_change_meets_those_who_are_just_signing_in() {
        let (mut recent, anna) = (Recent::default(), "anna".parse().unwrap());
        recent.note(connection(1), Some("anna".parse().unwrap()), at(0));
        recent.note(connection(2), Some("otto".parse().unwrap()), at(1));
        recent.note(connection(3), None, at(2));
        assert_eq!(recent.of(&anna, at(2)), [connection(1), connection(3)]);
        assert!(recent.has(&connection(3)) && !recent.has(&connection(4)));
        recent.name(&connection(3), &"otto".parse().unwrap());
        assert_eq!(recent.of(&anna, at(2)), [connection(1)]);
        assert_eq!(recent.of(&anna, at(16)), []);
    }

    #[test]
    fn memory_is_bounded() {
        let mut recent = Recent::default();
        for client in 0..10_000 {
            recent.note(connection(client), None, at(0));
        }
        assert_eq!(recent.0.len(), RECENT_MAX);
        recent.note(connection(0), None, at(60));
        assert_eq!(recent.0.len(), 1);
    }
}
