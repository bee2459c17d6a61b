//! Who signed in lately, and with rights of when. NATS lists a connection under its user only some
//! time after we answered; a rights change that falls between would miss it, so it is remembered here.
//! And who came with the new rights already is let be.

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
pub(crate) struct RecentSignIns(VecDeque<Entry>);

#[derive(Debug)]
struct Entry {
    at: Duration,
    user: Option<UserId>,
    connection: Connection,
    /// The position of the log that its rights are as of; none while it is signing in.
    as_of: Option<u64>,
    /// The position that they must be as of, at least.
    due: u64,
}

impl RecentSignIns {
    /// Remembers a connection; its user is not known yet if it came with a token.
    pub(crate) fn note(&mut self, connection: Connection, user: Option<UserId>, now: Duration) {
        while self.0.len() >= RECENT_MAX || self.0.front().is_some_and(|e| e.is_old(now)) {
            self.0.pop_front();
        }
        self.0.push_back(Entry {
            at: now,
            user,
            connection,
            as_of: None,
            due: 0,
        });
    }

    /// Says whose connection it is, with rights as of a position; not if they changed since.
    pub(crate) fn settle(&mut self, connection: &Connection, user: &UserId, as_of: u64) -> bool {
        let mut newest = self.0.iter_mut().rev();
        let Some(entry) = newest.find(|e| e.connection == *connection) else {
            return true;
        };
        entry.user = Some(user.clone());
        if as_of < entry.due {
            return false;
        }
        entry.as_of = Some(as_of);
        true
    }

    /// Whether a connection is remembered.
    pub(crate) fn has(&self, connection: &Connection) -> bool {
        self.0.iter().rev().any(|e| e.connection == *connection)
    }

    /// A user's rights changed at a position: the connections that have older ones. Those that are,
    /// or may turn out to be, the user's and are still signing in must have the new ones.
    pub(crate) fn outdated(
        &mut self,
        user: &UserId,
        position: u64,
        now: Duration,
    ) -> Vec<Connection> {
        let mut outdated = Vec::new();
        for entry in self.0.iter_mut().filter(|e| !e.is_old(now)) {
            if entry.user.as_ref().is_some_and(|u| u != user) {
                continue;
            }
            match entry.as_of {
                Some(as_of) if as_of >= position => {}
                Some(_) => outdated.push(entry.connection.clone()),
                None => entry.due = entry.due.max(position),
            }
        }
        outdated
    }

    /// Whether a connection has rights as of a position or later.
    pub(crate) fn is_current(&self, connection: &Connection, position: u64) -> bool {
        let mut newest = self.0.iter().rev();
        newest
            .find(|e| e.connection == *connection)
            .is_some_and(|e| e.as_of.is_none_or(|as_of| as_of >= position))
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
        let mut recent = RecentSignIns::default();
        let [anna, otto]: [UserId; 2] = ["anna", "otto"].map(|user| user.parse().unwrap());
        recent.note(connection(1), Some(anna.clone()), at(0));
        recent.note(connection(2), Some(otto.clone()), at(1));
        recent.note(connection(3), None, at(2));
        assert!(recent.has(&connection(3)) && !recent.has(&connection(4)));
        assert!(recent.settle(&connection(1), &anna, 7));
        assert_eq!(recent.outdated(&anna, 8, at(2)), [connection(1)]);
        // Who is still signing in, and may be her, needs what is known at 8.
        assert!(!recent.settle(&connection(3), &anna, 7));
        assert!(recent.settle(&connection(3), &anna, 8));
        assert!(recent.settle(&connection(2), &otto, 1));
        assert_eq!(recent.outdated(&anna, 8, at(2)), [connection(1)]);
        assert_eq!(recent.outdated(&anna, 9, at(16)), [connection(3)]);
    }

    #[test]
    fn who_came_with_the_new_rights_is_let_be() {
        let (mut recent, anna) = (RecentSignIns::default(), "anna".parse().unwrap());
        assert!(!recent.is_current(&connection(1), 0), "nobody knows");
        recent.note(connection(1), Some(anna), at(0));
        assert!(recent.is_current(&connection(1), 9), "it is seen to");
        assert!(recent.settle(&connection(1), &"anna".parse().unwrap(), 8));
        let current = [8, 9].map(|position| recent.is_current(&connection(1), position));
        assert_eq!(current, [true, false]);
    }

    #[test]
    fn memory_is_bounded() {
        let mut recent = RecentSignIns::default();
        for client in 0..10_000 {
            recent.note(connection(client), None, at(0));
        }
        assert_eq!(recent.0.len(), RECENT_MAX);
        recent.note(connection(0), None, at(60));
        assert_eq!(recent.0.len(), 1);
    }
}
