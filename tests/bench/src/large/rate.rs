//! Inbound messages to a broker with a large log, and to one with an empty log, in turns.
//!
//! After each turn the messenger gets the outcomes of all messages, because a broker with too many
//! waiting notices rejects further messages.

use std::time::Duration;

use crate::clock::instant;
use crate::figures::{Budget, row};
use crate::load::{self, Target};
use crate::options::Options;
use crate::process::{Tree, switchboard};
use crate::system::System;
use crate::table::median;
use crate::throughput::{FEED_QUIET_AFTER, WARM_UP};
use crate::webhook::Webhook;

/// The connections of the load.
const CONNECTIONS: usize = 256;
/// How long the load lasts after which memory is read, and each of its parts.
const LASTING: Duration = Duration::from_mins(1);
const PART: Duration = Duration::from_secs(5);
/// How long the messenger may take to get all outcomes.
const LIMIT: Duration = Duration::from_mins(5);
const POLL: Duration = Duration::from_millis(20);

/// A running broker.
pub(super) struct Side<'a> {
    pub(super) tree: &'a Tree,
    pub(super) target: &'a Target,
    pub(super) webhook: &'a Webhook,
}

impl Side<'_> {
    /// Runs the load. Returns the number of messages, and how long it took.
    async fn load(&self, during: Duration) -> (u64, Duration) {
        let measured = load::run(self.target, CONNECTIONS, during).await;
        (measured.answered, measured.took)
    }

    /// Waits until the messenger has got this many outcomes.
    async fn until_told(&self, outcomes: u64) {
        let start = instant();
        while self.webhook.outcomes() < outcomes {
            assert!(start.elapsed() < LIMIT, "outcomes are missing");
            tokio::time::sleep(POLL).await;
        }
    }

    /// Runs the load for one turn. Returns the messages per second.
    async fn turn(&self, during: Duration) -> f64 {
        self.tree.resume();
        let before = self.webhook.outcomes();
        let (warm, _) = self.load(WARM_UP).await;
        let (count, took) = self.load(during).await;
        self.until_told(before + warm + count).await;
        self.tree.pause();
        count as f64 / took.as_secs_f64()
    }

    /// Runs the load for [`LASTING`], without the pauses for outcomes.
    pub(super) async fn last(&self) {
        let (mut count, mut took) = (0, Duration::ZERO);
        while took < LASTING {
            let before = self.webhook.outcomes();
            let (more, part) = self.load(PART).await;
            self.until_told(before + more).await;
            (count, took) = (count + more, took + part);
        }
        let per_second = count as f64 / took.as_secs_f64();
        row("inbound, a minute", per_second, "messages/s", None);
    }
}

/// Compares a broker with a large log with a new one.
pub(super) async fn compare(large: &Side<'_>, options: &Options) {
    let empty = System::broker(('e', "broker with an empty log"), switchboard(), true).await;
    let empty = Side {
        tree: empty.tree(),
        target: &empty.target,
        webhook: empty.webhook.as_ref().unwrap(),
    };
    // Both have had users.
    tokio::time::sleep(FEED_QUIET_AFTER).await;
    large.tree.pause();
    empty.tree.pause();
    let mut rounds = Vec::new();
    for _ in 0..options.rounds {
        let without = empty.turn(options.slice).await;
        rounds.push((large.turn(options.slice).await, without));
    }
    large.tree.resume();
    let name = "inbound, large log";
    let with = median(rounds.iter().map(|(with, _)| *with));
    row(name, with, "messages/s", None);
    let name = "inbound, empty log";
    let without = median(rounds.iter().map(|(_, without)| *without));
    row(name, without, "messages/s", None);
    let ratio = median(rounds.iter().map(|(with, without)| with / without));
    let name = "the former by the latter, median of rounds";
    row(name, ratio, "", Some(Budget::AtLeast(0.9)));
}
