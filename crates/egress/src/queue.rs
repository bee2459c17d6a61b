//! The queue of attempts: starts them within the limits of the role and of each host. Pure: time is a
//! parameter.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a request waits to start before the reply is
/// [`EgressBusy`](chat::reason::Reason::EgressBusy). The caller's timeout is this, the attempt's own timeout
/// and some margin, so no attempt starts after its caller has given up.
pub const WAIT_MAX: Duration = Duration::from_secs(2);

/// The waiting requests and the number of running ones.
#[derive(Debug)]
pub(crate) struct AttemptQueue<T> {
    limits: Limits,
    /// In order of arrival.
    waiting: VecDeque<Waiting<T>>,
    /// The number of running attempts per host, without zeros.
    running: BTreeMap<Arc<str>, usize>,
    total: usize,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) running: usize,
    pub(crate) running_per_host: usize,
    pub(crate) waiting: usize,
}

#[derive(Debug)]
struct Waiting<T> {
    host: Arc<str>,
    request: T,
    until: Instant,
}

impl<T> AttemptQueue<T> {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            waiting: VecDeque::new(),
            running: BTreeMap::new(),
            total: 0,
        }
    }

    /// Queues a request, or returns it when the queue is full.
    pub(crate) fn push(&mut self, host: Arc<str>, request: T, now: Instant) -> Result<(), T> {
        // A request that can start at once does not count as waiting.
        if self.waiting.len() >= self.limits.waiting && !self.has_room(&host) {
            return Err(request);
        }
        self.waiting.push_back(Waiting {
            host,
            request,
            until: now + WAIT_MAX,
        });
        Ok(())
    }

    /// Removes the first request that may start and counts it as running until [`end`](Self::end).
    pub(crate) fn start(&mut self) -> Option<(Arc<str>, T)> {
        let first = self.waiting.iter().position(|w| self.has_room(&w.host))?;
        let Waiting { host, request, .. } = self.waiting.remove(first)?;
        *self.running.entry(Arc::clone(&host)).or_default() += 1;
        self.total += 1;
        Some((host, request))
    }

    /// Records that an attempt at this host has ended.
    pub(crate) fn end(&mut self, host: &str) {
        let Some(count) = self.running.get_mut(host) else {
            debug_assert!(false, "an attempt ended that had not started");
            return;
        };
        *count -= 1;
        if *count == 0 {
            self.running.remove(host);
        }
        self.total -= 1;
    }

    /// Removes a request that has waited longer than [`WAIT_MAX`].
    pub(crate) fn pop_expired(&mut self, now: Instant) -> Option<T> {
        if self.waiting.front()?.until > now {
            return None;
        }
        self.waiting.pop_front().map(|first| first.request)
    }

    /// Returns the time until the next request expires.
    pub(crate) fn until_next_expiry(&self, now: Instant) -> Option<Duration> {
        let first = self.waiting.front()?;
        Some(first.until.saturating_duration_since(now))
    }

    /// Removes all waiting requests.
    pub(crate) fn drain(&mut self) -> impl Iterator<Item = T> {
        self.waiting.drain(..).map(|w| w.request)
    }

    fn has_room(&self, host: &str) -> bool {
        let at_host = self.running.get(host).copied().unwrap_or(0);
        self.total < self.limits.running && at_host < self.limits.running_per_host
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        running: 3,
        running_per_host: 2,
        waiting: 2,
    };

    #[expect(
        clippy::disallowed_methods,
        reason = "a test cannot construct an `Instant` otherwise"
    )]
    fn any_instant() -> Instant {
        Instant::now()
    }

    fn started(queue: &mut AttemptQueue<u32>) -> Vec<u32> {
        std::iter::from_fn(|| queue.start())
            .map(|(_, n)| n)
            .collect()
    }

    #[test]
    fn a_slow_host_does_not_delay_another() {
        let (mut queue, now) = (AttemptQueue::new(LIMITS), any_instant());
        for n in [1, 2] {
            queue.push("slow".into(), n, now).unwrap();
        }
        assert_eq!(started(&mut queue), [1, 2]);
        queue.push("slow".into(), 3, now).unwrap();
        queue.push("fast".into(), 4, now).unwrap();
        assert_eq!(started(&mut queue), [4], "the other host passes");
        queue.end("fast");
        assert_eq!(queue.start(), None, "the slow one still has two");
        queue.end("slow");
        assert_eq!(started(&mut queue), [3]);
    }

    #[test]
    fn a_full_queue_rejects_requests_that_cannot_start_at_once() {
        let (mut queue, now) = (AttemptQueue::new(LIMITS), any_instant());
        for n in 1..=4 {
            assert_eq!(queue.push("a".into(), n, now), Ok(()));
            drop(started(&mut queue));
        }
        assert_eq!(queue.push("a".into(), 5, now), Err(5));
        assert_eq!(queue.push("b".into(), 6, now), Ok(()), "there is room at b");
        assert_eq!(started(&mut queue), [6]);
        assert_eq!(queue.push("b".into(), 7, now), Err(7), "three run");
    }

    #[test]
    fn a_request_expires_after_the_maximum_wait() {
        let (mut queue, now) = (AttemptQueue::new(LIMITS), any_instant());
        assert_eq!(queue.until_next_expiry(now), None);
        queue.push("a".into(), 1, now).unwrap();
        let later = now + WAIT_MAX / 4;
        queue.push("a".into(), 2, later).unwrap();
        assert_eq!(queue.until_next_expiry(later), Some(WAIT_MAX * 3 / 4));
        assert_eq!(queue.pop_expired(later), None);
        assert_eq!(queue.pop_expired(now + WAIT_MAX), Some(1));
        assert_eq!(queue.pop_expired(now + WAIT_MAX), None);
        assert_eq!(queue.drain().collect::<Vec<_>>(), [2]);
        assert_eq!(queue.until_next_expiry(later), None);
    }
}
