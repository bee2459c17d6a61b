//! Kills the writer with `kill -9` at random times. Rounds continue the same log.

use crate::Outcome;
use crate::check::check;
use crate::random::Random;
use crate::writer::Writer;

/// Rounds after which a new log is started, because every round checks the whole log.
const ROUNDS_PER_LOG: u64 = 20;

pub(crate) fn rounds(rounds: u64, sync: bool, random: &mut Random) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    let mut dir = tempfile::tempdir().unwrap();
    let mut acknowledged = None;
    for round in 0..rounds {
        if round % ROUNDS_PER_LOG == 0 {
            dir = tempfile::tempdir().unwrap();
            acknowledged = None;
        }
        let mut writer = Writer::start(dir.path(), sync);
        // One in eight kills hits the writer while it opens the log.
        let count = if random.below(8) == 0 {
            0
        } else {
            1 + random.below(300)
        };
        writer.wait_for(count);
        writer.kill();
        acknowledged = writer.acknowledged.take().or(acknowledged);
        outcomes.push(check(dir.path(), acknowledged.as_ref()));
    }
    outcomes
}
