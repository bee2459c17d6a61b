//! Shares a limited number of places between sources.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// One place in eight is kept for sources that hold none, so that a few sources together cannot lock
/// out the others.
const PLACES_PER_RESERVED: usize = 8;

/// The places of one kind, such as connections, and the sources that hold them. Clones share them.
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
    held: Arc<Mutex<Held>>,
}

#[derive(Debug, Default)]
struct Held {
    total: usize,
    /// At most one entry per place.
    by_source: BTreeMap<IpAddr, u32>,
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

    /// Returns a place for a client at this address unless a limit is reached.
    pub fn acquire(&self, from: IpAddr) -> Option<Place> {
        let source = source(from);
        let mut held = lock(&self.held);
        let free = self.max.saturating_sub(held.total);
        let of_source = held.by_source.get(&source).copied().unwrap_or(0);
        let has_share = self.per_source_max.is_none_or(|each_max| {
            of_source == 0 || (of_source < each_max.get() && free > self.max / PLACES_PER_RESERVED)
        });
        if free == 0 || !has_share {
            return None;
        }
        held.total += 1;
        *held.by_source.entry(source).or_default() += 1;
        Some(Place {
            source,
            held: Arc::clone(&self.held),
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut held = lock(&self.held);
        held.total -= 1;
        if let Some(count) = held.by_source.get_mut(&self.source) {
            *count -= 1;
            if *count == 0 {
                held.by_source.remove(&self.source);
            }
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
        let places = Places::new(2, None);
        let mut taken = fill(&places, "10.0.0.1");
        assert_eq!(taken.len(), 2);
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
}
