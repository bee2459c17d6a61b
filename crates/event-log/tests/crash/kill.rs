//! `kill -9` at random instants, the same log going on from round to round.

use crate::Outcome;
use crate::check::check;
use crate::random::Random;
use crate::writer::Writer;

/// The number of rounds before a new log is started, since every round checks the whole log.
const ROUNDS_A_LOG: u64 = 20;

pub(crate) fn rounds(rounds: u64, sync: bool, random: &mut Random) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    let mut dir = tempfile::tempdir().unwrap();
    let mut acknowledged = None;
    for round in 0..rounds {
        if round % ROUNDS_A_LOG == 0 {
            dir = tempfile::tempdir().unwrap();
            acknowledged = None;
        }
        let mut writer = Writer::start(dir.path(), sync);
        // One time in eight while it opens.
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
