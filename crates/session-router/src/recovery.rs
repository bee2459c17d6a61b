//! What is left of a data directory whose log or keys are lost, and how to go on without them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chat::seal::SealKey;
use event_log::{EventLog, Head, JournalReader};

use crate::error::Error;
use crate::keyring::{self, Unchecked};
use crate::seed::new_chance;

/// What a data directory contains.
#[derive(Clone, Debug)]
pub struct Remains {
    /// The end of the log; `None` if there is no log.
    pub log: Option<Head>,
    /// The end of the log that the key files recorded; `None` if both key files are missing.
    pub recorded: Option<Head>,
    /// Whether the log has other events at that end.
    pub is_other_log: bool,
    /// The numbers of the keys that are damaged in both files.
    pub damaged_keys: Vec<u32>,
    /// Key files that the next start repairs from the other one.
    pub repairable: Vec<PathBuf>,
}

impl Remains {
    /// Whether something is lost that the next start needs.
    pub fn has_loss(&self) -> bool {
        self.is_short() || self.is_other_log || self.lacks_keys() || !self.damaged_keys.is_empty()
    }

    /// Whether the keys are missing although there is a log.
    pub fn lacks_keys(&self) -> bool {
        self.recorded.is_none() && self.log.is_some_and(|log| log.position > 0)
    }

    /// Whether the log ends before the recorded end.
    pub fn is_short(&self) -> bool {
        let end = self.log.map_or(0, |log| log.position);
        self.recorded
            .is_some_and(|recorded| end < recorded.position)
    }
}

/// Examines a data directory, without changing it. The broker may run.
pub fn examine(data: &Path, master: &SealKey) -> Result<Remains, Error> {
    // The record of the keys first: a running broker only moves the log forward.
    let found = keyring::read(data, master, &mut new_chance()?)?;
    let log = data.join("log");
    let log = log
        .is_dir()
        .then(|| JournalReader::stats(&log))
        .transpose()?;
    let recorded = found.header().map(|header| header.log);
    let end = log.map(|stats| stats.head);
    let in_log = recorded.filter(|recorded| {
        recorded.position > 0 && end.is_some_and(|end| recorded.position <= end.position)
    });
    let is_other_log = match in_log {
        Some(recorded) => {
            let hash = JournalReader::hash_at(&data.join("log"), recorded.position)?;
            hash != Some(recorded.hash)
        }
        None => false,
    };
    Ok(Remains {
        log: end,
        recorded,
        is_other_log,
        damaged_keys: found.damaged().collect(),
        repairable: found.repairable(data),
    })
}

/// Accepts the log and the keys as they are: the next start neither requires the recorded end of the log
/// nor lost keys, and forgets the contacts of these. The broker must be stopped.
pub fn accept_loss(data: &Path, master: Arc<SealKey>, now_micros: i64) -> Result<Head, Error> {
    let mut chance = new_chance()?;
    // Before anything is created: a wrong master key is no loss.
    keyring::read(data, &master, &mut chance)?;
    let (log, _) = EventLog::open(&data.join("log"), event_log::Options::new(now_micros))?;
    let end = log.head();
    // Position 0: missing key files are created, whatever the log contains.
    let mut keys = Unchecked::read(data, master, 0, &mut chance)?;
    keys.accept_loss(end);
    keys.open(true)?;
    log.close()?;
    Ok(end)
}
