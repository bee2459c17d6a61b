//! The clock of the role. Only the loop reads it; below it time is a parameter.

use std::time::{Duration, Instant};

pub(crate) use bus::clock::now;
use chat::time::Timestamp;

/// The smallest deviation from the monotonic clock that counts as a jump. Corrections by NTP that are
/// smaller, and pauses between two readings, change no schedule noticeably.
pub(crate) const JUMP_MIN: Duration = Duration::from_secs(2);

/// The clock, which finds out when the time of day jumps: someone set it, or the machine was suspended.
#[derive(Debug)]
pub(crate) struct Clock {
    /// The last reading of both clocks.
    last: (Timestamp, Instant),
}

/// A reading of the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reading {
    /// The time of day.
    pub(crate) now: Timestamp,
    /// By how much it jumped since the last reading, in milliseconds.
    pub(crate) jumped_ms: Option<i64>,
}

impl Clock {
    pub(crate) fn new() -> Self {
        Self {
            last: (now(), bus::clock::instant()),
        }
    }

    pub(crate) fn read(&mut self) -> Reading {
        self.observe(now(), bus::clock::instant())
    }

    /// Compares the time that passed on both clocks.
    fn observe(&mut self, now: Timestamp, instant: Instant) -> Reading {
        let (before, since) = self.last;
        self.last = (now, instant);
        let passed = instant.saturating_duration_since(since);
        let jumped_ms = now.ms_since(before.plus(passed));
        Reading {
            now,
            jumped_ms: is_jump(jumped_ms).then_some(jumped_ms),
        }
    }
}

/// Whether a deviation is too large to be ignored.
pub(crate) fn is_jump(by_ms: i64) -> bool {
    u128::from(by_ms.unsigned_abs()) >= JUMP_MIN.as_millis()
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_micros(1_795_341_600_000_000);

    /// Reads a clock of which this many seconds have passed while the time of day went on by others.
    #[track_caller]
    fn check(readings: &[(u64, i64, Option<i64>)]) {
        let start = bus::clock::instant();
        let mut clock = Clock {
            last: (START, start),
        };
        for (seconds, time_ms, jumped_ms) in readings {
            let now = START.shifted(*time_ms);
            let reading = clock.observe(now, start + Duration::from_secs(*seconds));
            let expected = Reading {
                now,
                jumped_ms: *jumped_ms,
            };
            assert_eq!(reading, expected, "after {seconds} s");
        }
    }

    #[test]
    fn a_clock_that_runs_does_not_jump() {
        check(&[
            (1, 1_000, None),
            (2, 2_001, None),
            (86_402, 86_402_000, None),
        ]);
    }

    #[test]
    fn a_small_correction_is_no_jump() {
        check(&[(1, 2_999, None), (2, 2_500, None), (3, 1_600, None)]);
    }

    #[test]
    fn a_clock_that_is_set_jumps_once() {
        let hour = 3_600_000;
        check(&[
            (1, 1_000 - 3 * hour, Some(-3 * hour)),
            (2, 2_000 - 3 * hour, None),
        ]);
        check(&[
            (10, 10_000 + 120 * hour, Some(120 * hour)),
            (20, 20_000 + 120 * hour, None),
            (21, 21_000, Some(-120 * hour)),
            (22, 22_000, None),
        ]);
        check(&[(1, 3_000, Some(2_000)), (2, 2_000, Some(-2_000))]);
    }

    #[test]
    fn a_time_before_1970_is_a_jump_like_any_other() {
        check(&[(1, -START.as_millis(), Some(-START.as_millis() - 1_000))]);
    }
}
