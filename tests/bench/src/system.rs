//! A system to compare: a broker, or a gateway as a baseline.

use std::path::PathBuf;
use std::process::Stdio;

use chat::secret::Secret;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

use crate::broker::{Broker, path};
use crate::gateway::CODE;
use crate::load::Target;
use crate::process::{Tree, directory};
use crate::subscriber::Subscriber;
use crate::webhook::Webhook;

/// A system to compare.
pub(crate) struct System {
    pub(crate) letter: char,
    pub(crate) name: &'static str,
    pub(crate) target: Target,
    runs: Runs,
    /// Its messenger, or `None` if the webhook refuses connections.
    pub(crate) webhook: Option<Webhook>,
    /// A subscriber to the feed, if any.
    pub(crate) subscriber: Option<Subscriber>,
    /// The storage of a gateway.
    _dir: Option<TempDir>,
}

enum Runs {
    Broker(Box<Broker>),
    Gateway(Tree),
}

impl System {
    pub(crate) async fn broker(
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

    pub(crate) async fn with_subscriber(mut self) -> Self {
        if let Runs::Broker(broker) = &self.runs {
            self.subscriber = Some(broker.subscriber().await);
        }
        self
    }

    /// A gateway that stores messages `behind` it, and tells nobody of them.
    pub(crate) async fn gateway(letter: char, name: &'static str, behind: &str) -> Self {
        Self::start_gateway((letter, name), &[behind]).await.0
    }

    /// A gateway that also tells a webhook and a subscriber of each message.
    pub(crate) async fn telling_gateway(letter: char, name: &'static str, behind: &str) -> Self {
        let webhook = Webhook::start(&Secret::new(CODE)).await;
        let address = webhook.address.to_string();
        let (mut system, nats) = Self::start_gateway((letter, name), &[behind, &address]).await;
        system.webhook = Some(webhook);
        system.subscriber = Some(Subscriber::to_gateway(nats).await);
        system
    }

    /// Starts a gateway. Returns the address of its NATS too, if it has one.
    async fn start_gateway((letter, name): (char, &'static str), serve: &[&str]) -> (Self, String) {
        let dir = directory();
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.env("TMPDIR", dir.path());
        command.arg("serve").args(serve);
        let mut tree = Tree::start(command.stdout(Stdio::piped()));
        let stdout = tree.child().stdout.take().unwrap();
        let line = BufReader::new(stdout).lines().next_line().await.unwrap();
        let line = line.unwrap();
        let (address, nats) = line.split_once(' ').unwrap();
        let system = Self {
            letter,
            name,
            target: Target {
                address: address.parse().unwrap(),
                path: path("00000000-0000-0000-0000-000000000001"),
                code: Secret::new(CODE),
            },
            runs: Runs::Gateway(tree),
            webhook: None,
            subscriber: None,
            _dir: Some(dir),
        };
        (system, nats.to_owned())
    }

    pub(crate) fn tree(&self) -> &Tree {
        match &self.runs {
            Runs::Broker(broker) => broker.tree(),
            Runs::Gateway(tree) => tree,
        }
    }
}
