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
        let is_final = |status| Verdict::of(RequestKind::Message, status) != Verdict::Retry;
        if change.status.is_some_and(is_final) {
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
        };
        // A failure in another chat must not shorten a `Retry-After` pause.
        let pause = self.not_before.filter(|until| *until > now);
        let probe_at = open.then(|| now.plus(next.pause()));
        Self {
            not_before: probe_at.max(change.pause_until).max(pause),
            ..next
        }
    }
}
