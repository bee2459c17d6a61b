//! Measures inbound messages over HTTP, until each has its response.
//!
//! The systems take turns of a few seconds in the same run, and all others are paused, so that other
//! load on the machine affects all of them alike. A ratio is the median of the ratios per round.

use std::path::PathBuf;
use std::time::Duration;

use chat::secret::Secret;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;
use tokio::task::JoinSet;

use crate::broker::{Broker, path};
use crate::gateway::CODE;
use crate::load::{self, Measured, Target};
use crate::options::Options;
use crate::process::{Tree, directory, own_cpu, switchboard};
use crate::table::{median, verdict};
use crate::webhook::Webhook;

/// How long each system runs before it is measured. A broker that was paused serves again after a second.
const WARM_UP: Duration = Duration::from_millis(1_500);

/// How long a broker renders feed events after the user who set it up has disconnected.
const FEED_QUIET_AFTER: Duration = Duration::from_secs(25);

/// A system to compare.
struct System {
    letter: char,
    name: &'static str,
    target: Target,
    runs: Runs,
    /// Its messenger, or `None` if the webhook refuses connections.
    webhook: Option<Webhook>,
    /// A subscriber to the feed, if any.
    subscriber: Option<JoinSet<()>>,
    /// The storage of a gateway.
    _dir: Option<TempDir>,
}

enum Runs {
    Broker(Box<Broker>),
    Gateway(Tree),
}

/// The result of one turn.
struct Turn {
    measured: Measured,
    /// CPU time per message in microseconds: of the system with its NATS, and of the load generator.
    cpu: (f64, f64),
    /// Webhook requests per message.
    webhooks: f64,
}

impl System {
    async fn broker(
        (letter, name): (char, &'static str),
        program: PathBuf,
        webhook_up: bool,
    ) -> Self {
        let webhook = Webhook::start(&Secret::new(CODE)).await;
        let mut broker = Broker::init(program).await;
        broker.up().await;
        let target = broker.channel(webhook.address).await;
        Self {
            letter,
            name,
            target,
            runs: Runs::Broker(Box::new(broker)),
            webhook: webhook_up.then_some(webhook),
            subscriber: None,
            _dir: None,
        }
    }

    async fn with_subscriber(mut self) -> Self {
        if let Runs::Broker(broker) = &self.runs {
            self.subscriber = Some(broker.subscriber().await);
        }
        self
    }

    async fn gateway(letter: char, name: &'static str, behind: &str) -> Self {
        let dir = directory();
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.env("TMPDIR", dir.path());
        command
            .args(["serve", behind])
            .stdout(std::process::Stdio::piped());
        let mut tree = Tree::start(&mut command);
        let stdout = tree.child().stdout.take().unwrap();
        let line = BufReader::new(stdout).lines().next_line().await.unwrap();
        Self {
            letter,
            name,
            target: Target {
                address: line.unwrap().parse().unwrap(),
                path: path("00000000-0000-0000-0000-000000000001"),
                code: Secret::new(CODE),
            },
            runs: Runs::Gateway(tree),
            webhook: None,
            subscriber: None,
            _dir: Some(dir),
        }
    }

    fn tree(&self) -> &Tree {
        match &self.runs {
            Runs::Broker(broker) => broker.tree(),
            Runs::Gateway(tree) => tree,
        }
    }

    async fn turn(&self, connections: usize, during: Duration) -> Turn {
        self.tree().resume();
        load::run(&self.target, connections, WARM_UP).await;
        let webhooks = || self.webhook.as_ref().map_or(0, Webhook::count);
        let before = (self.tree().cpu(), own_cpu(), webhooks());
        let measured = load::run(&self.target, connections, during).await;
        let after = (self.tree().cpu(), own_cpu(), webhooks());
        self.tree().pause();
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
}

pub(crate) async fn measure(options: &Options) {
    let mut all = Vec::new();
    for letter in options.only.chars() {
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
    if let Some(program) = &options.other_build {
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
                round.push(system.turn(*connections, options.slice).await);
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
