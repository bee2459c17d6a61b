//! Whether the feed may have a subscriber. While it cannot, events are not rendered.
//!
//! Every subscriber signs in first, and each sign-in asks this role. The console role sees NATS's
//! connections and reports when nobody is connected. Without a recent report the feed may have a subscriber.
//! A new subscriber needs no earlier events: it reads the state after it has signed in.

use std::time::Duration;

use chat::time::Timestamp;

/// How long a sign-in may take before it shows in NATS's list of connections: NATS waits 10 s for the
/// console's answer, and the console 5 s for the list.
const SIGN_IN_MAX: Duration = Duration::from_secs(20);
/// How long a report of the console is valid. It reports every few seconds.
const REPORT_MAX: Duration = Duration::from_secs(30);

/// When the feed may have subscribers.
pub(crate) struct Audience {
    /// When a user last signed in or sent a request.
    last_seen: Timestamp,
    /// The end of the time in which there is certainly no subscriber.
    nobody_until: Option<Timestamp>,
}

impl Audience {
    /// Assumes a subscriber: somebody may have signed in just before the start.
    pub(crate) const fn new(now: Timestamp) -> Self {
        Self {
            last_seen: now,
            nobody_until: None,
        }
    }

    /// Records that a user signs in or is connected.
    pub(crate) const fn saw_user(&mut self, now: Timestamp) {
        self.last_seen = now;
        self.nobody_until = None;
    }

    /// Records the console's report that nobody is connected.
    pub(crate) fn saw_nobody(&mut self, now: Timestamp) {
        let is_quiet = now.since(self.last_seen) >= SIGN_IN_MAX;
        self.nobody_until = is_quiet.then(|| now.plus(REPORT_MAX));
    }

    /// Whether an event at this time may have a subscriber.
    pub(crate) fn may_listen(&self, now: Timestamp) -> bool {
        self.nobody_until.is_none_or(|until| now >= until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn a_subscriber_is_assumed_until_a_report_says_otherwise() {
        let mut audience = Audience::new(at(0));
        assert!(audience.may_listen(at(100)), "no report");
        audience.saw_nobody(at(100));
        assert!(!audience.may_listen(at(101)));
        audience.saw_user(at(101));
        assert!(
            audience.may_listen(at(101)),
            "a new subscriber sees everything"
        );
        audience.saw_nobody(at(120));
        assert!(audience.may_listen(at(120)), "a sign-in may be in progress");
        audience.saw_nobody(at(121));
        assert!(!audience.may_listen(at(121)));
        assert!(!audience.may_listen(at(150)));
        assert!(audience.may_listen(at(151)), "the report has expired");
    }

    #[test]
    fn a_subscriber_is_assumed_right_after_the_start() {
        let mut audience = Audience::new(at(0));
        audience.saw_nobody(at(19));
        assert!(audience.may_listen(at(19)));
    }
}
