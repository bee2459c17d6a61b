//! Measures a broker on a large log: rebuild of projections, start, memory, disk, history pages,
//! the time from an operator's message to the messenger, and inbound messages compared with an
//! empty log.
//!
//! CPU times are those of the broker and its NATS. They vary less than the other times on a machine
//! with other load.
//!
//! With a directory for kept logs, a log is written once. Each run appends the messages of its load
//! to the kept log, up to a million events; the figures are for the events that the log has.

mod disk;
mod pages;
mod plan;
mod rate;
mod script;
mod writer;

use std::path::Path;

use chat::secret::Secret;

use crate::broker::Broker;
use crate::clock::now;
use crate::figures::{Budget, mebibytes, row, seconds};
use crate::gateway::CODE;
use crate::load::Target;
use crate::options::{Options, Shape};
use crate::process::switchboard;
use crate::webhook::Webhook;

use plan::{Plan, Record};
use rate::Side;
use script::Written;

/// The most memory of a broker in MiB: in use, and while it rebuilds its projections.
const MEMORY: f64 = 400.0;
const MEMORY_OPEN: f64 = 1.5 * 1024.0;
const MEMORY_REBUILD: f64 = 600.0;
const GIGABYTE: f64 = 1e9;

/// A stopped broker with a large log.
struct Large {
    plan: Plan,
    broker: Broker,
    webhook: Webhook,
    record: Record,
    /// The number of events in the log.
    events: u64,
}

pub(crate) async fn measure(options: &Options) {
    let mut all = Vec::new();
    for plan in Plan::all(options) {
        let large = prepare(options, plan).await;
        all.push(measure_one(options, large).await);
    }
    for (nth, what) in ["after start", "after a minute of load"]
        .into_iter()
        .enumerate()
        .filter(|_| all.len() > 1)
    {
        let memory = || all.iter().map(|memory: &[u64; 2]| memory[nth]);
        let ratio = memory().max().unwrap() as f64 / memory().min().unwrap() as f64;
        let name = format!("memory {what}, largest by smallest");
        row(&name, ratio, "", Some(Budget::AtMost(1.15)));
    }
}

/// Writes a log, or finds it in the directory of kept ones.
async fn prepare(options: &Options, plan: Plan) -> Large {
    let home = options.keep.as_ref().map(|keep| plan.home(keep));
    let webhook = Webhook::start(&Secret::new(CODE)).await;
    let kept = home
        .as_ref()
        .and_then(|home| Some((home, plan.read_record(home)?)));
    let (broker, record) = match kept {
        Some((home, record)) => {
            println!("\na kept log, {}", home.display());
            (Broker::of_kept(switchboard(), home), record)
        }
        None => write(plan, home.as_deref(), &webhook).await,
    };
    let events = disk::events(&broker.data(), now());
    println!(
        "\na log of {events} events, {} contacts, {} open sessions ({})",
        plan.contacts,
        plan.open,
        plan.shape.name()
    );
    Large {
        plan,
        broker,
        webhook,
        record,
        events,
    }
}

async fn write(plan: Plan, home: Option<&Path>, webhook: &Webhook) -> (Broker, Record) {
    let mut broker = match home {
        Some(home) => Broker::init_kept(switchboard(), home).await,
        None => Broker::init(switchboard()).await,
    };
    broker.up().await;
    let operators = writer::operators();
    let target = broker.channel_with(webhook.address, &operators).await;
    broker.stop().await;
    println!();
    seconds("start with an empty log", broker.up().await, None);
    memory("memory after it", &broker, None);
    broker.stop().await;
    let channel = target.path.rsplit('/').next().unwrap().to_owned();
    let written = script::write(&broker.data(), channel.parse().unwrap(), plan);
    show(&written);
    let record = Record {
        channel,
        long: written.long,
    };
    if let Some(home) = home {
        plan.write_record(home, &record);
    }
    (broker, record)
}

fn show(written: &Written) {
    let events = written.events as f64;
    println!(
        "wrote {} events: {} contacts, {} sessions, {} of them open, {} messages",
        written.events, written.contacts, written.sessions, written.open, written.messages
    );
    let rate = events / written.took.as_secs_f64();
    row("decide, seal, fold, encode, append", rate, "events/s", None);
    let each = written.cpu.as_secs_f64() * 1e6 / events;
    row("CPU of it without append", each, "us", None);
}

/// Measures one log. Returns the memory after a start and after a minute of load.
async fn measure_one(options: &Options, mut large: Large) -> [u64; 2] {
    let most = match large.plan.shape {
        Shape::History => MEMORY,
        Shape::OpenSessions => MEMORY_OPEN,
    };
    let target = rebuild(&mut large).await;
    sizes(&large);
    let took = large.broker.up().await;
    seconds("start with current projections", took, Some(1.5));
    seconds("CPU of it", large.broker.tree().cpu(), None);
    let after_start = memory("memory after it", &large.broker, Some(most));
    let long = &large.record.long;
    // The last quarter is for warm pages, and the last one of all for sending.
    let (cold, warm) = long.split_at(long.len() * 3 / 4);
    if let Some(last) = long.last() {
        let olga = large.broker.user("olga").await;
        let (broker, events) = (&large.broker, large.events);
        pages::read_cold(&olga, broker, cold, events).await;
        pages::read_warm(&olga, broker, warm, events).await;
        pages::send(&olga, *last, &mut large.webhook).await;
    }
    let side = Side {
        tree: large.broker.tree(),
        target: &target,
        webhook: &large.webhook,
    };
    rate::compare(&side, options).await;
    side.last().await;
    let after_load = memory("memory after that minute", &large.broker, Some(most));
    large.broker.stop().await;
    [after_start, after_load]
}

/// Starts a broker without projections and stops it. Returns the target of its messenger.
async fn rebuild(large: &mut Large) -> Target {
    let projections = large.broker.data().join("projections");
    if projections.exists() {
        std::fs::remove_dir_all(projections).unwrap();
    }
    let took = large.broker.up().await;
    let rate = large.events as f64 / took.as_secs_f64();
    let budget = Some(Budget::AtLeast(5e5));
    row(
        "start that rebuilds, rows written",
        rate,
        "events/s",
        budget,
    );
    seconds("CPU of it", large.broker.tree().cpu(), None);
    let peak = large.broker.tree().peak();
    mebibytes("peak of memory during it", peak, Some(MEMORY_REBUILD));
    memory("memory after it", &large.broker, None);
    // The messenger has another port in every run.
    let (channel, webhook) = (&large.record.channel, large.webhook.address);
    let target = large.broker.move_channel(channel, webhook).await;
    large.broker.stop().await;
    target
}

/// Prints the disk space of the stopped broker.
fn sizes(large: &Large) {
    let data = large.broker.data();
    for (name, path, most) in [
        ("journal", "log/journal", None),
        ("sled", "log/sled", None),
        ("projections", "projections", Some(120.0)),
    ] {
        let bytes = disk::bytes(&data.join(path)) as f64;
        row(&format!("{name} on disk"), bytes / GIGABYTE, "GB", None);
        let each = bytes / large.events as f64;
        let budget = most.map(Budget::AtMost);
        row("of it for each event", each, "bytes", budget);
    }
}

/// Prints the memory of a running broker, and returns that of the process `switchboard`, which the
/// budget is for.
fn memory(name: &str, broker: &Broker, most: Option<f64>) -> u64 {
    let tree = broker.tree();
    let resident = tree.resident();
    mebibytes(name, resident, most);
    mebibytes("of it not backed by files", tree.anonymous(), None);
    mebibytes("with nats-server", tree.resident_of_all(), None);
    resident
}
