//! The credentials for NATS in `nats/`. They can be made again: no data depends on them.

use std::io;
use std::path::PathBuf;

use chat::chance::Chance;
use chat::secret::Secret;

use super::generate::password;
use super::{Data, read_secret};
use crate::settings::Nats;

/// A file with a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Credential {
    /// The seed of the account key that signs users' rights.
    Issuer,
    /// The password of the roles.
    Roles,
    /// The password of the system account.
    System,
}

/// The state of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// It has a credential.
    Valid,
    /// It does not exist.
    Missing,
    /// It has something else.
    Invalid,
}

impl Credential {
    pub(crate) const ALL: [Self; 3] = [Self::Issuer, Self::Roles, Self::System];

    /// The file.
    pub(crate) fn path(self, data: &Data) -> PathBuf {
        data.nats(match self {
            Self::Issuer => "issuer.seed",
            Self::Roles => "roles.password",
            Self::System => "system.password",
        })
    }

    /// Whether a setting replaces the file.
    pub(crate) const fn is_set(self, nats: &Nats) -> bool {
        match self {
            Self::Issuer => nats.issuer_seed.is_some() || nats.issuer_seed_file.is_some(),
            Self::Roles => nats.password.is_some() || nats.password_file.is_some(),
            Self::System => nats.system_password.is_some() || nats.system_password_file.is_some(),
        }
    }

    /// Reads the file.
    pub(crate) fn state(self, data: &Data) -> io::Result<State> {
        let secret = match read_secret(&self.path(data)) {
            Ok(secret) => secret,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(State::Missing),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => return Ok(State::Invalid),
            Err(error) => return Err(error),
        };
        let is_valid = match self {
            Self::Issuer => console::nats_server::issuer_key(&secret).is_ok(),
            Self::Roles | Self::System => !secret.expose().trim().is_empty(),
        };
        Ok(if is_valid {
            State::Valid
        } else {
            State::Invalid
        })
    }

    /// Makes a new one.
    pub(crate) fn generate(self, chance: &mut Chance) -> io::Result<Secret> {
        match self {
            Self::Issuer => {
                console::nats_server::new_issuer(chance.bytes()).map_err(io::Error::other)
            }
            Self::Roles | Self::System => Ok(password(chance)),
        }
    }
}
