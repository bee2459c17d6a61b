//! Bounds the slow work for users: in total, and for each user, so that one of them cannot take it all.

use std::collections::BTreeMap;

use chat::id::UserId;

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

#[cfg(test)]
mod tests {
    use super::*;

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
