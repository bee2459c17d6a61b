//! Measures inbound messages over HTTP, until each has its response.
//!
//! The systems take turns of a few seconds in the same run, and all others are paused, so that other
//! load on the machine affects all of them alike. A ratio is the median of the ratios per round.

use std::time::Duration;

use crate::load::{self, Measured};
use crate::options::Options;
use crate::process::{own_cpu, switchboard};
use crate::system::System;
use crate::table::{median, verdict};
use crate::webhook::Webhook;

/// How long each system runs before it is measured. A broker that was paused serves again after a second.
pub(crate) const WARM_UP: Duration = Duration::from_millis(1_500);

/// How long a broker renders feed events after the user who set it up has disconnected.
pub(crate) const FEED_QUIET_AFTER: Duration = Duration::from_secs(25);

/// The result of one turn.
struct Turn {
    measured: Measured,
    /// CPU time per message in microseconds: of the system with its NATS, and of the load generator.
    cpu: (f64, f64),
    /// Webhook requests per message.
    webhooks: f64,
}

async fn turn(system: &System, connections: usize, during: Duration) -> Turn {
    system.tree().resume();
    load::run(&system.target, connections, WARM_UP).await;
    let webhooks = || system.webhook.as_ref().map_or(0, Webhook::count);
    let before = (system.tree().cpu(), own_cpu(), webhooks());
    let measured = load::run(&system.target, connections, during).await;
    let after = (system.tree().cpu(), own_cpu(), webhooks());
    system.tree().pause();
    let each = |cpu: Duration| cpu.as_secs_f64() * 1e6 / measured.answered as f64;
    Turn {
        cpu: (
            each(after.0.saturating_sub(before.0)),
            each(after.1.saturating_sub(before.1)),
        ),
        webhooks: (after.2 - before.2) as f64 / measured.answered as f64,
        measured,
    }
}
pub(crate) async fn measure(options: &Options) {
    let mut all = Vec::new();
    for letter in ('a'..='f').filter(|letter| options.has(*letter)) {
        let system = match letter {
            'a' => {
                let name = "broker, every message durable";
                System::broker((letter, name), switchboard(), true).await
            }
            'b' => System::gateway(letter, "gateway that stores nothing", "nothing").await,
            'c' => System::gateway(letter, "gateway, JetStream", "jetstream").await,
            'd' => {
                let name = "gateway, JetStream, sync always";
                System::gateway(letter, name, "jetstream-always").await
            }
            'e' => {
                let name = "broker, webhook refuses";
                System::broker((letter, name), switchboard(), false).await
            }
            'f' => {
                let name = "broker, with a feed subscriber";
                let broker = System::broker((letter, name), switchboard(), true).await;
                broker.with_subscriber().await
            }
            _ => panic!("unknown system {letter}"),
        };
        system.tree().pause();
        all.push(system);
    }
    if let Some(program) = &options.beside {
        let other = ('o', "other build of the broker");
        let other = System::broker(other, program.clone(), true).await;
        other.tree().pause();
        all.push(other);
    }
    for system in &all {
        system.tree().resume();
    }
    tokio::time::sleep(FEED_QUIET_AFTER).await;
    for system in &all {
        system.tree().pause();
    }
    for connections in &options.connections {
        let mut rounds: Vec<Vec<Turn>> = Vec::new();
        for _ in 0..options.rounds {
            let mut round = Vec::new();
            for system in &all {
                round.push(turn(system, *connections, options.slice).await);
            }
            rounds.push(round);
        }
        show(*connections, &all, &rounds);
    }
}

fn show(connections: usize, all: &[System], rounds: &[Vec<Turn>]) {
    println!(
        "\n{:38} {:>10} {:>8} {:>8} {:>9} {:>9} {:>6}",
        format!("{connections} connections"),
        "messages/s",
        "p50 ms",
        "p99 ms",
        "CPU us",
        "load us",
        "hooks"
    );
    for (nth, system) in all.iter().enumerate() {
        let middle = |pick: &dyn Fn(&Turn) -> f64| median(rounds.iter().map(|r| pick(&r[nth])));
        println!(
            "{}  {:35} {:>10.0} {:>8.2} {:>8.2} {:>9.1} {:>9.1} {:>6.2}",
            system.letter,
            system.name,
            middle(&|t| t.measured.per_second()),
            middle(&|t| t.measured.percentile(50)),
            middle(&|t| t.measured.percentile(99)),
            middle(&|t| t.cpu.0),
            middle(&|t| t.cpu.1),
            middle(&|t| t.webhooks),
        );
    }
    let find = |letter| all.iter().position(|c| c.letter == letter);
    for (one, other, budget) in [
        ('a', 'b', 0.7),
        ('a', 'c', 1.5),
        ('a', 'd', 10.0),
        ('e', 'a', 0.0),
        ('f', 'a', 0.0),
        ('a', 'o', 0.0),
    ] {
        let (Some(this), Some(that)) = (find(one), find(other)) else {
            continue;
        };
        let rate = |round: &[Turn], nth: usize| round[nth].measured.per_second();
        let ratio = median(rounds.iter().map(|r| rate(r, this) / rate(r, that)));
        // The budgets are for many connections: a single one gains nothing from batched syncs.
        if connections == 256 && budget > 0.0 {
            let verdict = verdict(ratio, budget, true);
            println!("{one}/{other} {ratio:.2}, budget {budget}: {verdict}");
        } else {
            println!("{one}/{other} {ratio:.2}");
        }
    }
}
