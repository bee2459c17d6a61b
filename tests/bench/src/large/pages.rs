//! What an operator waits for on a large log: pages of the history, and messages to the messenger.

use std::time::Duration;

use chat::id::SessionId;
use serde_json::json;

use crate::broker::{Broker, User};
use crate::deliveries;
use crate::figures::{percentiles, row};
use crate::webhook::Webhook;

/// The number of pages that are read again and again, and how often.
const WARM_PAGES: u64 = 100;
const WARM_ROUNDS: u64 = 20;
/// The cache is dropped before this many pages.
const COLD_BATCH: usize = 10;
/// Reads one page of each of these sessions, which nobody has read since the broker started. The
/// page cache of the operating system is empty before each batch; the caches of the broker have what
/// its start and the earlier pages left there.
pub(super) async fn read_cold(olga: &User, broker: &Broker, sessions: &[SessionId], events: u64) {
    let (data, cpu) = (broker.data(), broker.tree().cpu());
    let mut millis = Vec::new();
    for (batch, sessions) in (0_u64..).zip(sessions.chunks(COLD_BATCH)) {
        super::disk::drop_cache(&data);
        for (nth, session) in (0_u64..).zip(sessions) {
            let number = batch * COLD_BATCH as u64 + nth;
            millis.push(read(olga, *session, position(number, events)).await);
        }
    }
    let cpu = broker.tree().cpu().saturating_sub(cpu);
    let count = millis.len();
    percentiles("history page of 50, cold", millis, 15.0);
    each_page(cpu, count);
}

/// Reads the same pages several times; the first round does not count.
pub(super) async fn read_warm(olga: &User, broker: &Broker, sessions: &[SessionId], events: u64) {
    let cpu = broker.tree().cpu();
    let mut millis = Vec::new();
    for round in 0..=WARM_ROUNDS {
        for page in 0..WARM_PAGES {
            let session = sessions[usize::try_from(page).unwrap() % sessions.len()];
            let took = read(olga, session, position(page, events)).await;
            if round > 0 {
                millis.push(took);
            }
        }
    }
    let cpu = broker.tree().cpu().saturating_sub(cpu);
    percentiles("history page of 50, warm", millis, 5.0);
    each_page(
        cpu,
        usize::try_from(WARM_PAGES * (WARM_ROUNDS + 1)).unwrap(),
    );
}

/// Prints the CPU time of the broker for one page, its rendering and NATS included.
fn each_page(cpu: Duration, pages: usize) {
    let each = cpu.as_secs_f64() * 1e3 / pages as f64;
    row("CPU of such a page", each, "ms", None);
}

/// A position in the second half of the log, before which every long session has a page.
const fn position(number: u64, events: u64) -> u64 {
    events / 2 + number * 1_000_003 % (events / 2)
}

/// Reads a page. Returns the time in milliseconds.
async fn read(olga: &User, session: SessionId, before: u64) -> f64 {
    let args = json!({ "session": session, "before": before, "limit": 50 });
    let (answer, start) = olga.timed("sessions.history", &args).await;
    let took = start.elapsed();
    assert_eq!(
        answer["messages"].as_array().map(Vec::len),
        Some(50),
        "{answer}"
    );
    took.as_secs_f64() * 1e3
}

/// Sends messages one by one, and waits until the messenger has received each.
pub(super) async fn send(olga: &User, session: SessionId, webhook: &mut Webhook) {
    olga.call("sessions.take", &json!({ "session": session }))
        .await;
    let millis = deliveries::one_by_one(olga, &session.to_string(), webhook).await;
    percentiles("operator's send to webhook", millis, 10.0);
}
