//! The recent sign-ins and the log positions of their rights. NATS lists a connection under its user
//! only some time after the reply; a rights change in between would miss it, so it is tracked here.
//! Connections that already have the new rights are not closed.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use chat::id::UserId;

/// The most sign-ins tracked, without rejected ones.
pub(crate) const RECENT_MAX: usize = 4_096;
/// How long a sign-in is tracked: longer than NATS waits for one.
pub(crate) const AGE_MAX: Duration = Duration::from_secs(15);
/// Within this time after its sign-in NATS lists a connection. Longer would count connections that
/// short programs have closed again.
const LISTED_WITHIN: Duration = Duration::from_millis(500);

/// A connection in NATS's numbering.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Connection {
    /// The server's id.
    pub(crate) server: String,
    /// The connection's number there.
    pub(crate) client: u64,
}

/// The recent and pending sign-ins. Pure: time is a parameter, measured from any fixed start.
#[derive(Debug, Default)]
pub(crate) struct RecentSignIns(VecDeque<Entry>);

#[derive(Debug)]
struct Entry {
    at: Duration,
    user: Option<UserId>,
    connection: Connection,
    /// When it was admitted; none while it is signing in.
    admitted: Option<Duration>,
    /// The log position of its rights; none while it is signing in.
    as_of: Option<u64>,
    /// The lowest log position that its rights must have.
    due: u64,
}

impl RecentSignIns {
    /// Adds a connection; its user is unknown until a token has been checked.
    pub(crate) fn record(&mut self, connection: Connection, user: Option<UserId>, now: Duration) {
        while self.0.len() >= RECENT_MAX || self.0.front().is_some_and(|e| e.is_old(now)) {
            self.0.pop_front();
        }
        self.0.push_back(Entry {
            at: now,
            user,
            connection,
            admitted: None,
            as_of: None,
            due: 0,
        });
    }

    /// Admits a connection of a user unless the user has `max` others: those that NATS lists, and those
    /// admitted so recently that it may not list them yet.
    pub(crate) fn admit(
        &mut self,
        connection: &Connection,
        user: &UserId,
        mut others: BTreeSet<Connection>,
        max: usize,
        now: Duration,
    ) -> bool {
        let unlisted = self.0.iter().filter(|entry| {
            let admitted = entry.admitted;
            let is_new = admitted.is_some_and(|at| now.saturating_sub(at) <= LISTED_WITHIN);
            is_new && entry.user.as_ref() == Some(user)
        });
        others.extend(unlisted.map(|entry| entry.connection.clone()));
        others.remove(connection);
        if others.len() >= max {
            return false;
        }
        let mut newest = self.0.iter_mut().rev();
        if let Some(entry) = newest.find(|entry| entry.connection == *connection) {
            (entry.user, entry.admitted) = (Some(user.clone()), Some(now));
        }
        true
    }

    /// Sets the user and rights of a connection; returns false if the rights have changed since.
    pub(crate) fn set_rights(
        &mut self,
        connection: &Connection,
        user: &UserId,
        as_of: u64,
    ) -> bool {
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

    /// Removes a connection that was rejected.
    pub(crate) fn forget(&mut self, connection: &Connection) {
        self.0.retain(|entry| entry.connection != *connection);
    }

    /// Returns whether a connection is tracked.
    pub(crate) fn has(&self, connection: &Connection) -> bool {
        self.0.iter().rev().any(|e| e.connection == *connection)
    }

    /// Returns the connections with rights from before a change of a user. Pending sign-ins that are or
    /// may be the user's must then get the new rights.
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

    /// Returns whether a connection has the rights of a position or later.
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
    fn a_rights_change_applies_to_pending_sign_ins() {
        let mut recent = RecentSignIns::default();
        let [anna, otto]: [UserId; 2] = ["anna", "otto"].map(|user| user.parse().unwrap());
        recent.record(connection(1), Some(anna.clone()), at(0));
        recent.record(connection(2), Some(otto.clone()), at(1));
        recent.record(connection(3), None, at(2));
        assert!(recent.has(&connection(3)) && !recent.has(&connection(4)));
        assert!(recent.set_rights(&connection(1), &anna, 7));
        assert_eq!(recent.outdated(&anna, 8, at(2)), [connection(1)]);
        // A pending sign-in that may be hers needs the rights of position 8.
        assert!(!recent.set_rights(&connection(3), &anna, 7));
        assert!(recent.set_rights(&connection(3), &anna, 8));
        assert!(recent.set_rights(&connection(2), &otto, 1));
        assert_eq!(recent.outdated(&anna, 8, at(2)), [connection(1)]);
        assert_eq!(recent.outdated(&anna, 9, at(16)), [connection(3)]);
    }

    #[test]
    fn a_connection_with_the_new_rights_is_current() {
        let (mut recent, anna) = (RecentSignIns::default(), "anna".parse().unwrap());
        assert!(!recent.is_current(&connection(1), 0), "not tracked");
        recent.record(connection(1), Some(anna), at(0));
        assert!(recent.is_current(&connection(1), 9), "still signing in");
        assert!(recent.set_rights(&connection(1), &"anna".parse().unwrap(), 8));
        let current = [8, 9].map(|position| recent.is_current(&connection(1), position));
        assert_eq!(current, [true, false]);
    }

    #[test]
    fn a_user_has_a_limited_number_of_connections() {
        let mut recent = RecentSignIns::default();
        let [anna, otto]: [UserId; 2] = ["anna", "otto"].map(|user| user.parse().unwrap());
        for client in 1..=6 {
            recent.record(connection(client), None, at(0));
        }
        let listed = || BTreeSet::from([connection(7)]);
        let mut admit =
            |client, user, secs| recent.admit(&connection(client), user, listed(), 3, at(secs));
        assert!(admit(1, &anna, 0) && admit(2, &anna, 0));
        assert!(!admit(3, &anna, 0), "two are not listed yet");
        assert!(admit(2, &anna, 0), "it is counted once");
        assert!(admit(4, &otto, 0));
        assert!(admit(5, &anna, 1), "NATS would list the first two");
        recent.forget(&connection(5));
        assert!(!recent.has(&connection(5)));
    }

    #[test]
    fn memory_is_bounded() {
        let mut recent = RecentSignIns::default();
        for client in 0..10_000 {
            recent.record(connection(client), None, at(0));
        }
        assert_eq!(recent.0.len(), RECENT_MAX);
        recent.record(connection(0), None, at(60));
        assert_eq!(recent.0.len(), 1);
    }
}
