//! Guessing is slow: five failures a minute per user name, then none for a minute (console-api
//! section 1).

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use chat::id::UserId;

/// How many failures within [`WINDOW`] are borne.
pub(crate) const FAILURES_MAX: usize = 5;
/// The time in which failures add up.
pub(crate) const WINDOW: Duration = Duration::from_mins(1);
/// How long a user name is refused after the last of them.
pub(crate) const PAUSE: Duration = Duration::from_mins(1);
/// How many user names are remembered. To push one out, somebody would have to guess at all the
/// others within its minute, and argon2 does not allow a tenth of that.
pub(crate) const USERS_MAX: usize = 16_384;

/// Who failed when. Pure: times are given, as time since any fixed start. Names that nobody has are
/// counted like others, so that a refusal does not tell who exists.
#[derive(Debug, Default)]
pub(crate) struct Limiter {
    failures: BTreeMap<UserId, VecDeque<Duration>>,
}

impl Limiter {
    /// Whether this user name may not try now. Changes nothing.
    pub(crate) fn refuses(&self, user: &UserId, now: Duration) -> bool {
        self.failures
            .get(user)
            .is_some_and(|times| is_full(times) && !is_over(times, now))
    }

    /// Lets a user name try, or not. A try counts as a failure until it [`succeeded`](Self::succeeded),
    /// so that many at once get no more tries than one after the other.
    pub(crate) fn begin(&mut self, user: &UserId, now: Duration) -> bool {
        if self.refuses(user, now) {
            return false;
        }
        self.make_room(user, now);
        let times = self.failures.entry(user.clone()).or_default();
        if is_over(times, now) {
            times.clear();
        }
        times.retain(|time| now.saturating_sub(*time) < WINDOW);
        times.push_back(now);
        true
    }

    /// Takes back the try that began then: it was none of the failures.
    pub(crate) fn succeeded(&mut self, user: &UserId, began: Duration) {
        let Some(times) = self.failures.get_mut(user) else {
            return;
        };
        if let Some(at) = times.iter().position(|time| *time == began) {
            times.remove(at);
        }
        if times.is_empty() {
            self.failures.remove(user);
        }
    }

    fn make_room(&mut self, user: &UserId, now: Duration) {
        if self.failures.len() < USERS_MAX || self.failures.contains_key(user) {
            return;
        }
        self.failures.retain(|_, times| !is_over(times, now));
        if self.failures.len() >= USERS_MAX {
            let last = |times: &VecDeque<Duration>| times.back().copied();
            let oldest = self.failures.iter().min_by_key(|(_, times)| last(times));
            if let Some(oldest) = oldest.map(|(user, _)| user.clone()) {
                self.failures.remove(&oldest);
            }
        }
    }
}

fn is_full(times: &VecDeque<Duration>) -> bool {
    times.len() >= FAILURES_MAX
}

/// Whether the last failure is so long ago that none of them counts.
fn is_over(times: &VecDeque<Duration>, now: Duration) -> bool {
    times
        .back()
        .is_none_or(|last| now.saturating_sub(*last) >= PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(name: &str) -> UserId {
        name.parse().unwrap()
    }

    const fn at(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn the_sixth_try_within_a_minute_is_refused_for_a_minute() {
        let (mut limiter, anna) = (Limiter::default(), user("anna"));
        for second in 0..5 {
            assert!(limiter.begin(&anna, at(second * 1_000)));
        }
        for millis in [4_000, 5_000, 60_000, 63_999] {
            assert!(limiter.refuses(&anna, at(millis)), "{millis}");
            assert!(!limiter.begin(&anna, at(millis)), "{millis}");
        }
        // The pause begins with the last failure; being refused does not make it longer.
        assert!(limiter.begin(&anna, at(64_000)));
        assert!(!limiter.refuses(&anna, at(64_001)));
    }

    #[test]
    fn failures_more_than_a_minute_apart_never_add_up() {
        let (mut limiter, anna) = (Limiter::default(), user("anna"));
        for n in 0..100 {
            assert!(limiter.begin(&anna, at(n * 15_000)), "{n}");
        }
    }

    #[test]
    fn a_user_is_not_refused_for_what_succeeded_or_what_others_failed() {
        let (mut limiter, anna, otto) = (Limiter::default(), user("anna"), user("otto"));
        for n in 0..50 {
            assert!(limiter.begin(&anna, at(n)));
            limiter.succeeded(&anna, at(n));
        }
        for n in 0..5 {
            assert!(limiter.begin(&otto, at(n)));
        }
        assert!(!limiter.begin(&otto, at(6)));
        assert!(limiter.begin(&anna, at(6)));
    }

    #[test]
    fn a_success_does_not_wash_off_failures() {
        let (mut limiter, anna) = (Limiter::default(), user("anna"));
        for n in 0..4 {
            assert!(limiter.begin(&anna, at(n)));
        }
        assert!(limiter.begin(&anna, at(10)));
        limiter.succeeded(&anna, at(10));
        assert!(limiter.begin(&anna, at(11)));
        assert!(!limiter.begin(&anna, at(12)));
    }

    #[test]
    fn tries_at_once_are_failures_until_they_succeed() {
        let (mut limiter, anna) = (Limiter::default(), user("anna"));
        let allowed = (0..100).filter(|_| limiter.begin(&anna, at(0))).count();
        assert_eq!(allowed, FAILURES_MAX);
    }

    #[test]
    fn memory_is_bounded_and_the_oldest_is_forgotten_first() {
        let mut limiter = Limiter::default();
        for n in 0..USERS_MAX + 10 {
            let time = at(u64::try_from(n).unwrap());
            assert!(limiter.begin(&user(&format!("u{n}")), time));
        }
        assert_eq!(limiter.failures.len(), USERS_MAX);
        assert!(!limiter.failures.contains_key(&user("u0")));
        assert!(limiter.failures.contains_key(&user("u10")));
        // Once they are all over, they make room together.
        assert!(limiter.begin(&user("late"), at(10_000_000)));
        assert_eq!(limiter.failures.len(), 1);
    }
}
