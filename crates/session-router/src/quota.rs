//! Bounds the slow work for users: in total, and for each user, so that one of them cannot take it all.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use chat::id::UserId;
use chat::reason::Reason;
use chat::rejection::Rejection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Counter: requests of users that were rejected because too many of their kind were in progress, by
/// `kind`.
const REFUSED: &str = "switchboard_router_jobs_refused_total";
/// Gauge: requests of users that hold a place, by `kind`.
const IN_PROGRESS: &str = "switchboard_router_jobs_in_progress";
/// When a rejected request may be repeated, in seconds. Most jobs take milliseconds.
const RETRY_AFTER_SECS: u64 = 1;

/// Rejects a request because too many of its kind are in progress, and counts it.
pub(crate) fn busy(kind: &'static str) -> Rejection {
    metrics::counter!(REFUSED, "kind" => kind).increment(1);
    Rejection::from(Reason::Busy).with("retryAfter", RETRY_AFTER_SECS)
}

/// The running jobs of one kind.
pub(crate) struct Quota {
    max: usize,
    per_user_max: usize,
    by_user: BTreeMap<UserId, usize>,
    total: usize,
}

impl Quota {
    pub(crate) const fn new(max: usize, per_user_max: usize) -> Self {
        Self {
            max,
            per_user_max,
            by_user: BTreeMap::new(),
            total: 0,
        }
    }

    /// Whether a job of this user may start.
    pub(crate) fn allows(&self, user: &UserId) -> bool {
        let of_user = self.by_user.get(user).copied().unwrap_or(0);
        self.total < self.max && of_user < self.per_user_max
    }

    /// Counts a job as running.
    pub(crate) fn started(&mut self, user: &UserId) {
        *self.by_user.entry(user.clone()).or_default() += 1;
        self.total += 1;
    }

    /// Counts a job as ended.
    pub(crate) fn ended(&mut self, user: &UserId) {
        let Some(count) = self.by_user.get_mut(user) else {
            return;
        };
        *count -= 1;
        if *count == 0 {
            self.by_user.remove(user);
        }
        self.total -= 1;
    }
}

/// The places of requests of one kind.
#[derive(Clone)]
pub(crate) struct Places {
    kind: &'static str,
    quota: Arc<Mutex<Quota>>,
}

impl Places {
    pub(crate) fn new(kind: &'static str, max: usize, per_user_max: usize) -> Self {
        let quota = Arc::new(Mutex::new(Quota::new(max, per_user_max)));
        Self { kind, quota }
    }

    /// Takes a place for a request of this user.
    pub(crate) fn take(&self, user: &UserId) -> Result<Place, Rejection> {
        let mut quota = self.quota.lock().unwrap_or_else(PoisonError::into_inner);
        if !quota.allows(user) {
            return Err(busy(self.kind));
        }
        quota.started(user);
        drop(quota);
        metrics::gauge!(IN_PROGRESS, "kind" => self.kind).increment(1.0);
        Ok(Place {
            places: self.clone(),
            user: user.clone(),
            turn: None,
        })
    }
}

/// The place of a request. It is held until the answer is handed to NATS, because until then the
/// answer, or what it is made from, takes up memory.
pub(crate) struct Place {
    places: Places,
    user: UserId,
    turn: Option<OwnedSemaphorePermit>,
}

impl Place {
    /// The user whose request it is.
    pub(crate) const fn user(&self) -> &UserId {
        &self.user
    }

    /// Whether it holds a turn.
    pub(crate) const fn has_turn(&self) -> bool {
        self.turn.is_some()
    }

    /// Waits for one of few turns, and holds it as long as the place.
    pub(crate) async fn with_turn(mut self, turns: Arc<Semaphore>) -> Self {
        // The semaphore is never closed.
        self.turn = turns.acquire_owned().await.ok();
        self
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut quota = self
            .places
            .quota
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        quota.ended(&self.user);
        drop(quota);
        metrics::gauge!(IN_PROGRESS, "kind" => self.places.kind).decrement(1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_free_again_once_it_is_dropped_and_a_rejection_says_when_to_retry() {
        let places = Places::new("scan", 3, 2);
        let [ann, bob] = ["ann", "bob"].map(|login| login.parse::<UserId>().unwrap());
        let held = [&ann, &ann, &bob].map(|user| places.take(user).unwrap());
        for user in [&ann, &bob] {
            let rejection = places.take(user).map(drop).unwrap_err();
            assert_eq!(rejection.code.as_str(), "unavailable");
            assert_eq!(rejection.details["retryAfter"], RETRY_AFTER_SECS);
        }
        drop(held);
        assert_eq!(places.quota.lock().unwrap().total, 0);
        places.take(&ann).map(drop).unwrap();
    }

    #[test]
    fn a_user_cannot_take_all_jobs_of_a_kind() {
        let mut quota = Quota::new(3, 2);
        let [ann, bob, cid] = ["ann", "bob", "cid"].map(|login| login.parse::<UserId>().unwrap());
        for user in [&ann, &ann] {
            assert!(quota.allows(user));
            quota.started(user);
        }
        assert!(!quota.allows(&ann) && quota.allows(&bob));
        quota.started(&bob);
        assert!(!quota.allows(&bob) && !quota.allows(&cid), "three run");
        quota.ended(&ann);
        assert!(quota.allows(&ann) && quota.allows(&cid));
        quota.ended(&cid);
        assert_eq!(quota.total, 2, "a job that was not counted");
    }
}
