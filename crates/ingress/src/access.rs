//! What is known of channels' access: a bounded memory of what the router said.
//!
//! Being out of date is harmless: the router checks the revision of everything that it is asked. So
//! an entry may live for a minute, and a proof that fails against an older one is checked once more
//! against a fresh one (`gateway.rs`), because a new code must work as soon as it is set. A channel
//! that is not there is not remembered: made-up ids push nothing out, and a new channel works at once.

use std::collections::BTreeMap;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chat::id::ChannelId;
use chat::rpc::Access;
use chat::time::Timestamp;

/// How long an answer of the router is believed.
const LIFETIME: Duration = Duration::from_mins(1);

/// An entry at least so old is asked for again when a proof fails against it. So wrong proofs cost
/// the router one question a second for each channel, however many come.
pub(crate) const RECHECK_AFTER: Duration = Duration::from_secs(1);

/// The most entries of one generation; there are two. An entry is some 200 bytes.
const GENERATION_MAX: usize = 8_192;

/// What the router said of a channel, and when.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    /// What it said.
    pub(crate) access: Arc<Access>,
    /// When it was asked.
    pub(crate) asked: Timestamp,
}

/// The memory. A full young generation becomes the old one, and the old one is forgotten; an entry
/// that is used moves to the young one. That keeps what is used, without a list of uses.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// Held for two lookups in a map, never across an await.
    generations: Mutex<Generations>,
}

#[derive(Debug, Default)]
struct Generations {
    young: BTreeMap<ChannelId, Known>,
    old: BTreeMap<ChannelId, Known>,
}

impl Memory {
    /// What is known of a channel, if it is not too old. A clock that was put back makes it too old.
    pub(crate) fn get(&self, channel: ChannelId, now: Timestamp) -> Option<Known> {
        let mut generations = self.lock();
        let known = if let Some(known) = generations.young.get(&channel) {
            known.clone()
        } else {
            let known = generations.old.remove(&channel)?;
            generations.put(channel, known.clone());
            known
        };
        let is_good = known.asked <= now && now.since(known.asked) < LIFETIME;
        is_good.then_some(known)
    }

    /// Remembers what the router said of a channel.
    pub(crate) fn put(&self, channel: ChannelId, known: Known) {
        self.lock().put(channel, known);
    }

    /// Forgets a channel: the router says that there is none.
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
    fn put(&mut self, channel: ChannelId, known: Known) {
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

    fn known(secs: i64) -> Known {
        let access = Access {
            revision: 1,
            codes: Vec::new(),
            security: Security::Open,
        };
        Known {
            access: Arc::new(access),
            asked: at(secs),
        }
    }

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_micros(secs * 1_000_000)
    }

    #[test]
    fn an_entry_lives_for_a_minute() {
        let memory = Memory::default();
        memory.put(channel(1), known(100));
        assert!(memory.get(channel(1), at(100)).is_some());
        assert!(memory.get(channel(1), at(159)).is_some());
        assert!(memory.get(channel(1), at(160)).is_none());
        assert!(memory.get(channel(1), at(99)).is_none(), "clock put back");
        assert!(memory.get(channel(2), at(100)).is_none());
    }

    #[test]
    fn what_is_removed_is_gone() {
        let memory = Memory::default();
        memory.put(channel(1), known(100));
        memory.remove(channel(1));
        assert!(memory.get(channel(1), at(100)).is_none());
    }

    #[test]
    fn what_is_used_stays_and_the_rest_is_bounded() {
        let memory = Memory::default();
        for number in 0..10 * GENERATION_MAX {
            memory.put(channel(number), known(100));
            assert!(memory.get(channel(0), at(100)).is_some(), "at {number}");
        }
        let generations = memory.lock();
        assert!(generations.young.len() <= GENERATION_MAX);
        assert!(generations.old.len() <= GENERATION_MAX);
    }
}
