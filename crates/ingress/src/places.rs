//! How many connections there may be, in all and from one source.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::metric;

/// The places for connections.
#[derive(Debug)]
pub(crate) struct Places {
    all: Arc<Semaphore>,
    sources: Arc<Sources>,
}

/// One connection's place, free again when this is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    source: IpAddr,
    sources: Arc<Sources>,
    _permit: OwnedSemaphorePermit,
}

#[derive(Debug)]
struct Sources {
    each_max: Option<NonZeroU32>,
    /// As many entries as there are connections at most. Held for one lookup, never across an await.
    counts: Mutex<BTreeMap<IpAddr, u32>>,
}

impl Places {
    /// So many places in all, and so many for each source.
    pub(crate) fn new(all_max: usize, each_max: Option<NonZeroU32>) -> Self {
        Self {
            all: Arc::new(Semaphore::new(all_max.min(Semaphore::MAX_PERMITS))),
            sources: Arc::new(Sources {
                each_max,
                counts: Mutex::default(),
            }),
        }
    }

    /// A place for a connection from this address, if there is one.
    pub(crate) fn take(&self, from: IpAddr) -> Option<Place> {
        let permit = Arc::clone(&self.all).try_acquire_owned().ok()?;
        let source = source(from);
        if !self.sources.enter(source) {
            return None;
        }
        metrics::gauge!(metric::CONNECTIONS).increment(1);
        Some(Place {
            source,
            sources: Arc::clone(&self.sources),
            _permit: permit,
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        metrics::gauge!(metric::CONNECTIONS).decrement(1);
        self.sources.leave(self.source);
    }
}

impl Sources {
    fn enter(&self, source: IpAddr) -> bool {
        let Some(each_max) = self.each_max else {
            return true;
        };
        let mut counts = self.lock();
        let count = counts.entry(source).or_default();
        if *count >= each_max.get() {
            return false;
        }
        *count += 1;
        true
    }

    fn leave(&self, source: IpAddr) {
        let mut counts = self.lock();
        if let Some(count) = counts.get_mut(&source) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&source);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<IpAddr, u32>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who counts as one: an IPv4 address, or an IPv6 /64, which is what one customer gets.
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

    fn take(places: &Places, from: &str) -> Option<Place> {
        places.take(from.parse().unwrap())
    }

    #[test]
    fn there_are_so_many_places_in_all() {
        let places = Places::new(2, None);
        let first = take(&places, "10.0.0.1");
        let second = take(&places, "10.0.0.1");
        assert!(first.is_some() && second.is_some());
        assert!(take(&places, "10.0.0.2").is_none());
        drop(first);
        assert!(take(&places, "10.0.0.2").is_some());
    }

    #[test]
    fn there_are_so_many_places_for_a_source() {
        let places = Places::new(100, NonZeroU32::new(1));
        let v4 = take(&places, "10.0.0.1").unwrap();
        assert!(take(&places, "10.0.0.1").is_none());
        assert!(take(&places, "::ffff:10.0.0.1").is_none(), "the same host");
        let v6 = take(&places, "2001:db8::1").unwrap();
        assert!(take(&places, "2001:db8::2").is_none(), "the same /64");
        assert!(take(&places, "2001:db8:0:1::2").is_some());
        drop((v4, v6));
        assert!(take(&places, "10.0.0.1").is_some());
        assert!(places.sources.lock().is_empty(), "nothing is left over");
        assert_eq!(places.all.available_permits(), 100);
    }
}
