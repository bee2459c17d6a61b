//! Which users are online. Not stored.
//!
//! The console role reports every few seconds who is connected to NATS. Without a recent report, and
//! for a user who sent a request after it, the requests of the last minutes count.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chat::id::UserId;
use chat::time::Timestamp;

use crate::config::ONLINE;

/// How long a report is valid. It is repeated every 2 s.
const REPORT_MAX: Duration = Duration::from_secs(8);

/// When each user last sent a request, and who is connected. There are no more entries than users.
#[derive(Debug, Default)]
pub(crate) struct Presence {
    seen: BTreeMap<UserId, Timestamp>,
    report: Option<(Timestamp, BTreeSet<UserId>)>,
}

impl Presence {
    /// Records that a user sent a request.
    pub(crate) fn saw(&mut self, user: &UserId, now: Timestamp) {
        self.seen.insert(user.clone(), now);
    }

    /// Records who is connected; `None` if the console role does not know.
    pub(crate) fn reported(&mut self, connected: Option<Vec<UserId>>, now: Timestamp) {
        self.report = connected.map(|users| (now, users.into_iter().collect()));
    }

    /// Moves all times when the clock jumped.
    pub(crate) fn shift(&mut self, by_ms: i64) {
        let report = self.report.as_mut().map(|(at, _)| at);
        for at in self.seen.values_mut().chain(report) {
            *at = at.shifted(by_ms);
        }
    }

    /// Whether a user is online.
    pub(crate) fn is_online(&self, user: &UserId, now: Timestamp) -> bool {
        let seen = self.seen.get(user).copied();
        let report = self.report.as_ref();
        match report.filter(|(at, _)| now.since(*at) <= REPORT_MAX) {
            Some((at, connected)) => {
                connected.contains(user) || seen.is_some_and(|seen| seen > *at)
            }
            None => seen.is_some_and(|seen| now.since(seen) <= ONLINE),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    fn olga() -> UserId {
        "olga".parse().unwrap()
    }

    #[test]
    fn a_user_is_online_while_connected() {
        let mut presence = Presence::default();
        presence.saw(&olga(), at(0));
        presence.reported(Some(vec![olga()]), at(200));
        assert!(presence.is_online(&olga(), at(201)), "a silent user");
        presence.reported(Some(Vec::new()), at(202));
        assert!(!presence.is_online(&olga(), at(202)));
        presence.saw(&olga(), at(203));
        assert!(presence.is_online(&olga(), at(203)), "not reported yet");
        presence.reported(Some(Vec::new()), at(204));
        assert!(!presence.is_online(&olga(), at(204)));
    }

    #[test]
    fn without_a_report_requests_count() {
        let mut presence = Presence::default();
        presence.saw(&olga(), at(0));
        assert!(presence.is_online(&olga(), at(120)));
        assert!(!presence.is_online(&olga(), at(121)));
        presence.reported(Some(Vec::new()), at(10));
        assert!(!presence.is_online(&olga(), at(18)));
        assert!(presence.is_online(&olga(), at(19)), "an old report");
        presence.reported(Some(Vec::new()), at(20));
        presence.reported(None, at(20));
        assert!(presence.is_online(&olga(), at(20)), "a withdrawn report");
    }

    #[test]
    fn a_jump_of_the_clock_changes_nothing() {
        for hours in [-1, 1] {
            let mut presence = Presence::default();
            presence.saw(&olga(), at(0));
            presence.reported(Some(vec![olga()]), at(0));
            presence.shift(hours * 3_600_000);
            let start = hours * 3_600;
            assert!(presence.is_online(&olga(), at(start + 100)));
            assert!(!presence.is_online(&olga(), at(start + 121)));
        }
    }
}
