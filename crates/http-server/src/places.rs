//! Shares a limited number of places between sources.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

/// One place in eight is kept for sources that hold none, so that a few sources together cannot lock
/// out the others.
const PLACES_PER_RESERVED: usize = 8;

/// The places of one kind, such as connections, and the sources that hold them. Clones share them. An
/// idle place is given to another client when there is no free one.
#[derive(Clone, Debug)]
pub struct Places {
    max: usize,
    per_source_max: Option<NonZeroU32>,
    /// Held for one lookup, never across an await.
    held: Arc<Mutex<Held>>,
}

/// One place; dropping it gives it back.
#[derive(Debug)]
pub struct Place {
    source: IpAddr,
    /// Its number among the idle ones.
    idle: Option<u64>,
    held: Arc<Mutex<Held>>,
}

#[derive(Debug, Default)]
struct Held {
    total: usize,
    /// At most one entry per place.
    by_source: BTreeMap<IpAddr, u32>,
    /// The idle places, the longest idle one first.
    idle: BTreeMap<u64, Idle>,
    /// The number of the next idle one.
    next_idle: u64,
}

/// An idle place.
#[derive(Debug)]
struct Idle {
    source: IpAddr,
    /// Cancelled when the place is given to another client.
    evicted: CancellationToken,
}

impl Places {
    /// Returns `max` places, of which one source may hold `per_source_max`. `None` is for listeners
    /// behind a reverse proxy, where all clients have the same source.
    pub fn new(max: usize, per_source_max: Option<NonZeroU32>) -> Self {
        Self {
            max,
            per_source_max,
            held: Arc::default(),
        }
    }

    /// Returns a place for a client at this address unless a limit is reached: a free one, or an idle
    /// one, which is of the same source if its share is used up.
    pub fn acquire(&self, from: IpAddr) -> Option<Place> {
        let source = source(from);
        let mut held = lock(&self.held);
        let of_source = held.by_source.get(&source).copied().unwrap_or(0);
        let limits_sources = self.per_source_max.is_some();
        let is_short = self.is_short(&held) && limits_sources && of_source > 0;
        if self
            .per_source_max
            .is_some_and(|max| of_source >= max.get())
        {
            held.evict(Some(source))?;
        } else if held.total >= self.max || is_short {
            held.evict(None)?;
        }
        held.total += 1;
        *held.by_source.entry(source).or_default() += 1;
        Some(Place {
            source,
            idle: None,
            held: Arc::clone(&self.held),
        })
    }

    /// Whether only the places are free that are kept for sources without one.
    pub(crate) fn are_short(&self) -> bool {
        self.is_short(&lock(&self.held))
    }

    fn is_short(&self, held: &Held) -> bool {
        self.max.saturating_sub(held.total) <= self.max / PLACES_PER_RESERVED
    }
}

impl Held {
    /// Takes the place that has been idle longest, of one source or of all. `None` if none is idle.
    fn evict(&mut self, source: Option<IpAddr>) -> Option<()> {
        let is_candidate = |idle: &Idle| source.is_none_or(|source| source == idle.source);
        let (number, _) = self.idle.iter().find(|(_, idle)| is_candidate(idle))?;
        let number = *number;
        let evicted = self.idle.remove(&number)?;
        self.release(evicted.source);
        evicted.evicted.cancel();
        Some(())
    }

    fn release(&mut self, source: IpAddr) {
        self.total -= 1;
        if let Some(count) = self.by_source.get_mut(&source) {
            *count -= 1;
            if *count == 0 {
                self.by_source.remove(&source);
            }
        }
    }
}

impl Place {
    /// Marks it idle: when it is given to another client, `evicted` is cancelled.
    pub(crate) fn set_idle(&mut self, evicted: CancellationToken) {
        let mut held = lock(&self.held);
        let number = held.next_idle;
        held.next_idle += 1;
        let source = self.source;
        held.idle.insert(number, Idle { source, evicted });
        self.idle = Some(number);
    }

    /// Marks it used again. Returns false if another client has it.
    pub(crate) fn set_used(&mut self) -> bool {
        let Some(number) = self.idle else {
            return true;
        };
        let is_kept = lock(&self.held).idle.remove(&number).is_some();
        if is_kept {
            self.idle = None;
        }
        is_kept
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.set_used() {
            lock(&self.held).release(self.source);
        }
    }
}

