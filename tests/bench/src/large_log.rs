//! Measures a broker on a large log: start, rebuild of projections, memory, history pages, and the
//! time from an operator's message to the messenger.

use std::time::Duration;

use chat::id::{ChannelId, SessionId};
use chat::secret::Secret;
use serde_json::json;

use crate::broker::{Broker, User};
use crate::clock::instant;
use crate::gateway::CODE;
use crate::log_writer;
use crate::options::Options;
use crate::process::switchboard;
use crate::table::{percentile, verdict};
use crate::webhook::Webhook;

/// The number of history pages that are read.
const PAGES: u64 = 2_000;
/// The number of messages that are sent.
const SENDS: u64 = 300;
const MEBIBYTE: f64 = 1024.0 * 1024.0;

pub(crate) async fn measure(options: &Options) {
    let (events, sessions) = (options.events, options.sessions);
    println!("\na log of {events} events, {sessions} open sessions");
    let mut webhook = Webhook::start(&Secret::new(CODE)).await;
    let mut broker = Broker::init(switchboard()).await;
    broker.up().await;
    let target = broker.channel(webhook.address).await;
    let channel: ChannelId = target.path.rsplit('/').next().unwrap().parse().unwrap();
    broker.stop().await;
    seconds("start with an empty log", broker.up().await, None);
    let empty = broker.tree().resident();
    broker.stop().await;

    let data = broker.data();
    let written = log_writer::grow(&data, channel, events, sessions);
    let per_second = |name, took: Duration, budget: Option<f64>| {
        let budget = budget.map(|bound| (bound, true));
        row(name, events as f64 / took.as_secs_f64(), "events/s", budget);
    };
    per_second("decide, seal, fold, encode, append", written.took, None);
    let each = written.cpu.as_secs_f64() * 1e6 / events as f64;
    row("CPU of it without append", each, "us", None);
    per_second("scan, decode, fold", log_writer::replay(&data), Some(5e5));

    std::fs::remove_dir_all(data.join("projections")).unwrap();
    let took = broker.up().await;
    per_second("start that rebuilds, rows written", took, Some(5e5));
    mebibytes("memory after it", broker.tree().resident(), None);
    broker.stop().await;
    seconds(
        "start with current projections",
        broker.up().await,
        Some(3.0),
    );
    let memory = broker.tree().resident();
    mebibytes("memory after it", memory, Some(1.5 * 1024.0));
    let each = (memory as f64 - empty as f64) / sessions as f64;
    let budget = Some((1024.0, false));
    row("of it for each open session", each, "bytes", budget);

    let olga = broker.user("olga").await;
    read_pages(&olga, &written.long, events).await;
    send(&olga, &written.long, &mut webhook).await;
    broker.stop().await;
}

/// Reads history pages of 50 messages, from positions all over the log.
async fn read_pages(olga: &User, long: &[SessionId], events: u64) {
    let mut millis = Vec::new();
    for page in 0..PAGES {
        let session = long[usize::try_from(page).unwrap() % long.len()];
        let before = events / 2 + page * 7_919 % (events / 2);
        let args = json!({ "session": session, "before": before, "limit": 50 });
        let (answer, start) = olga.timed("sessions.history", &args).await;
        millis.push(start.elapsed().as_secs_f64() * 1e3);
        assert_eq!(
            answer["messages"].as_array().map(Vec::len),
            Some(50),
            "{answer}"
        );
    }
    percentiles("history page of 50", millis, 5.0);
}

/// Sends messages one by one, and waits until the messenger has received each.
async fn send(olga: &User, long: &[SessionId], webhook: &mut Webhook) {
    let session = long[0];
    olga.call("sessions.take", &json!({ "session": session }))
        .await;
    let mut millis = Vec::new();
    for number in 0..SENDS {
        let args = json!({ "session": session, "text": format!("It comes today, {number}.") });
        let start = instant();
        olga.call("messages.send", &args).await;
        let came = webhook.messages.recv().await.unwrap();
        millis.push(came.duration_since(start).as_secs_f64() * 1e3);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    percentiles("operator's send to webhook", millis, 10.0);
}

fn seconds(name: &str, took: Duration, budget: Option<f64>) {
    let budget = budget.map(|bound| (bound, false));
    row(name, took.as_secs_f64(), "s", budget);
}

fn mebibytes(name: &str, bytes: u64, budget: Option<f64>) {
    let budget = budget.map(|bound| (bound, false));
    row(name, bytes as f64 / MEBIBYTE, "MiB", budget);
}

/// Prints the median and the 99th percentile, which has a budget.
fn percentiles(name: &str, millis: Vec<f64>, budget: f64) {
    let median = percentile(millis.clone(), 50);
    row(&format!("{name}, p50"), median, "ms", None);
    let p99 = percentile(millis, 99);
    row(&format!("{name}, p99"), p99, "ms", Some((budget, false)));
}

/// Prints a figure, with its budget if it has one: the bound, and whether it is a lower bound.
fn row(name: &str, value: f64, unit: &str, budget: Option<(f64, bool)>) {
    let digits = if value < 100.0 { 2 } else { 0 };
    let budget = budget.map_or_else(String::new, |(bound, at_least)| {
        let sign = if at_least { ">=" } else { "<" };
        format!(
            "  budget {sign} {bound}: {}",
            verdict(value, bound, at_least)
        )
    });
    println!("{name:36} {value:>12.digits$} {unit:8}{budget}");
}
