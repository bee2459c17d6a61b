//! Limits password guessing: five failures per minute and user name, then a pause of one minute
//! (console-api section 1).

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use chat::id::UserId;

/// The failures within [`WINDOW`] after which a user name is paused.
pub(crate) const FAILURES_MAX: usize = 5;
/// The time within which failures are counted.
pub(crate) const WINDOW: Duration = Duration::from_mins(1);
/// How long a user name is refused after its last failure.
pub(crate) const PAUSE: Duration = Duration::from_mins(1);
/// The most user names tracked. To evict one, an attacker would have to try all others within a
/// minute; argon2 allows less than a tenth of that.
pub(crate) const USERS_MAX: usize = 16_384;

/// The times of failures per user name. Pure: time is a parameter, measured from any fixed start.
/// Unknown names are counted too, so that a refusal does not reveal which exist.
#[derive(Debug, Default)]
pub(crate) struct Limiter {
    failures: BTreeMap<UserId, VecDeque<Duration>>,
}

impl Limiter {
    /// Returns whether this user name is paused, without counting an attempt.
    pub(crate) fn refuses(&self, user: &UserId, now: Duration) -> bool {
        self.failures
            .get(user)
            .is_some_and(|times| is_full(times) && !is_over(times, now))
    }

    /// Counts an attempt and returns whether it is allowed. An attempt is a failure until it
    /// [`succeeded`](Self::succeeded), so that concurrent attempts do not exceed the limit.
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

    /// Removes the attempt that began at this time from the failures.
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

/// Returns whether the pause after the last failure is over.
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
        // The pause starts at the last failure; refusals do not extend it.
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
    fn successes_and_failures_of_others_do_not_count() {
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
    fn a_success_does_not_reset_failures() {
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
        // Expired entries are evicted together.
        assert!(limiter.begin(&user("late"), at(10_000_000)));
        assert_eq!(limiter.failures.len(), 1);
    }
}