fn lock(held: &Mutex<Held>) -> MutexGuard<'_, Held> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the source of an address: an IPv4 address, or an IPv6 /64, which is what one customer gets.
fn source(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let network = v6.to_bits() & !u128::from(u64::MAX);
            IpAddr::V6(Ipv6Addr::from_bits(network))
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acquire(places: &Places, from: &str) -> Option<Place> {
        places.acquire(from.parse().unwrap())
    }

    /// Takes as many places as it gets.
    fn fill(places: &Places, from: &str) -> Vec<Place> {
        std::iter::from_fn(|| acquire(places, from)).collect()
    }

    #[test]
    fn places_are_limited_in_total() {
        let places = Places::new(16, None);
        let mut taken = fill(&places, "10.0.0.1");
        assert_eq!(taken.len(), 16, "without a limit per source none are kept");
        assert!(acquire(&places, "10.0.0.2").is_none());
        taken.pop();
        assert!(acquire(&places, "10.0.0.2").is_some());
    }

    #[test]
    fn places_are_limited_per_source() {
        let places = Places::new(100, NonZeroU32::new(1));
        let v4 = acquire(&places, "10.0.0.1").unwrap();
        assert!(acquire(&places, "10.0.0.1").is_none());
        assert!(acquire(&places, "::ffff:10.0.0.1").is_none(), "mapped");
        let v6 = acquire(&places, "2001:db8::1").unwrap();
        assert!(acquire(&places, "2001:db8::2").is_none(), "the same /64");
        assert!(acquire(&places, "2001:db8:0:1::2").is_some());
        drop((v4, v6));
        assert!(acquire(&places, "10.0.0.1").is_some());
        let held = lock(&places.held);
        assert!(held.by_source.is_empty() && held.total == 0);
    }

    #[test]
    fn sources_that_hold_places_leave_some_for_the_others() {
        let places = Places::new(16, NonZeroU32::new(8));
        let greedy: Vec<_> = ["10.0.0.1", "10.0.0.2", "10.0.0.3"]
            .map(|from| fill(&places, from))
            .into();
        let counts: Vec<_> = greedy.iter().map(Vec::len).collect();
        assert_eq!(counts, [8, 6, 1]);
        assert!(acquire(&places, "10.0.0.4").is_some(), "the last place");
    }

    /// Makes a place idle.
    fn idle(place: &mut Place) -> CancellationToken {
        let evicted = CancellationToken::new();
        place.set_idle(evicted.clone());
        evicted
    }

    #[test]
    fn the_place_that_was_idle_longest_is_given_to_another_client() {
        let places = Places::new(3, None);
        let mut held = fill(&places, "10.0.0.1");
        let evicted: Vec<_> = held.iter_mut().map(idle).collect();
        assert!(held[0].set_used(), "it serves a request");
        assert!(acquire(&places, "10.0.0.2").is_some());
        let given: Vec<_> = evicted
            .iter()
            .map(CancellationToken::is_cancelled)
            .collect();
        assert_eq!(given, [false, true, false]);
        assert!(!held[1].set_used());
        // The new place was dropped, so one is free; the evicted one does not free another.
        held.remove(1);
        assert_eq!(lock(&places.held).total, 2);
        drop(held);
        assert_eq!(lock(&places.held).total, 0);
        assert!(lock(&places.held).idle.is_empty());
    }

    #[test]
    fn a_source_without_a_share_gets_its_own_idle_places_only() {
        let places = Places::new(100, NonZeroU32::new(2));
        let mut other = acquire(&places, "10.0.0.1").unwrap();
        let others = idle(&mut other);
        let mut own = fill(&places, "10.0.0.2");
        assert_eq!(own.len(), 2);
        let evicted = idle(&mut own[1]);
        let third = acquire(&places, "10.0.0.2").unwrap();
        assert!(evicted.is_cancelled() && !others.is_cancelled());
        assert!(acquire(&places, "10.0.0.2").is_none());
        let held = lock(&places.held).by_source.clone();
        assert_eq!(held.into_values().collect::<Vec<_>>(), [1, 2]);
        drop((other, own, third));
        assert_eq!(lock(&places.held).total, 0);
    }

    #[test]
    fn idle_places_of_others_are_given_away_when_there_are_no_free_ones() {
        let places = Places::new(16, NonZeroU32::new(8));
        let mut greedy: Vec<_> = ["10.0.0.1", "10.0.0.2"]
            .map(|from| fill(&places, from))
            .into_iter()
            .flatten()
            .collect();
        assert_eq!(greedy.len(), 14);
        assert!(acquire(&places, "10.0.0.2").is_none());
        let evicted = idle(&mut greedy[0]);
        let more = acquire(&places, "10.0.0.2").unwrap();
        assert!(evicted.is_cancelled());
        assert!(acquire(&places, "10.0.0.2").is_none());
        assert!(acquire(&places, "10.0.0.3").is_some(), "some are kept");
        drop((more, greedy));
    }
}
