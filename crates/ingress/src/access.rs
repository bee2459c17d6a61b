//! A bounded cache of the channels' access (codes and security mode), as the router reported it.
//!
//! A stale entry is harmless: the router checks the revision of every request. An entry lives for a
//! minute. A proof that fails against an entry older than [`RECHECK_AFTER`] is checked once more
//! against a fresh one (`gateway.rs`), because a new code must work at once. Missing
//! channels are not cached: made-up ids evict nothing, and a new channel works at once.

use std::collections::BTreeMap;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chat::id::ChannelId;
use chat::rpc::Access;
use chat::time::Timestamp;

/// How long an entry is valid.
const LIFETIME: Duration = Duration::from_mins(1);

/// The age from which an entry is fetched again when a proof fails against it. It limits the cost of
/// wrong proofs to one request to the router per second and channel.
pub(crate) const RECHECK_AFTER: Duration = Duration::from_secs(1);

/// The most entries of each of the two generations. An entry takes about 200 bytes.
const GENERATION_MAX: usize = 8_192;

/// The access of a channel, and when it was fetched from the router.
#[derive(Clone, Debug)]
pub(crate) struct CachedAccess {
    pub(crate) access: Arc<Access>,
    pub(crate) fetched: Timestamp,
}

/// The cache. A full young generation replaces the old one; an entry that is used moves to the young
/// one. That keeps the used entries without tracking each use.
#[derive(Debug, Default)]
pub(crate) struct AccessCache {
    /// Held for two lookups, never across an await.
    generations: Mutex<Generations>,
}

#[derive(Debug, Default)]
struct Generations {
    young: BTreeMap<ChannelId, CachedAccess>,
    old: BTreeMap<ChannelId, CachedAccess>,
}

impl AccessCache {
    /// Returns the entry of a channel unless it has expired, or is from the future because the clock
    /// was set back.
    pub(crate) fn get(&self, channel: ChannelId, now: Timestamp) -> Option<CachedAccess> {
        let mut generations = self.lock();
        let known = if let Some(known) = generations.young.get(&channel) {
            known.clone()
        } else {
            let known = generations.old.remove(&channel)?;
            generations.put(channel, known.clone());
            known
        };
        let is_valid = known.fetched <= now && now.since(known.fetched) < LIFETIME;
        is_valid.then_some(known)
    }

    /// Stores the access of a channel.
    pub(crate) fn put(&self, channel: ChannelId, known: CachedAccess) {
        self.lock().put(channel, known);
    }

    /// Removes a channel that does not exist.
    pub(crate) fn remove(&self, channel: ChannelId) {
        let mut generations = self.lock();
        generations.young.remove(&channel);
        generations.old.remove(&channel);
    }

    fn lock(&self) -> MutexGuard<'_, Generations> {
        self.generations
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Generations {
    fn put(&mut self, channel: ChannelId, known: CachedAccess) {
        if self.young.len() >= GENERATION_MAX && !self.young.contains_key(&channel) {
            self.old = mem::take(&mut self.young);
        }
        self.young.insert(channel, known);
    }
}

#[cfg(test)]
mod tests {
    use chat::rpc::Security;

    use super::*;

    fn channel(number: usize) -> ChannelId {
        ChannelId::from_bytes(u128::try_from(number).unwrap().to_be_bytes())
    }

    fn known(secs: i64) -> CachedAccess {
        let access = Access {
            revision: 1,
            codes: Vec::new(),
            security: Security::Open,
        };
        CachedAccess {
            access: Arc::new(access),
            fetched: at(secs),
        }
    }

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_micros(secs * 1_000_000)
    }

    #[test]
    fn an_entry_lives_for_a_minute() {
        let memory = AccessCache::default();
        memory.put(channel(1), known(100));
        assert!(memory.get(channel(1), at(100)).is_some());
        assert!(memory.get(channel(1), at(159)).is_some());
        assert!(memory.get(channel(1), at(160)).is_none());
        assert!(memory.get(channel(1), at(99)).is_none(), "clock set back");
        assert!(memory.get(channel(2), at(100)).is_none());
    }

    #[test]
    fn a_removed_entry_is_gone() {
        let memory = AccessCache::default();
        memory.put(channel(1), known(100));
        memory.remove(channel(1));
        assert!(memory.get(channel(1), at(100)).is_none());
    }

    #[test]
    fn a_used_entry_stays_and_the_others_are_bounded() {
        let memory = AccessCache::default();
        for number in 0..10 * GENERATION_MAX {
            memory.put(channel(number), known(100));
            assert!(memory.get(channel(0), at(100)).is_some(), "at {number}");
        }
        let generations = memory.lock();
        assert!(generations.young.len() <= GENERATION_MAX);
        assert!(generations.old.len() <= GENERATION_MAX);
    }
}
