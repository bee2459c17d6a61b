//! Limits the number of connections, in total and per source.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::metric;

/// The limits and the current counts.
#[derive(Debug)]
pub(crate) struct ConnectionLimits {
    all: Arc<Semaphore>,
    sources: Arc<Sources>,
}

/// The permit of one connection; dropping it releases the slot.
#[derive(Debug)]
pub(crate) struct ConnectionPermit {
    source: IpAddr,
    sources: Arc<Sources>,
    _permit: OwnedSemaphorePermit,
}

#[derive(Debug)]
struct Sources {
    each_max: Option<NonZeroU32>,
    /// At most one entry per connection. Held for one lookup, never across an await.
    counts: Mutex<BTreeMap<IpAddr, u32>>,
}

impl ConnectionLimits {
    /// Allows `all_max` connections in total and `each_max` per source.
    pub(crate) fn new(all_max: usize, each_max: Option<NonZeroU32>) -> Self {
        Self {
            all: Arc::new(Semaphore::new(all_max.min(Semaphore::MAX_PERMITS))),
            sources: Arc::new(Sources {
                each_max,
                counts: Mutex::default(),
            }),
        }
    }

    /// Returns a permit for a connection from this address unless a limit is reached.
    pub(crate) fn acquire(&self, from: IpAddr) -> Option<ConnectionPermit> {
        let permit = Arc::clone(&self.all).try_acquire_owned().ok()?;
        let source = source(from);
        if !self.sources.enter(source) {
            return None;
        }
        metrics::gauge!(metric::CONNECTIONS).increment(1);
        Some(ConnectionPermit {
            source,
            sources: Arc::clone(&self.sources),
            _permit: permit,
        })
    }
}

impl Drop for ConnectionPermit {
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

    fn acquire(limits: &ConnectionLimits, from: &str) -> Option<ConnectionPermit> {
        limits.acquire(from.parse().unwrap())
    }

    #[test]
    fn connections_are_limited_in_total() {
        let limits = ConnectionLimits::new(2, None);
        let first = acquire(&limits, "10.0.0.1");
        let second = acquire(&limits, "10.0.0.1");
        assert!(first.is_some() && second.is_some());
        assert!(acquire(&limits, "10.0.0.2").is_none());
        drop(first);
        assert!(acquire(&limits, "10.0.0.2").is_some());
    }

    #[test]
    fn connections_are_limited_per_source() {
        let limits = ConnectionLimits::new(100, NonZeroU32::new(1));
        let v4 = acquire(&limits, "10.0.0.1").unwrap();
        assert!(acquire(&limits, "10.0.0.1").is_none());
        assert!(
            acquire(&limits, "::ffff:10.0.0.1").is_none(),
            "the same host"
        );
        let v6 = acquire(&limits, "2001:db8::1").unwrap();
        assert!(acquire(&limits, "2001:db8::2").is_none(), "the same /64");
        assert!(acquire(&limits, "2001:db8:0:1::2").is_some());
        drop((v4, v6));
        assert!(acquire(&limits, "10.0.0.1").is_some());
        assert!(limits.sources.lock().is_empty());
        assert_eq!(limits.all.available_permits(), 100);
    }
}
