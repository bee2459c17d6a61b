//! Opens the log, the keys and the projections.

use std::sync::Arc;

use chat::chance::Chance;
use event_log::EventLog;

use crate::clock::now;
use crate::config::Config;
use crate::error::Error;
use crate::keyring::Keyring;
use crate::projections::{self, Projector};
use crate::sealed_log::SealedLog;
use crate::state::State;

/// Opens everything below the data directory and brings the state up to the log. Blocks.
pub(crate) fn open(config: &Config) -> Result<(EventLog, Projector, State), Error> {
    let mut options = event_log::Options::new(now().as_micros());
    options.sync = config.sync;
    let (log, _) = EventLog::open(&config.data.join("log"), options)?;
    let keyring = Keyring::open(&config.data.join("keys"), Arc::clone(&config.master))?;
    let sealed_log = SealedLog::new(log.reader(), keyring);
    let (workspace, store, loaded) =
        projections::open(&config.data.join("projections"), &sealed_log.reader)?;
    tracing::info!(
        from = loaded.from,
        replayed = loaded.replayed,
        "state caught up with the log"
    );
    sealed_log.keyring.check(workspace.next_key())?;
    let contacts = workspace.contacts.iter();
    for (_, contact) in contacts.filter(|(_, c)| c.forgotten.is_some()) {
        sealed_log.keyring.destroy_again(&contact.keys)?;
    }
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|_| Error::Entropy)?;
    let state = State::new(
        workspace,
        sealed_log,
        Chance::from_seed(seed),
        config.rules.clone(),
        config.public_url.clone(),
    );
    Ok((log, Projector::start(store)?, state))
}
