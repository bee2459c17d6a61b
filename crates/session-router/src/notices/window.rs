//! How many notices of a channel may be in flight: more while its messenger answers quickly, fewer when it
//! does not (additive increase, multiplicative decrease).

use std::time::Duration;

use chat::time::Timestamp;

use crate::slots::{CHANNEL_MAX, FAST_AGE_MAX, FAST_MAX};

/// The smallest window. A messenger far away answers slowly however few requests it gets, and the slots
/// bound those that hang.
const MIN: usize = CHANNEL_MAX;
/// The largest window: a quarter of all young requests.
const MAX: usize = FAST_MAX / 4;

/// The window of one channel.
pub(super) struct Window {
    size: usize,
    /// When it last shrank. What started before belongs to the larger window.
    shrank: Option<Timestamp>,
}

impl Default for Window {
    fn default() -> Self {
        Self {
            size: MIN,
            shrank: None,
        }
    }
}

impl Window {
    /// The most notices in flight, [`MIN`] to [`MAX`].
    pub(super) const fn size(&self) -> usize {
        self.size
    }

    /// Grows by one for a good answer that took less than [`FAST_AGE_MAX`]. Otherwise shrinks to a half,
    /// once for all that were in flight together. `since` is when the notice started; it may have waited
    /// for the log before its attempt.
    pub(super) fn ended(
        &mut self,
        is_good: bool,
        took: Duration,
        (since, now): (Timestamp, Timestamp),
    ) {
        if is_good && took < FAST_AGE_MAX {
            self.size = (self.size + 1).min(MAX);
        } else if self.shrank.is_none_or(|shrank| since >= shrank) {
            self.size = (self.size / 2).max(MIN);
            self.shrank = Some(now);
        }
    }

    /// Moves the time along when the clock jumped.
    pub(super) fn shift(&mut self, by_ms: i64) {
        self.shrank = self.shrank.map(|shrank| shrank.shifted(by_ms));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUICK: Duration = Duration::from_millis(1);

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_micros(ms * 1_000)
    }

    /// A window that has grown to its limit.
    fn full() -> Window {
        let mut window = Window::default();
        for _ in MIN..MAX {
            window.ended(true, QUICK, (at(0), at(1)));
        }
        assert_eq!(window.size(), MAX);
        window
    }

    #[test]
    fn a_window_grows_with_quick_answers_up_to_the_limit() {
        let mut window = Window::default();
        assert_eq!(window.size(), MIN);
        window.ended(true, QUICK, (at(0), at(900)));
        assert_eq!(window.size(), MIN + 1, "the attempt itself was quick");
        let mut window = full();
        window.ended(true, QUICK, (at(0), at(1)));
        assert_eq!(window.size(), MAX);
    }

    #[test]
    fn a_window_shrinks_once_for_all_that_were_in_flight_together() {
        for (is_good, took) in [(true, FAST_AGE_MAX), (false, QUICK)] {
            let mut window = full();
            for _ in 0..MAX {
                window.ended(is_good, took, (at(0), at(30)));
            }
            assert_eq!(window.size(), MAX / 2);
            for start in [30, 100, 200] {
                window.ended(is_good, took, (at(start), at(start + 30)));
            }
            assert_eq!(window.size(), MIN);
        }
    }
}
