//! The rate limits of the channels.

use chat::id::ChannelId;
use governor::clock::{Clock, DefaultClock};
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};

use crate::config::Rate;
use crate::request_error::RequestError;

/// One token bucket per verified channel, so there are at most as many as channels exist.
/// [`evict_idle`](Self::evict_idle) drops idle ones.
pub(crate) struct Rates<C: Clock = DefaultClock> {
    limiter: Option<Limiter<C>>,
}

/// A limiter and its clock.
struct Limiter<C: Clock> {
    buckets:
        RateLimiter<ChannelId, DefaultKeyedStateStore<ChannelId>, C, NoOpMiddleware<C::Instant>>,
    clock: C,
}

impl<C: Clock + Clone> Rates<C> {
    /// Returns the limits, or none without a rate.
    pub(crate) fn new(rate: Option<Rate>, clock: C) -> Self {
        let limiter = rate.map(|rate| {
            let quota = Quota::per_second(rate.per_second).allow_burst(rate.burst);
            Limiter {
                buckets: RateLimiter::new(quota, DefaultKeyedStateStore::default(), clock.clone()),
                clock,
            }
        });
        Self { limiter }
    }

    /// Admits one request of a channel, or returns when to retry.
    pub(crate) fn admit(&self, channel: ChannelId) -> Result<(), RequestError> {
        let Some(limiter) = &self.limiter else {
            return Ok(());
        };
        limiter.buckets.check_key(&channel).map_err(|not_until| {
            let wait = not_until.wait_time_from(limiter.clock.now());
            let whole = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            RequestError::RateLimited {
                retry_after_secs: whole.max(1),
            }
        })
    }

    /// Drops the buckets that have refilled.
    pub(crate) fn evict_idle(&self) {
        if let Some(limiter) = &self.limiter {
            limiter.buckets.retain_recent();
            limiter.buckets.shrink_to_fit();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;
    use std::time::Duration;

    use governor::clock::FakeRelativeClock;

    use super::*;

    fn channel(byte: u8) -> ChannelId {
        ChannelId::from_bytes([byte; 16])
    }

    fn rates(per_second: u32, burst: u32) -> (Rates<FakeRelativeClock>, FakeRelativeClock) {
        let clock = FakeRelativeClock::default();
        let rate = Rate {
            per_second: NonZeroU32::new(per_second).unwrap(),
            burst: NonZeroU32::new(burst).unwrap(),
        };
        (Rates::new(Some(rate), clock.clone()), clock)
    }

    fn retry_after(rates: &Rates<FakeRelativeClock>, channel: ChannelId) -> Option<u64> {
        match rates.admit(channel) {
            Ok(()) => None,
            Err(RequestError::RateLimited { retry_after_secs }) => Some(retry_after_secs),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn a_burst_is_admitted_and_then_the_rate() {
        let (rates, clock) = rates(2, 3);
        for _ in 0..3 {
            assert_eq!(retry_after(&rates, channel(1)), None);
        }
        assert_eq!(retry_after(&rates, channel(1)), Some(1));
        assert_eq!(retry_after(&rates, channel(2)), None, "another channel");
        clock.advance(Duration::from_millis(500));
        assert_eq!(retry_after(&rates, channel(1)), None);
        assert_eq!(retry_after(&rates, channel(1)), Some(1));
    }

    #[test]
    fn idle_channels_are_evicted() {
        let (rates, clock) = rates(2, 3);
        assert_eq!(retry_after(&rates, channel(1)), None);
        clock.advance(Duration::from_mins(1));
        rates.evict_idle();
        assert!(rates.limiter.as_ref().unwrap().buckets.is_empty());
    }

    #[test]
    fn without_a_rate_everything_is_admitted() {
        let rates = Rates::new(None, FakeRelativeClock::default());
        for _ in 0..10_000 {
            assert_eq!(retry_after(&rates, channel(1)), None);
        }
    }
}
