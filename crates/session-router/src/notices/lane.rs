//! The notices of one channel.

use std::collections::BTreeSet;
use std::time::Duration;

use chat::id::ChannelId;
use chat::model::ChannelStatus;
use chat::state::{Channel, NoticeKind};
use chat::time::Timestamp;
use chat::workspace::Workspace;

use super::NoticeOutcome;
use crate::config::CHANNEL_NOTICES_MAX;

/// How long a channel's notices pause after one failed. The pause doubles with each further failure.
pub(super) const PAUSE_MIN: Duration = Duration::from_millis(500);
/// The longest pause.
pub(super) const PAUSE_MAX: Duration = Duration::from_secs(10);

/// The progress of one channel.
#[derive(Default)]
pub(super) struct Lane {
    /// The first number that was not started.
    next: u64,
    /// Earlier numbers that are due: retried, or no longer held.
    pub(super) due: BTreeSet<u64>,
    /// Notices in a row that failed, and until when the lane pauses for that.
    failures: u32,
    pub(super) paused_until: Option<Timestamp>,
    /// Whether a notice may wait in `retries` of [`super::Notices`] that an answer brings forward.
    pub(super) has_retries: bool,
}

impl Lane {
    /// Whether a notice waits and the lane does not pause.
    pub(super) fn is_ready(&self, channel: &Channel, now: Timestamp) -> bool {
        let waits = self.next < channel.next_notice || !self.due.is_empty();
        waits && self.paused_until.is_none_or(|until| until <= now)
    }

    /// The most notices that may be in flight: after a failure, one probe.
    pub(super) const fn share(&self) -> usize {
        if self.failures > 0 {
            1
        } else {
            CHANNEL_NOTICES_MAX
        }
    }

    /// Counts an answer. After a failure the lane pauses, however many notices wait.
    pub(super) fn ended(&mut self, outcome: &NoticeOutcome, now: Timestamp) {
        if *outcome == NoticeOutcome::Retry {
            let pause = PAUSE_MIN
                .saturating_mul(1 << self.failures.min(5))
                .min(PAUSE_MAX);
            self.failures = self.failures.saturating_add(1);
            self.paused_until = Some(now.plus(pause));
        } else {
            self.failures = 0;
            self.paused_until = None;
        }
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
