//! From settings to what each role is told. Checks here are between keys; nothing is bound or
//! connected before all of it is right.

mod edges;
mod nats;
mod router;

use std::path::{Path, PathBuf};

use chat::secret::Secret;
use chat::subject::Subjects;

use crate::cli::SetArgs;
use crate::data::{self, Data};
use crate::exit::{Exit, Failure, OrExit as _, Result};
use crate::settings::{Address, Environment, Error, Layers, Settings};
use crate::telemetry;
use edges::{egress_config, ingress_config};
pub(crate) use nats::Nats;
use nats::nats;

/// Settings as they were written.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// The data directory, when one was given.
    pub(crate) data: Option<Data>,
    /// Every key and who wrote it.
    pub(crate) layers: Layers,
    /// Every key as its type.
    pub(crate) settings: Settings,
}

impl Loaded {
    /// Reads all layers.
    pub(crate) fn load(
        data: Option<Data>,
        environment: &Environment,
        flags: &SetArgs,
    ) -> Result<Self> {
        let file = data
            .as_ref()
            .map(Data::settings)
            .filter(|file| file.exists());
        let layers =
            Layers::load(file.as_deref(), environment, &flags.set).or_exit(Exit::Settings)?;
        let settings = Settings::read(&layers).or_exit(Exit::Settings)?;
        Ok(Self {
            data,
            layers,
            settings,
        })
    }

    /// A path from the settings: relative ones start at the data directory.
    fn path(&self, path: &Path) -> PathBuf {
        match &self.data {
            Some(data) => data.resolve(path),
            None => path.to_owned(),
        }
    }

    /// A secret: as given, from the file given, or from the file that `init` made.
    fn secret(
        &self,
        key: &str,
        given: Option<&Secret>,
        file: Option<&Path>,
        made: Option<PathBuf>,
    ) -> Result<Option<Secret>> {
        let file_key = format!("{key}_file");
        let (path, from) = match (given, file, made) {
            (Some(_), Some(_), _) => {
                let (a, b) = (self.layers.source(key), self.layers.source(&file_key));
                return Err(bad(format!(
                    "{key} ({a}) and {file_key} ({b}) are both set; set one"
                )));
            }
            (Some(secret), None, _) => return Ok(Some(secret.clone())),
            (None, Some(file), _) => (self.path(file), Some(file_key)),
            (None, None, Some(made)) if made.exists() => (made, None),
            (None, None, _) => return Ok(None),
        };
        data::read_secret(&path)
            .map(Some)
            .map_err(|source| Error::File {
                path,
                key: from,
                source,
            })
            .or_exit(Exit::Settings)
    }
}

/// What each role is told.
#[derive(Debug)]
pub(crate) struct Resolved {
    /// The name in every subject.
    pub(crate) workspace: Subjects,
    /// What works and is dangerous.
    pub(crate) warnings: Vec<String>,
    /// The ingress role's limits.
    pub(crate) ingress: ingress::Config,
    /// What messengers are told.
    pub(crate) public_url: String,
    /// What decides when a delivery is tried again, and when it is given up.
    pub(crate) rules: chat::rules::Rules,
    /// What the egress role is told.
    pub(crate) egress: egress::Config,
    /// NATS and the roles' credentials there.
    pub(crate) nats: Nats,
}

impl Resolved {
    /// Checks the settings against each other.
    pub(crate) fn of(loaded: &Loaded) -> Result<Self> {
        let settings = &loaded.settings;
        distinct_listeners(loaded)?;
        let mut warnings = Vec::new();
        if !settings.log.sync {
            warnings.push(
                "log.sync is false: acknowledged messages will be lost in a power cut".to_owned(),
            );
        }
        let public_url = match &settings.ingress.public_url {
            Some(url) => url.0.clone(),
            None => format!("http://{}", settings.ingress.listen.0),
        };
        telemetry::filter(&settings.tracing)?;
        Ok(Self {
            workspace: settings.workspace.clone(),
            warnings,
            ingress: ingress_config(loaded)?,
            public_url,
            rules: chat::rules::Rules {
                schedule: settings.delivery.schedule.0.clone(),
                time_to_live: settings.delivery.time_to_live.0,
            },
            egress: egress_config(loaded)?,
            nats: nats(loaded)?,
        })
    }
}

/// Where we ourselves reach a listener: "all addresses" is no address to connect to.
pub(crate) fn reachable(address: Address) -> std::net::SocketAddr {
    let mut address = address.0;
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            std::net::IpAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
            std::net::IpAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}

/// No two listeners on one port, unless it is 0, which is another one each time.
fn distinct_listeners(loaded: &Loaded) -> Result {
    let mut seen: Vec<(&str, std::net::SocketAddr)> = Vec::new();
    for (key, address) in listeners(&loaded.settings) {
        let clash = seen.iter().find(|(_, other)| {
            let same_ip = other.ip() == address.0.ip()
                || other.ip().is_unspecified()
                || address.0.ip().is_unspecified();
            address.0.port() != 0 && other.port() == address.0.port() && same_ip
        });
        if let Some((other, _)) = clash {
            let port = address.0.port();
            return Err(bad(format!(
                "{key} and {other} both have port {port}; change one"
            )));
        }
        seen.push((key, address.0));
    }
    Ok(())
}

/// Every listener that these settings ask for, with its key.
pub(crate) fn listeners(settings: &Settings) -> Vec<(&'static str, Address)> {
    let mut listeners = vec![
        ("ingress.listen", settings.ingress.listen),
        ("console.listen", settings.console.listen),
        ("ops.listen", settings.ops.listen),
    ];
    if settings.nats.url.is_none() {
        listeners.push(("nats.listen", settings.nats.listen));
        listeners.push(("nats.websocket", settings.nats.websocket));
    }
    listeners
}

fn bad(words: String) -> Failure {
    Failure::say(Exit::Settings, words)
}
