//! Messages in, over HTTP, until they are answered.
//!
//! All take turns of a few seconds in the same run, and who has no turn is stopped, so that what else
//! the machine does meets everyone alike. A ratio is the median of the ratios within one round.

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

/// How long each runs before it is measured.
const WARM_UP: Duration = Duration::from_millis(500);

/// How long it takes until a broker knows that whoever set it up has left. Until then it renders the
/// feed for nobody.
const LEAVING: Duration = Duration::from_secs(25);

/// What is compared.
struct Contestant {
    letter: char,
    name: &'static str,
    target: Target,
    runs: Runs,
    /// Of its own; one that is gone refuses connections.
    webhook: Option<Webhook>,
    /// Who listens to the feed, if somebody does.
    listener: Option<JoinSet<()>>,
    /// What a gateway stores.
    _dir: Option<TempDir>,
}

enum Runs {
    Broker(Box<Broker>),
    Gateway(Tree),
}

/// One turn.
struct Turn {
    measured: Measured,
    /// CPU for one message, in microseconds: of what is measured with its NATS, and of the load.
    cpu: (f64, f64),
    /// What the webhook was told, for each message.
    told: f64,
}

impl Contestant {
    async fn broker((letter, name): (char, &'static str), program: PathBuf, listens: bool) -> Self {
        let webhook = Webhook::start(&Secret::new(CODE)).await;
        let mut broker = Broker::init(program).await;
        broker.up().await;
        let target = broker.channel(webhook.address).await;
        Self {
            letter,
            name,
            target,
            runs: Runs::Broker(Box::new(broker)),
            webhook: listens.then_some(webhook),
            listener: None,
            _dir: None,
        }
    }

    async fn with_listener(mut self) -> Self {
        if let Runs::Broker(broker) = &self.runs {
            self.listener = Some(broker.listener().await);
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
        let said = tree.child().stdout.take().unwrap();
        let line = BufReader::new(said).lines().next_line().await.unwrap();
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
            listener: None,
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
        let told = || self.webhook.as_ref().map_or(0, Webhook::taken);
        let before = (self.tree().cpu(), own_cpu(), told());
        let measured = load::run(&self.target, connections, during).await;
        let after = (self.tree().cpu(), own_cpu(), told());
        self.tree().pause();
        let each = |cpu: Duration| cpu.as_secs_f64() * 1e6 / measured.answered as f64;
        Turn {
            cpu: (
                each(after.0.saturating_sub(before.0)),
                each(after.1.saturating_sub(before.1)),
            ),
            told: (after.2 - before.2) as f64 / measured.answered as f64,
            measured,
        }
    }
}

pub(crate) async fn measure(options: &Options) {
    let mut all = Vec::new();
    for letter in options.only.chars() {
        let contestant = match letter {
            'a' => {
                let name = "broker, every message durable";
                Contestant::broker((letter, name), switchboard(), true).await
            }
            'b' => Contestant::gateway(letter, "gateway that stores nothing", "nothing").await,
            'c' => Contestant::gateway(letter, "gateway, JetStream", "jetstream").await,
            'd' => {
                let name = "gateway, JetStream, sync always";
                Contestant::gateway(letter, name, "jetstream-always").await
            }
            'e' => {
                let name = "broker, webhook refuses";
                Contestant::broker((letter, name), switchboard(), false).await
            }
            'f' => {
                let name = "broker, somebody listens to the feed";
                let broker = Contestant::broker((letter, name), switchboard(), true).await;
                broker.with_listener().await
            }
            _ => panic!("there is no {letter}"),
        };
        contestant.tree().pause();
        all.push(contestant);
    }
    if let Some(program) = &options.beside {
        let other = ('o', "the other broker, webhook listens");
        let other = Contestant::broker(other, program.clone(), true).await;
        other.tree().pause();
        all.push(other);
    }
    for contestant in &all {
        contestant.tree().resume();
    }
    tokio::time::sleep(LEAVING).await;
    for contestant in &all {
        contestant.tree().pause();
    }
    for connections in &options.connections {
        let mut rounds: Vec<Vec<Turn>> = Vec::new();
        for _ in 0..options.rounds {
            let mut round = Vec::new();
            for contestant in &all {
                round.push(contestant.turn(*connections, options.slice).await);
            }
            rounds.push(round);
        }
        show(*connections, &all, &rounds);
    }
}

fn show(connections: usize, all: &[Contestant], rounds: &[Vec<Turn>]) {
    println!(
        "\n{:38} {:>10} {:>8} {:>8} {:>9} {:>9} {:>6}",
        format!("{connections} connections"),
        "messages/s",
        "p50 ms",
        "p99 ms",
        "CPU us",
        "load us",
        "told"
    );
    for (nth, contestant) in all.iter().enumerate() {
        let middle = |pick: &dyn Fn(&Turn) -> f64| median(rounds.iter().map(|r| pick(&r[nth])));
        println!(
            "{}  {:35} {:>10.0} {:>8.2} {:>8.2} {:>9.1} {:>9.1} {:>6.2}",
            contestant.letter,
            contestant.name,
            middle(&|t| t.measured.per_second()),
            middle(&|t| t.measured.percentile(50)),
            middle(&|t| t.measured.percentile(99)),
            middle(&|t| t.cpu.0),
            middle(&|t| t.cpu.1),
            middle(&|t| t.told),
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
        // The budgets are for many connections: one waits for the disk, and has no company there.
        if connections == 256 && budget > 0.0 {
            let verdict = verdict(ratio, budget, true);
            println!("{one}/{other} {ratio:.2}, budget {budget}: {verdict}");
        } else {
            println!("{one}/{other} {ratio:.2}");
        }
    }
}
