//! Whether anybody can listen to the feed: while nobody can, events are not rendered.
//!
//! Whoever listens has signed in, and every sign-in asks this role first. That people have left, the
//! console role says, which sees NATS's connections. Where it does not, or not surely, somebody may
//! listen. What is decided before a sign-in is answered is in the state that a console then reads.

use std::time::Duration;

use chat::time::Timestamp;

/// How long a sign-in may be under way without being among NATS's connections: NATS waits 10 s for
/// the console's answer, and the console 5 s for the list of connections.
const SIGN_IN_MAX: Duration = Duration::from_secs(20);
/// How long the console's word is good. It is given every few seconds.
const WORD_MAX: Duration = Duration::from_secs(30);

/// Who may be listening.
pub(crate) struct Audience {
    /// When somebody was last heard of: somebody signs in, or asks something.
    heard_of: Timestamp,
    /// Until when it is sure that nobody listens, unless somebody is heard of.
    nobody_until: Option<Timestamp>,
}

impl Audience {
    /// A role that starts now does not know who signed in just before.
    pub(crate) const fn new(now: Timestamp) -> Self {
        Self {
            heard_of: now,
            nobody_until: None,
        }
    }

    /// Somebody signs in, or is there.
    pub(crate) const fn somebody(&mut self, now: Timestamp) {
        self.heard_of = now;
        self.nobody_until = None;
    }

    /// The console says that nobody is connected.
    pub(crate) fn nobody(&mut self, now: Timestamp) {
        let is_quiet = now.since(self.heard_of) >= SIGN_IN_MAX;
        self.nobody_until = is_quiet.then(|| now.plus(WORD_MAX));
    }

    /// Whether an event of now may have a listener.
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
    fn somebody_may_listen_until_it_is_sure_that_nobody_does() {
        let mut audience = Audience::new(at(0));
        assert!(audience.may_listen(at(100)), "nobody said otherwise");
        audience.nobody(at(100));
        assert!(!audience.may_listen(at(101)));
        audience.somebody(at(101));
        assert!(audience.may_listen(at(101)), "the first sees everything");
        audience.nobody(at(120));
        assert!(audience.may_listen(at(120)), "a sign-in may be under way");
        audience.nobody(at(121));
        assert!(!audience.may_listen(at(121)));
        assert!(!audience.may_listen(at(150)));
        assert!(audience.may_listen(at(151)), "the console is silent");
    }

    #[test]
    fn a_role_that_has_just_started_may_have_listeners() {
        let mut audience = Audience::new(at(0));
        audience.nobody(at(19));
        assert!(audience.may_listen(at(19)));
    }
}
