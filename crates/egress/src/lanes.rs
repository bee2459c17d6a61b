//! Who may start: the bounds of the whole role and of each host, and the line of those who wait.
//! Pure: time is a parameter.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

/// How long a request waits for its turn; then it is answered with
/// [`EgressBusy`](chat::reason::Reason::EgressBusy). Who asks waits for this long, the attempt's own
/// bound and a little for the way: so no attempt starts after its asker has given up.
pub const WAIT_MAX: Duration = Duration::from_secs(2);

/// The requests of one role.
#[derive(Debug)]
pub(crate) struct Lanes<T> {
    limits: Limits,
    /// In the order in which they came.
    waiting: VecDeque<Waiting<T>>,
    /// How many run at each host; hosts without any are not in it.
    running: BTreeMap<String, usize>,
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
    host: String,
    request: T,
    until: Instant,
}

impl<T> Lanes<T> {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            waiting: VecDeque::new(),
            running: BTreeMap::new(),
            total: 0,
        }
    }

    /// Takes in a request, or gives it back when too many wait.
    pub(crate) fn push(&mut self, host: String, request: T, now: Instant) -> Result<(), T> {
        // Who can start at once needs no place in the line.
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

    /// The first request that may start, which now runs at its host until [`end`](Self::end).
    pub(crate) fn start(&mut self) -> Option<(String, T)> {
        let first = self.waiting.iter().position(|w| self.has_room(&w.host))?;
        let Waiting { host, request, .. } = self.waiting.remove(first)?;
        *self.running.entry(host.clone()).or_default() += 1;
        self.total += 1;
        Some((host, request))
    }

    /// One at this host has ended.
    pub(crate) fn end(&mut self, host: &str) {
        let Some(count) = self.running.get_mut(host) else {
            debug_assert!(false, "what ends has been started");
            return;
        };
        *count -= 1;
        if *count == 0 {
            self.running.remove(host);
        }
        self.total -= 1;
    }

    /// A request that has waited for too long.
    pub(crate) fn expired(&mut self, now: Instant) -> Option<T> {
        if self.waiting.front()?.until > now {
            return None;
        }
        self.waiting.pop_front().map(|first| first.request)
    }

    /// How long until somebody has waited for too long.
    pub(crate) fn patience(&self, now: Instant) -> Option<Duration> {
        let first = self.waiting.front()?;
        Some(first.until.saturating_duration_since(now))
    }

    /// Everyone who waits, for none of them will start any more.
    pub(crate) fn dismiss(&mut self) -> impl Iterator<Item = T> {
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
        reason = "there is no other way to make an instant"
    )]
    fn start_of_time() -> Instant {
        Instant::now()
    }

    fn started(lanes: &mut Lanes<u32>) -> Vec<u32> {
        std::iter::from_fn(|| lanes.start())
            .map(|(_, n)| n)
            .collect()
    }

    #[test]
    fn a_host_that_hangs_does_not_hold_up_another() {
        let (mut lanes, now) = (Lanes::new(LIMITS), start_of_time());
        for n in [1, 2] {
            lanes.push("slow".to_owned(), n, now).unwrap();
        }
        assert_eq!(started(&mut lanes), [1, 2]);
        lanes.push("slow".to_owned(), 3, now).unwrap();
        lanes.push("fast".to_owned(), 4, now).unwrap();
        assert_eq!(started(&mut lanes), [4], "the other host passes");
        lanes.end("fast");
        assert_eq!(lanes.start(), None, "the slow one still has two");
        lanes.end("slow");
        assert_eq!(started(&mut lanes), [3]);
    }

    #[test]
    fn who_finds_the_line_full_is_turned_away_unless_there_is_room() {
        let (mut lanes, now) = (Lanes::new(LIMITS), start_of_time());
        for n in 1..=4 {
            assert_eq!(lanes.push("a".to_owned(), n, now), Ok(()));
            drop(started(&mut lanes));
        }
        assert_eq!(lanes.push("a".to_owned(), 5, now), Err(5));
        assert_eq!(
            lanes.push("b".to_owned(), 6, now),
            Ok(()),
            "there is room at b"
        );
        assert_eq!(started(&mut lanes), [6]);
        assert_eq!(lanes.push("b".to_owned(), 7, now), Err(7), "three run");
    }

    #[test]
    fn nobody_waits_for_longer_than_agreed() {
        let (mut lanes, now) = (Lanes::new(LIMITS), start_of_time());
        assert_eq!(lanes.patience(now), None);
        lanes.push("a".to_owned(), 1, now).unwrap();
        let later = now + WAIT_MAX / 4;
        lanes.push("a".to_owned(), 2, later).unwrap();
        assert_eq!(lanes.patience(later), Some(WAIT_MAX * 3 / 4));
        assert_eq!(lanes.expired(later), None);
        assert_eq!(lanes.expired(now + WAIT_MAX), Some(1));
        assert_eq!(lanes.expired(now + WAIT_MAX), None);
        assert_eq!(lanes.dismiss().collect::<Vec<_>>(), [2]);
        assert_eq!(lanes.patience(later), None);
    }
}
