//! The circuit breaker of a channel.

use crate::event::DeliveryChanged;
use crate::model::DeliveryState;
use crate::state::Breaker;
use crate::time::Timestamp;
use crate::verdict::{RequestKind, Verdict};

impl Breaker {
    /// Returns the breaker after an attempt. Any final answer closes it.
    #[must_use]
    pub fn after(&self, change: &DeliveryChanged, now: Timestamp) -> Self {
        if change.is_answered() {
            return Self::default();
        }
        // A receipt arrived first: the messenger has the message, so this is no failure.
        if change.state != DeliveryState::Sending {
            return self.clone();
        }
        let since = self.failing_since.unwrap_or(now);
        let failures = self.failures.saturating_add(1);
        let lasted = now.since(since) >= Self::FAILING_MIN;
        let open = self.open || (failures >= Self::FAILURES_MIN && lasted);
        let probes = if self.open {
            self.probes.saturating_add(1)
        } else {
            0
        };
        let next = Self {
            failing_since: Some(since),
            failures,
            open,
            probes,
            not_before: None,
            // A failure in another chat must not shorten the pause.
            paused_until: change.pause_until.max(self.paused_until),
        };
        let probe_at = open.then(|| now.plus(next.pause()));
        Self {
            not_before: probe_at.max(self.not_before),
            ..next
        }
    }

    /// The earliest time of the next attempt.
    pub fn gate(&self) -> Timestamp {
        self.not_before.max(self.paused_until).unwrap_or_default()
    }
}

impl DeliveryChanged {
    /// Whether it is an attempt that the messenger answered for good, so that it is alive.
    pub(in crate::workspace) fn is_answered(&self) -> bool {
        let is_final = |status| Verdict::of(RequestKind::Message, status) != Verdict::Retry;
        self.attempt.is_some() && self.status.is_some_and(is_final)
    }

    /// Whether it only brings the next attempt forward.
    pub(in crate::workspace) fn is_brought_forward(&self) -> bool {
        self.next_attempt_at.is_some() && self.attempt.is_none() && self.reason().is_none()
    }
}
