//! `init --repair`: makes again what a data directory lost and what no data depends on.

use std::fs;
use std::path::Path;

use chat::chance::Chance;

use crate::data::create::{first_administrator, line, settings_file};
use crate::data::credentials::{Credential, State};
use crate::data::generate::chance;
use crate::data::{self, Data};
use crate::exit::{Exit, Failure, OrExit as _, Result};
use crate::output;
use crate::resolve::{Loaded, master_key};
use crate::settings::Environment;

/// Makes the missing files. Changes nothing if something is lost that cannot be made again.
pub(super) fn repair(data: &Data, environment: &Environment) -> Result {
    if data.is_vacant()? {
        let shown = data.path().display();
        let message = format!(
            "{shown} has nothing to repair; to create a data directory: switchboard init --data {shown}"
        );
        return Err(Failure::message(Exit::Failure, message));
    }
    data.require_owner()?;
    let loaded = Loaded::load(Some(data.clone()), environment, &[])?;
    let is_used = require_intact(data, &loaded)?;
    require_stopped(data)?;
    let nats = data.nats("");
    let mut made = false;
    if !nats.is_dir() {
        data::make_directory(&nats).or_fail(Exit::Failure, || cannot_make(&nats))?;
        made = report(&nats)?;
    }
    // Until the end, so that no broker starts meanwhile.
    let _lock = data.lock()?;
    let mut chance = chance()?;
    let mut renewed = false;
    for credential in Credential::ALL {
        renewed |=
            !credential.is_set(&loaded.settings.nats) && renew(credential, data, &mut chance)?;
    }
    if !data.settings().exists() {
        made |= write(&data.settings(), &settings_file(false))?;
        output::message("All settings have their default values; set yours again.");
    }
    if !is_used && !data.first_administrator().exists() {
        let (text, password) = first_administrator(&mut chance)?;
        made |= write(&data.first_administrator(), &text)?;
        output::data(format_args!("login: {}", data::create::ADMIN))?;
        output::data(format_args!("password: {}", password.expose()))?;
        output::message("This password is not shown again.");
    }
    data::sync_directory(&nats)?;
    data::sync_directory(data.path())?;
    if !made && !renewed {
        return output::data("Nothing to repair.");
    }
    if renewed {
        advise(data, &loaded);
    }
    output::message(format_args!(
        "Next: switchboard up --data {}",
        data.path().display()
    ));
    Ok(())
}

/// Checks that master key, log and contacts' keys are there. Returns whether the log has events.
fn require_intact(data: &Data, loaded: &Loaded) -> Result<bool> {
    let shown = data.path().display();
    let refused = |message: String| {
        Failure::message(Exit::Failure, format!("{message}; nothing was changed"))
    };
    let master = master_key(loaded, data).map_err(|failure| {
        refused(format!(
            "{failure}; it cannot be made again and nothing can be read without it, so restore it from \
             a backup"
        ))
    })?;
    let remains = session_router::examine(data.path(), &master)
        .map_err(|error| refused(format!("{:#}", anyhow::Error::new(error))))?;
    if remains.has_loss() {
        return Err(refused(format!(
            "the log or the contacts' keys are lost, which cannot be made again; restore log/ and keys in \
             {shown} from a backup, or see what is left: switchboard log recover --data {shown}"
        )));
    }
    // Only a session router with a log makes projections.
    if remains.log.is_none() && data.path().join("projections").exists() {
        return Err(refused(format!(
            "the log and the contacts' keys are missing; restore log/, keys and keys.copy in {shown} \
             from a backup"
        )));
    }
    Ok(remains.log.is_some_and(|log| log.position > 0))
}

fn require_stopped(data: &Data) -> Result {
    if !event_log::is_in_use(&data.log()).map_err(Failure::of_log)? {
        return Ok(());
    }
    let message = format!(
        "{} is in use by a broker; stop it first",
        data.path().display()
    );
    Err(Failure::message(Exit::Failure, message))
}

/// Makes a missing or invalid credential again; an invalid one is renamed. Returns whether it did.
fn renew(credential: Credential, data: &Data, chance: &mut Chance) -> Result<bool> {
    let path = credential.path(data);
    let state = credential
        .state(data)
        .or_fail(Exit::Failure, || format!("cannot read {}", path.display()))?;
    match state {
        State::Valid => return Ok(false),
        State::Missing => {}
        State::Invalid => {
            let aside = path.with_added_extension("invalid");
            fs::rename(&path, &aside).or_fail(Exit::Failure, || {
                format!("cannot rename {}", path.display())
            })?;
            output::data(format_args!("moved aside: {}", aside.display()))?;
        }
    }
    write(&path, &line(credential.generate(chance)?.expose()))
}

fn write(path: &Path, text: &str) -> Result<bool> {
    data::write_new(path, text.as_bytes()).or_fail(Exit::Failure, || cannot_make(path))?;
    report(path)
}

fn report(path: &Path) -> Result<bool> {
    output::data(format_args!("made: {}", path.display())).map(|()| true)
}

fn cannot_make(path: &Path) -> String {
    format!("cannot make {}", path.display())
}

/// Says what else must change with the credentials.
fn advise(data: &Data, loaded: &Loaded) {
    output::message("Clients sign in again.");
    if let Some(url) = &loaded.settings.nats.url {
        output::message(format_args!(
            "The NATS server at {url} needs the new credentials: switchboard config nats --data {}. \
             Copy them to the other machines of the broker too.",
            data.path().display()
        ));
    }
}
