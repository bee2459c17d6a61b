//! Limits, the settings that decisions depend on, and the retry schedule.

use std::time::Duration;

use crate::chance::Chance;
use crate::signature::TOLERANCE;
use crate::time::Timestamp;

/// The jitter of an attempt: the largest relative deviation from the schedule, either way.
pub const JITTER: f64 = 0.2;
/// The number of characters kept of an answer, to show an administrator the cause of a failure.
pub const ANSWER_CHARS_MAX: usize = 256;
/// The age at which a profile is requested again.
pub const PROFILE_AGE_MAX: Duration = Duration::from_hours(24);
/// How long after a profile was requested in vain it is requested again, at the person's next message:
/// after one request, after two in a row, and so on; then [`PROFILE_AGE_MAX`].
pub const PROFILE_PAUSES: [Duration; 7] = [
    Duration::ZERO,
    Duration::from_secs(10),
    Duration::from_mins(1),
    Duration::from_mins(5),
    Duration::from_mins(30),
    Duration::from_hours(3),
    Duration::from_hours(12),
];
/// How long a replaced code stays valid by default.
pub const ROTATION_OVERLAP: Duration = Duration::from_hours(24);
/// The longest that a replaced code may stay valid.
pub const ROTATION_OVERLAP_MAX: Duration = Duration::from_hours(30 * 24);
/// The queued notices of one channel from which on its new messages are rejected, as long as its
/// messenger answers.
pub const NOTICES_FULL: usize = 100_000;
/// The most queued notices of one channel; beyond it the oldest are dropped. While messages are rejected
/// only operators add notices.
pub const NOTICES_MAX: usize = NOTICES_FULL + 10_000;
/// The most parked edits of one channel. Beyond it new ones are rejected, unless one is old enough to
/// be dropped.
pub const PARKED_MAX: u32 = 1_000;
/// How long an edit waits for its message at least. A message that its edit overtook arrives sooner.
/// Longer would hold up a messenger that deletes thousands of messages from before it was connected.
pub const PARKED_AGE_MIN: Duration = Duration::from_mins(1);
/// How long a signed request may be repeated: its timestamp may be this far ahead and behind
/// ([`TOLERANCE`]).
pub const REQUEST_AGE_MAX: Duration = TOLERANCE.saturating_mul(2);
/// The most signed requests of one channel that may be repeated. The default rate of a channel,
/// 200 a second, would reach it after eight minutes of nothing but receipts and edits.
pub const REQUESTS_MAX: usize = 100_000;
/// The most chats of a contact that are known besides those of the contact's own sessions, and that
/// are named when it is not clear which one is meant.
pub const CHATS_MAX: usize = 20;
/// The most members, canned replies or channels of one live chat, and users of a workspace.
pub const LIST_MAX: usize = 1_000;
/// The most API tokens of one user.
pub const TOKENS_MAX: usize = 16;
/// The name of an API token that was issued without one.
pub const TOKEN_NAME: &str = "API token";
/// A use of an API token is not recorded within this time after a recorded one. A day is enough to
/// tell which tokens are in use, and limits the log to one event per token and day, however often a
/// program signs in.
pub const TOKEN_USE_INTERVAL: Duration = Duration::from_hours(24);
/// The longest confirmation code, in bytes.
pub const CODE_BYTES_MAX: usize = 1_024;
/// The longest shortcut of a canned reply, in characters.
pub const SHORTCUT_CHARS_MAX: usize = 32;
/// The longest text to search for, in characters.
pub const SEARCH_CHARS_MAX: usize = 255;
/// The most outbound messages of one chat that may wait for delivery.
pub const LANE_MAX: usize = 1_000;

/// The settings that decisions depend on.
#[derive(Clone, Debug, PartialEq)]
pub struct Rules {
    /// The offset of each attempt from the first, starting with 0. After the last, the last interval
    /// repeats.
    pub schedule: Vec<Duration>,
    /// How long a message may wait for its delivery.
    pub time_to_live: Duration,
    /// [`NOTICES_FULL`].
    pub notices_full: usize,
    /// The longest `Retry-After` that is honoured.
    pub retry_after_max: Duration,
}

impl Rules {
    /// Attempts at 0, 1 s, 5 s, 15 s, 1 min, 5 min, 15 min, 1 h, 3 h, 6 h, 12 h; 24 h to live; pauses of up to
    /// 15 min.
    pub fn standard() -> Self {
        let schedule = [0, 1, 5, 15, 60, 300, 900, 3_600, 10_800, 21_600, 43_200];
        Self {
            schedule: schedule.map(Duration::from_secs).to_vec(),
            time_to_live: Duration::from_hours(24),
            notices_full: NOTICES_FULL,
            retry_after_max: Duration::from_mins(15),
        }
    }

    /// The time of the next attempt after `tries` attempts since `first`. Jitter keeps messages that
    /// failed together from being retried together.
    pub fn next_attempt(&self, tries: u32, first: Timestamp, chance: &mut Chance) -> Timestamp {
        let tries = usize::try_from(tries).unwrap_or(usize::MAX);
        let offset = self
            .schedule
            .get(tries)
            .copied()
            .unwrap_or_else(|| self.beyond(tries));
        first.plus(offset.mul_f64(1.0 + JITTER * (2.0 * chance.fraction() - 1.0)))
    }

    /// The shortest time between an attempt and the next one at the same message.
    pub fn pause_min(&self) -> Duration {
        self.schedule.get(1).copied().unwrap_or_default() / 2
    }

    /// The offset of an attempt after the end of the schedule.
    fn beyond(&self, tries: usize) -> Duration {
        let last = self.schedule.last().copied().unwrap_or_default();
        let before = self
            .schedule
            .iter()
            .rev()
            .nth(1)
            .copied()
            .unwrap_or_default();
        let gap = last.saturating_sub(before).max(Duration::from_secs(1));
        let more = (tries + 1).saturating_sub(self.schedule.len());
        last + gap.saturating_mul(u32::try_from(more).unwrap_or(u32::MAX))
    }
}

/// Returns whether a confirmation code that expires at `until` is valid.
pub fn is_code_valid(until: Option<Timestamp>, now: Timestamp) -> bool {
    until.is_none_or(|until| now < until)
}

#[cfg(test)]
mod tests;
