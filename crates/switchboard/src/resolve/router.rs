//! The configuration of the session router: master key, first administrator, delivery rules.

use std::sync::Arc;

use chat::command::NewUser;
use chat::model::Group;
use chat::rules::Rules;
use chat::seal::SealKey;
use data_encoding::HEXLOWER_PERMISSIVE;

use super::loaded::{Loaded, bad};
use crate::data::{self, Data, FirstAdministrator, place};
use crate::exit::{Exit, Failure, OrExit as _, Result};

/// The configuration of the session router; messengers reach the broker at `public_url`.
pub(super) fn router_config(
    loaded: &Loaded,
    rules: Rules,
    public_url: String,
) -> Result<session_router::Config> {
    let data = loaded.data.as_ref().ok_or_else(|| {
        Failure::message(
            Exit::Usage,
            "the session router needs the data directory: give --data",
        )
    })?;
    Ok(session_router::Config {
        data: data.path().to_owned(),
        host: place::host(),
        master: Arc::new(master_key(loaded, data)?),
        public_url,
        rules,
        sync: loaded.settings.log.sync,
        scrub_round: loaded.settings.log.scrub_round.0,
        first_administrator: first_administrator(data)?,
    })
}

/// Reads the 64 hexadecimal digits of the master key.
pub(crate) fn master_key(loaded: &Loaded, data: &Data) -> Result<SealKey> {
    let path = match &loaded.settings.log.master_key_file {
        Some(path) => loaded.path(path),
        None => data.master_key(),
    };
    let message = || format!("cannot read the master key {}", path.display());
    let text = data::read_secret(&path).or_fail(Exit::Settings, message)?;
    let key = HEXLOWER_PERMISSIVE
        .decode(text.expose().trim().as_bytes())
        .ok();
    let key = key.and_then(|key| key.try_into().ok());
    key.map(SealKey::from_bytes).ok_or_else(|| {
        bad(format!(
            "{} does not contain a master key of 64 hexadecimal digits",
            path.display()
        ))
    })
}

/// The administrator that `init` created. The file may be deleted once the log has a user.
fn first_administrator(data: &Data) -> Result<Option<NewUser>> {
    let path = data.first_administrator();
    let message = || format!("cannot read the first administrator in {}", path.display());
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).or_fail(Exit::Settings, message),
    };
    // The error is dropped because it quotes the line with the hash.
    let first: FirstAdministrator = toml::from_str(&text).map_err(|_| bad(message()))?;
    Ok(Some(NewUser {
        name: first.login.to_string(),
        login: first.login,
        groups: vec![Group::Administrators],
        password_hash: first.password_hash,
    }))
}
