//! Deliveries of outbound messages.

use std::sync::Arc;

use chat::event::{DeliveryChanged, Event};
use chat::id::MessageId;
use chat::model::DeliveryState;
use chat::reason::Reason;
use chat::record::{Record, Stream};
use chat::state::Message;
use chat::time::Timestamp;
use chat::workspace::{Wait, Workspace};
use serde_json::Value;

use crate::sealed_log::SealedLog;
use crate::view::object::Object;

/// What a pending delivery waits for.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    wait: Wait,
    /// The first delivery of its lane, if that is another one.
    head: Option<Box<DeliverySnapshot>>,
}

impl Waiting {
    pub(crate) fn of(workspace: &Workspace, id: MessageId) -> Option<Self> {
        let wait = workspace.wait(id)?;
        let head = wait.behind.and_then(|first| {
            let (_, message) = workspace.message(first)?;
            DeliverySnapshot::of(message, Self::of(workspace, first), None)
        });
        let head = head.map(Box::new);
        Some(Self { wait, head })
    }
}

/// Whether an attempt started and did not end.
fn is_running(change: Option<&DeliveryChanged>) -> bool {
    change.is_some_and(|e| e.state == DeliveryState::Sending && e.next_attempt_at.is_none())
}

/// A copy of a delivery, with the position of its last change.
#[derive(Clone, Debug)]
pub(crate) struct DeliverySnapshot {
    state: DeliveryState,
    attempts: u32,
    delivered_at: Option<Timestamp>,
    /// What it waits for now.
    waiting: Option<Waiting>,
    /// The position of the last change; 0 if there was none.
    changed: u64,
    /// The number of the contact's key.
    key: Option<u32>,
}

impl DeliverySnapshot {
    /// The delivery of a message. `None` if the message is not outbound.
    pub(crate) fn of(
        message: &Message,
        waiting: Option<Waiting>,
        key: Option<u32>,
    ) -> Option<Self> {
        Some(Self {
            state: message.state?,
            attempts: message.attempts,
            delivered_at: message.extra().delivered_at,
            waiting,
            changed: message.delivery_at,
            key,
        })
    }

    /// The delivery right after a change, whatever came later.
    pub(crate) fn after(workspace: &Workspace, change: &DeliveryChanged, record: &Record) -> Self {
        let now = || {
            workspace
                .message(change.message)
                .map(|(_, message)| message)
        };
        let delivered_at = match change.state {
            DeliveryState::Delivered => Some(record.time),
            DeliveryState::Read => now().and_then(|m| m.extra().delivered_at),
            DeliveryState::Queued
            | DeliveryState::Sending
            | DeliveryState::Accepted
            | DeliveryState::Failed
            | DeliveryState::Expired => None,
        };
        Self {
            state: change.state,
            attempts: change.attempts,
            delivered_at,
            waiting: None,
            changed: record.position,
            key: workspace.key_of(&record.stream, &record.event),
        }
    }

    /// The object `delivery`.
    pub(crate) fn object(&self, sealed_log: &SealedLog) -> Value {
        let record = self.record(sealed_log);
        let change = record.as_ref().and_then(|record| {
            let Event::DeliveryChanged(e) = &record.event else {
                return None;
            };
            Some((e, record))
        });
        let ended = self.state == DeliveryState::Failed
            && change.is_none_or(|(e, _)| e.state != self.state);
        let time = change.map(|(_, record)| record.time);
        let change = change.filter(|(e, _)| e.state == self.state);
        let reason = change.and_then(|(e, record)| self.reason(e, &record.stream, sealed_log));
        let said = change.map(|(e, _)| e);
        let waiting = self.waiting.as_ref().filter(|_| !is_running(said));
        let reason = reason.or_else(|| waiting?.wait.reason.clone());
        // A session that ends with its channel or contact has no event for each of its messages.
        let reason = reason.or_else(|| ended.then_some(Reason::RecipientGone));
        Object::new()
            .with("state", self.state)
            .with("attempts", self.attempts)
            .with_some("nextAttemptAt", self.next_attempt(said, sealed_log))
            .with_some("reason", reason.map(|reason| reason.object()))
            .with_some("status", said.and_then(|e| e.status))
            .with_some("deliveredAt", self.delivered_at)
            .with_some("readAt", time.filter(|_| self.state == DeliveryState::Read))
            .value()
    }

    fn record(&self, sealed_log: &SealedLog) -> Option<Arc<Record>> {
        (self.changed > 0).then(|| sealed_log.record(self.changed))?
    }

    /// When it is attempted next; `None` while that depends on something else.
    fn next_attempt(
        &self,
        change: Option<&DeliveryChanged>,
        sealed_log: &SealedLog,
    ) -> Option<Timestamp> {
        let scheduled = change.and_then(|e| e.next_attempt_at);
        let Some(Waiting { wait, head }) = &self.waiting else {
            return scheduled;
        };
        if let Some(head) = head {
            let record = head.record(sealed_log);
            let change = record.as_ref().and_then(|record| {
                let Event::DeliveryChanged(e) = &record.event else {
                    return None;
                };
                Some(e)
            });
            return head.next_attempt(change, sealed_log);
        }
        let is_held = wait.reason.is_some() && !is_running(change);
        wait.at.filter(|_| scheduled.is_some() || is_held)
    }

    /// The cause of a change. What the messenger reported is erased with the contact's data; older
    /// events have it in clear.
    fn reason(
        &self,
        change: &DeliveryChanged,
        stream: &Stream,
        sealed_log: &SealedLog,
    ) -> Option<Reason> {
        let key = self
            .key
            .filter(|key| sealed_log.keyring.get(*key).is_some());
        let Some(report) = &change.report else {
            let reason = change.reason();
            let is_report = matches!(reason, Some(Reason::ReportedByMessenger { .. }));
            return if is_report && key.is_none() {
                Some(Reason::ReportErased)
            } else {
                reason
            };
        };
        let detail = key.and_then(|key| sealed_log.open(report, key, stream));
        Some(
            detail.map_or(Reason::ReportErased, |detail| Reason::ReportedByMessenger {
                detail,
            }),
        )
    }
}
