//! Measures finished messages: each is stored, shown to a listening operator, and its outcome told to a
//! webhook that answers at once. The time until the last outcome has arrived counts.
//!
//! The systems take turns, as in `throughput`.

use std::time::Duration;

use crate::clock::instant;
use crate::load;
use crate::options::Options;
use crate::process::switchboard;
use crate::subscriber::Subscriber;
use crate::system::System;
use crate::table::{median, verdict};
use crate::throughput::WARM_UP;
use crate::webhook::Webhook;

/// The connections of the load.
const CONNECTIONS: usize = 256;
/// How long telling may go on after the load.
const LIMIT: Duration = Duration::from_mins(3);
const POLL: Duration = Duration::from_millis(5);

/// The result of one turn.
struct Turn {
    /// Finished messages per second.
    rate: f64,
    /// Acknowledged messages per second, while the load lasted.
    acknowledged: f64,
    /// CPU time of the system with its NATS per finished message, in microseconds.
    cpu: f64,
    /// The shares of messages that were told and shown within [`LIMIT`].
    told: f64,
    shown: f64,
}

/// How many messages the webhook and the operator know of.
fn finished(system: &System) -> [u64; 2] {
    let told = system.webhook.as_ref().map_or(0, Webhook::outcomes);
    let shown = system.subscriber.as_ref().map_or(0, Subscriber::seen);
    [told, shown]
}

/// Waits until `count` more are finished than `before`. Returns how many were told and shown.
async fn until_finished(system: &System, before: [u64; 2], count: u64) -> [u64; 2] {
    let begin = instant();
    loop {
        let now = finished(system);
        let done = [now[0] - before[0], now[1] - before[1]];
        if done.iter().all(|done| *done >= count) || begin.elapsed() > LIMIT {
            return done;
        }
        tokio::time::sleep(POLL).await;
    }
}

async fn turn(system: &System, during: Duration) -> Turn {
    system.tree().resume();
    let before = finished(system);
    let warm = load::run(&system.target, CONNECTIONS, WARM_UP).await;
    until_finished(system, before, warm.answered).await;
    let (begin, before, cpu) = (instant(), finished(system), system.tree().cpu());
    let measured = load::run(&system.target, CONNECTIONS, during).await;
    let done = until_finished(system, before, measured.answered).await;
    let took = begin.elapsed();
    let cpu = system.tree().cpu().saturating_sub(cpu);
    system.tree().pause();
    let [told, shown] = done.map(|done| done as f64);
    let count = told.min(shown);
    Turn {
        rate: count / took.as_secs_f64(),
        acknowledged: measured.per_second(),
        cpu: cpu.as_secs_f64() * 1e6 / count,
        told: told / measured.answered as f64,
        shown: shown / measured.answered as f64,
    }
}

async fn systems(options: &Options) -> Vec<System> {
    let mut all = Vec::new();
    if options.has('g') {
        let broker = System::broker(('g', "broker, everything on"), switchboard(), true).await;
        all.push(broker.with_subscriber().await);
    }
    for (letter, name, behind) in [
        ('h', "JetStream and a consumer", "jetstream"),
        ('i', "the same, sync always", "jetstream-always"),
    ] {
        if options.has(letter) {
            all.push(System::telling_gateway(letter, name, behind).await);
        }
    }
    if let Some(program) = &options.beside {
        let beside = ('o', "other build of the broker");
        let broker = System::broker(beside, program.clone(), true).await;
        all.push(broker.with_subscriber().await);
    }
    for system in &all {
        system.tree().pause();
    }
    all
}

pub(crate) async fn measure(options: &Options) {
    let all = systems(options).await;
    let mut rounds: Vec<Vec<Turn>> = Vec::new();
    for _ in 0..options.rounds {
        let mut round = Vec::new();
        for system in &all {
            round.push(turn(system, options.slice).await);
        }
        rounds.push(round);
    }
    show(&all, &rounds);
}

fn show(all: &[System], rounds: &[Vec<Turn>]) {
    let (finished, acknowledged) = ("finished/s", "acknowl./s");
    println!(
        "\n{:38} {finished:>10} {acknowledged:>10} {:>9} {:>6} {:>6}",
        "everything on", "CPU us", "told", "shown"
    );
    for (nth, system) in all.iter().enumerate() {
        let middle = |pick: &dyn Fn(&Turn) -> f64| median(rounds.iter().map(|r| pick(&r[nth])));
        println!(
            "{}  {:35} {:>10.0} {:>10.0} {:>9.1} {:>6.2} {:>6.2}",
            system.letter,
            system.name,
            middle(&|t| t.rate),
            middle(&|t| t.acknowledged),
            middle(&|t| t.cpu),
            middle(&|t| t.told),
            middle(&|t| t.shown),
        );
    }
    let Some(g) = all.iter().position(|system| system.letter == 'g') else {
        return;
    };
    for (nth, system) in all.iter().enumerate().filter(|(nth, _)| *nth != g) {
        let budget = match system.letter {
            'h' => 1.0,
            'i' => 4.0,
            _ => 3.0,
        };
        let ratio = median(rounds.iter().map(|round| round[g].rate / round[nth].rate));
        let verdict = verdict(ratio, budget, true);
        println!("g/{} {ratio:.2}, budget {budget}: {verdict}", system.letter);
        let cpu = median(rounds.iter().map(|round| round[g].cpu / round[nth].cpu));
        println!("g/{} {cpu:.2} of the CPU for each", system.letter);
    }
}
