//! The notices of one channel.

use std::collections::BTreeSet;
use std::time::Duration;

use chat::id::ChannelId;
use chat::model::ChannelStatus;
use chat::state::{Channel, NoticeKind};
use chat::time::Timestamp;
use chat::workspace::Workspace;

use super::NoticeOutcome;
use super::window::Window;

/// The failures in a row after which a channel's notices pause: one may be the fault of the notice, or of a
/// connection, and must not hold up the others.
pub(super) const FAILURES_MIN: u32 = 4;
/// How long a channel's notices pause then. The pause doubles with each further failure.
pub(super) const PAUSE_MIN: Duration = Duration::from_millis(500);
/// The longest pause.
pub(super) const PAUSE_MAX: Duration = Duration::from_secs(10);
/// A messenger to which every notice failed for this time is considered away.
const AWAY_AFTER: Duration = Duration::from_mins(1);

/// The progress of one channel.
#[derive(Default)]
pub(super) struct Lane {
    /// The first number that was not started.
    next: u64,
    /// Earlier numbers that are due: retried, or no longer held.
    pub(super) due: BTreeSet<u64>,
    /// How many may be in flight.
    window: Window,
    /// Notices in a row that failed, and since when.
    failures: u32,
    failing_since: Option<Timestamp>,
    /// The pauses since the last answer, and the end of the last one.
    pauses: u32,
    paused_until: Option<Timestamp>,
    /// The notices that wait for a retry, each with the time from which on an answer to another notice
    /// brings it forward.
    pub(super) retries: BTreeSet<(Timestamp, u64)>,
}

impl Lane {
    /// Whether a notice waits and the lane does not pause.
    pub(super) fn is_ready(&self, channel: &Channel, now: Timestamp) -> bool {
        let waits = self.next < channel.next_notice || !self.due.is_empty();
        waits && self.resumes_at(now).is_none()
    }

    /// The most notices that may be in flight: after failures, one probe.
    pub(super) const fn share(&self) -> usize {
        if self.failures >= FAILURES_MIN {
            1
        } else {
            self.window.size()
        }
    }

    /// The end of the pause, if the lane pauses.
    pub(super) fn resumes_at(&self, now: Timestamp) -> Option<Timestamp> {
        self.paused_until.filter(|until| *until > now)
    }

    /// Whether no notice was answered for [`AWAY_AFTER`].
    pub(super) fn is_away(&self, now: Timestamp) -> bool {
        let long = |since| now.since(since) >= AWAY_AFTER;
        self.failures >= FAILURES_MIN && self.failing_since.is_some_and(long)
    }

    /// Counts the answer to a notice, which took `took` and started at the first of the times. After
    /// [`FAILURES_MIN`] failures in a row the lane pauses, however many notices wait.
    pub(super) fn ended(
        &mut self,
        outcome: &NoticeOutcome,
        took: Duration,
        (since, now): (Timestamp, Timestamp),
    ) {
        let is_good = *outcome != NoticeOutcome::Retry;
        self.window.ended(is_good, took, (since, now));
        if is_good {
            (self.failures, self.failing_since) = (0, None);
            (self.pauses, self.paused_until) = (0, None);
            return;
        }
        self.failures = self.failures.saturating_add(1);
        self.failing_since.get_or_insert(now);
        // Those that were in flight together count as one.
        if self.failures >= FAILURES_MIN && self.resumes_at(now).is_none() {
            let pause = PAUSE_MIN.saturating_mul(1 << self.pauses.min(5));
            self.pauses = self.pauses.saturating_add(1);
            self.paused_until = Some(now.plus(pause.min(PAUSE_MAX)));
        }
    }

    /// Moves the times along when the clock jumped.
    pub(super) fn shift(&mut self, by_ms: i64) {
        self.window.shift(by_ms);
        self.failing_since = self.failing_since.map(|since| since.shifted(by_ms));
        self.paused_until = self.paused_until.map(|until| until.shifted(by_ms));
        let retries = std::mem::take(&mut self.retries).into_iter();
        self.retries = retries
            .map(|(from, number)| (from.shifted(by_ms), number))
            .collect();
    }

    /// Takes the next number: earlier ones first, then new ones. While the channel is not active, only
    /// `disconnect` is sent.
    pub(super) fn take(
        &mut self,
        workspace: &Workspace,
        id: ChannelId,
        channel: &Channel,
    ) -> Option<u64> {
        if channel.status != ChannelStatus::Active {
            let is_disconnect = |number: &u64| {
                workspace
                    .notices
                    .get(&(id, *number))
                    .is_some_and(|n| n.kind == NoticeKind::Disconnect)
            };
            let number = self.due.iter().copied().find(is_disconnect)?;
            self.due.remove(&number);
            return Some(number);
        }
        // Messages probe the messenger; without any, notices do.
        if channel.breaker.open && channel.pending > 0 {
            return None;
        }
        while let Some(number) = self.due.pop_first() {
            // A forced notice from `next` on is found below, so that it is not returned twice.
            if number < self.next {
                return Some(number);
            }
        }
        let ((_, number), _) = workspace
            .notices
            .range((id, self.next)..=(id, u64::MAX))
            .next()?;
        self.next = number + 1;
        Some(*number)
    }
}
