//! Opens the log, the keys and the projections.

use std::sync::Arc;

use chat::chance::Chance;
use event_log::EventLog;

use crate::clock::now;
use crate::config::Config;
use crate::error::Error;
use crate::keyring::{self, Keyring};
use crate::projections::{self, Projector};
use crate::sealed_log::SealedLog;
use crate::state::State;

/// What was opened.
pub(crate) struct Opened {
    pub(crate) log: EventLog,
    pub(crate) projector: Projector,
    pub(crate) state: State,
    /// Keys that contacts use and that are lost for good; their contacts are to be forgotten.
    pub(crate) lost_keys: Vec<u32>,
}

/// Opens everything below the data directory and brings the state up to the log. Blocks.
pub(crate) fn open(config: &Config) -> Result<Opened, Error> {
    let mut chance = new_chance()?;
    keyring::check_log_exists(&config.data, &config.master, &mut chance)?;
    let mut options = event_log::Options::new(now().as_micros());
    options.sync = config.sync;
    let (log, opened) = EventLog::open(&config.data.join("log"), options)?;
    let master = Arc::clone(&config.master);
    let keyring = Keyring::open(&config.data, master, opened.head.position, &mut chance)?;
    keyring.check_log(&log.reader())?;
    let sealed_log = SealedLog::new(log.reader(), keyring);
    let (workspace, store, loaded) =
        projections::open(&config.data.join("projections"), &sealed_log.reader)?;
    tracing::info!(
        from = loaded.from,
        replayed = loaded.replayed,
        "state caught up with the log"
    );
    let keyring = &sealed_log.keyring;
    let (in_use, given) = (workspace.keys_in_use(), workspace.next_key());
    let lost_keys = keyring.check_keys(in_use, given, &mut chance)?;
    let contacts = workspace.contacts.iter();
    for (_, contact) in contacts.filter(|(_, c)| c.forgotten.is_some()) {
        keyring.destroy_again(&contact.keys)?;
    }
    let state = State::new(
        workspace,
        sealed_log,
        chance,
        config.rules.clone(),
        config.public_url.clone(),
    );
    Ok(Opened {
        log,
        projector: Projector::start(store)?,
        state,
        lost_keys,
    })
}

/// A generator seeded by the operating system.
pub(crate) fn new_chance() -> Result<Chance, Error> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|_| Error::Entropy)?;
    Ok(Chance::from_seed(seed))
}
