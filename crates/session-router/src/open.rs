//! Opens the log, the keys and the projections.

use std::sync::Arc;

use event_log::EventLog;

use crate::clock::now;
use crate::config::Config;
use crate::error::Error;
use crate::keyring::{self, Unchecked};
use crate::projections::{self, Projector};
use crate::rows::Rows;
use crate::sealed_log::SealedLog;
use crate::seed::new_chance;
use crate::state::State;

/// Opens everything below the data directory and brings the state up to the log. Blocks.
pub(crate) fn open(config: &Config) -> Result<(EventLog, Projector, State), Error> {
    let mut chance = new_chance()?;
    keyring::check_log_exists(&config.data, &config.master, &mut chance)?;
    let mut options = event_log::Options::new(now().as_micros());
    options.sync = config.sync;
    let (log, opened) = EventLog::open(&config.data.join("log"), options)?;
    let master = Arc::clone(&config.master);
    let mut keys = Unchecked::read(&config.data, master, opened.head.position, &mut chance)?;
    keys.check_log(&log.reader())?;
    let (workspace, store, loaded) = projections::open(
        &config.data.join("projections"),
        &log.reader(),
        &config.master.index_key(),
    )?;
    tracing::info!(
        from = loaded.from,
        replayed = loaded.replayed,
        "state caught up with the log"
    );
    let uses = projections::key_uses(&workspace, &store)?;
    keys.check(&uses, workspace.next_key(), &mut chance)?;
    let lost = uses.needed().filter(|key| keys.is_lost(*key));
    let lost = projections::owners(&workspace, &store, &lost.collect())?;
    let sealed_log = SealedLog::new(log.reader(), keys.open(config.sync)?);
    let state = State::new(
        workspace,
        Rows::new(store.clone()),
        sealed_log,
        chance,
        config.rules.clone(),
        config.public_url.clone(),
    );
    let state = state.with_lost(lost.into_iter().collect());
    Ok((log, Projector::start(store)?, state))
}
