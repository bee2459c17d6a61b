//! Sends notifications to egress, many in one message.

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::JobResult;
use crate::egress::Egress;
use crate::notices::Notification;

/// The most notifications that go to egress in one message. With the longest ids, codes and URLs that is
/// half of what NATS allows.
const TOGETHER_MAX: usize = 64;

/// Sends what the loop starts until its sender is dropped, and returns the results to the loop. What
/// several turns of the loop started, or one frame released, goes together.
pub(super) async fn run(
    mut started: mpsc::Receiver<Vec<Notification>>,
    egress: Egress,
    results: mpsc::Sender<JobResult>,
) {
    let mut in_flight = JoinSet::new();
    let mut parts = Vec::new();
    while started.recv_many(&mut parts, TOGETHER_MAX).await > 0 {
        while in_flight.try_join_next().is_some() {}
        // A frame releases its parts one after the other.
        tokio::task::yield_now().await;
        while let Ok(part) = started.try_recv() {
            parts.push(part);
        }
        let mut together: Vec<Notification> = parts.drain(..).flatten().collect();
        while !together.is_empty() {
            let rest = together.split_off(together.len().min(TOGETHER_MAX));
            let now = std::mem::replace(&mut together, rest);
            in_flight.spawn(exchange(now, egress.clone(), results.clone()));
        }
    }
    while in_flight.join_next().await.is_some() {}
}

async fn exchange(
    notifications: Vec<Notification>,
    egress: Egress,
    results: mpsc::Sender<JobResult>,
) {
    let ended = |answers| {
        let results = results.clone();
        // This fails once the loop has ended; the next start sends the notices again.
        async move { drop(results.send(JobResult::Notified(answers)).await) }
    };
    egress
        .attempt_all(notifications, |notification| &notification.request, ended)
        .await;
}
