//! The settings as written, with the data directory that they came from.

use std::io;
use std::path::{Path, PathBuf};

use chat::secret::Secret;

use crate::data::{self, Data};
use crate::exit::{Exit, Failure, OrExit as _, Result};
use crate::settings::{Environment, Error, Layers, Settings};

/// Why an empty file is no secret.
const EMPTY: &str =
    "it is empty; restore it, or make it again: switchboard init --repair --data DIR";

/// The settings as written.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// The data directory, if one was given.
    pub(crate) data: Option<Data>,
    /// Every key with its source.
    pub(crate) layers: Layers,
    /// Every key with its type.
    pub(crate) settings: Settings,
}

impl Loaded {
    /// Reads all layers; `set` has the values of `--set`.
    pub(crate) fn load(
        data: Option<Data>,
        environment: &Environment,
        set: &[String],
    ) -> Result<Self> {
        let file = data
            .as_ref()
            .map(Data::settings)
            .filter(|file| file.exists());
        let layers = Layers::load(file.as_deref(), environment, set).or_exit(Exit::Settings)?;
        let settings = Settings::read(&layers).or_exit(Exit::Settings)?;
        Ok(Self {
            data,
            layers,
            settings,
        })
    }

    /// A path from the settings, relative to the data directory.
    pub(super) fn path(&self, path: &Path) -> PathBuf {
        match &self.data {
            Some(data) => data.resolve(path),
            None => path.to_owned(),
        }
    }

    /// A secret: from its key, from the file that its `_file` key names, or from the file that `init`
    /// creates.
    pub(super) fn secret(
        &self,
        key: &str,
        given: Option<&Secret>,
        file: Option<&Path>,
        created: Option<PathBuf>,
    ) -> Result<Option<Given>> {
        let file_key = format!("{key}_file");
        let (path, from) = match (given, file, created) {
            (Some(_), Some(_), _) => {
                let (a, b) = (self.layers.source(key), self.layers.source(&file_key));
                return Err(bad(format!(
                    "{key} ({a}) and {file_key} ({b}) are both set; set one"
                )));
            }
            (Some(secret), None, _) => {
                return Ok(Some(Given {
                    secret: secret.clone(),
                    source: format!("{key} ({})", self.layers.source(key)),
                }));
            }
            (None, Some(file), _) => (self.path(file), Some(file_key)),
            (None, None, Some(created)) if created.exists() => (created, None),
            (None, None, _) => return Ok(None),
        };
        let source = path.display().to_string();
        data::read_secret(&path)
            .and_then(|secret| match secret.expose() {
                // NATS would accept the user without a password.
                "" => Err(io::Error::new(io::ErrorKind::InvalidData, EMPTY)),
                _ => Ok(secret),
            })
            .map(|secret| Some(Given { secret, source }))
            .map_err(|source| Error::File {
                path,
                key: from,
                source,
            })
            .or_exit(Exit::Settings)
    }
}

/// A secret, and the file or setting that it came from.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    /// The secret.
    pub(crate) secret: Secret,
    /// The path of its file, or its key.
    pub(crate) source: String,
}

/// A failure of the settings.
pub(super) fn bad(message: String) -> Failure {
    Failure::message(Exit::Settings, message)
}
