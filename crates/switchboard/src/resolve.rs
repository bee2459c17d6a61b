//! From settings to what each role is told. Checks here are between keys; nothing is bound or
//! connected before all of it is right.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chat::command::NewUser;
use chat::noun::Group;
use chat::seal::SealKey;
use chat::secret::Secret;
use chat::subject::Workspace;
use data_encoding::HEXLOWER_PERMISSIVE;

use crate::cli::SetArgs;
use crate::data::{self, Data};
use crate::exit::{Exit, Failure, OrExit as _, Result};
use crate::init::FirstAdministrator;
use crate::settings::{Address, Environment, Error, Layers, Settings, Trust};
use crate::telemetry;

/// How long attempts may go on once the process is to stop. Shorter than an attempt may take, so that
/// the whole process ends in its 15 s: what is cut off is tried again from the log.
const EGRESS_GRACE: Duration = Duration::from_secs(3);

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
    pub(crate) workspace: Workspace,
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

/// Where NATS is and who we are there.
#[derive(Debug)]
pub(crate) struct Nats {
    /// Where the roles connect.
    pub(crate) url: String,
    /// Whether the server is a child of ours.
    pub(crate) child: bool,
    /// The roles' password.
    pub(crate) password: Option<Secret>,
    /// The system account's password.
    pub(crate) system_password: Option<Secret>,
    /// The seed of the account key.
    pub(crate) issuer_seed: Option<Secret>,
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

impl Resolved {
    /// What the session-router is told; messengers reach us at `public_url`.
    pub(crate) fn router(
        &self,
        loaded: &Loaded,
        public_url: String,
    ) -> Result<session_router::Config> {
        let data = loaded.data.as_ref().ok_or_else(|| {
            Failure::say(
                Exit::Usage,
                "the session-router needs the data directory: give --data",
            )
        })?;
        Ok(session_router::Config {
            data: data.path().to_owned(),
            master: Arc::new(master_key(loaded, data)?),
            public_url,
            rules: self.rules.clone(),
            sync: loaded.settings.log.sync,
            first_administrator: first_administrator(data)?,
        })
    }
}

/// Reads the 64 hexadecimal digits of the master key.
fn master_key(loaded: &Loaded, data: &Data) -> Result<SealKey> {
    let path = match &loaded.settings.log.master_key_file {
        Some(path) => loaded.path(path),
        None => data.master_key(),
    };
    let words = || format!("cannot read the master key {}", path.display());
    let text = data::read_secret(&path).or_fail(Exit::Settings, words)?;
    let key = HEXLOWER_PERMISSIVE
        .decode(text.expose().trim().as_bytes())
        .ok();
    let key = key.and_then(|key| key.try_into().ok());
    key.map(SealKey::from_bytes).ok_or_else(|| {
        bad(format!(
            "{} holds no master key of 64 hexadecimal digits",
            path.display()
        ))
    })
}

/// Who `init` made. The file may be gone: it is of no use once there is a user.
fn first_administrator(data: &Data) -> Result<Option<NewUser>> {
    let path = data.first_administrator();
    let words = || format!("cannot read the first administrator in {}", path.display());
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).or_fail(Exit::Settings, words),
    };
    // Its source would quote the line, and with it the hash.
    let first: FirstAdministrator = toml::from_str(&text).map_err(|_| bad(words()))?;
    Ok(Some(NewUser {
        name: first.login.to_string(),
        login: first.login,
        groups: vec![Group::Administrators],
        password_hash: first.password_hash,
    }))
}

impl Nats {
    /// What `nats-server` must be told; its own files go to this directory.
    pub(crate) fn server(
        &self,
        settings: &Settings,
        directory: PathBuf,
    ) -> Result<console::nats_server::Settings> {
        let origins = origins(settings);
        let seed = wanted("nats.issuer_seed", self.issuer_seed.as_ref())?;
        let issuer = console::nats_server::issuer_key(seed).or_fail(Exit::Settings, || {
            "nats.issuer_seed cannot be used".to_owned()
        })?;
        Ok(console::nats_server::Settings {
            name: "switchboard".to_owned(),
            listen: settings.nats.listen.0,
            websocket: settings.nats.websocket.0,
            origins,
            issuer,
            roles_password: wanted("nats.password", self.password.as_ref())?.clone(),
            system_password: wanted("nats.system_password", self.system_password.as_ref())?.clone(),
            directory,
        })
    }

    /// How a role connects.
    pub(crate) fn bus(&self, settings: &Settings, name: &str) -> bus::Config {
        self.connection(settings.nats.user.clone(), self.password.clone(), name)
    }

    /// How the console connects to the system account; none where its password is not known.
    pub(crate) fn system_bus(&self, settings: &Settings) -> Option<bus::Config> {
        let password = self.system_password.clone()?;
        let user = settings.nats.system_user.clone();
        Some(self.connection(user, Some(password), "switchboard-system"))
    }

    fn connection(&self, user: String, password: Option<Secret>, name: &str) -> bus::Config {
        bus::Config {
            url: self.url.clone(),
            user: password.is_some().then_some(user),
            password,
            token: None,
            name: name.to_owned(),
            inbox_prefix: None,
        }
    }

    /// What the console role is told.
    pub(crate) fn console(&self, websocket_url: String) -> Result<console::Config> {
        Ok(console::Config {
            issuer: wanted("nats.issuer_seed", self.issuer_seed.as_ref())?.clone(),
            websocket_url,
        })
    }
}

/// A secret that this role cannot do without.
fn wanted<'a>(key: &str, secret: Option<&'a Secret>) -> Result<&'a Secret> {
    secret.ok_or_else(|| {
        bad(format!(
            "{key} is not set, and the data directory has none; set it or {key}_file"
        ))
    })
}

/// The addresses at which the console's page is opened, as browsers write them.
fn origins(settings: &Settings) -> Vec<String> {
    let address = reachable(settings.console.listen);
    let mut origins = vec![format!("http://{address}")];
    if address.ip().is_loopback() {
        origins.push(format!("http://localhost:{}", address.port()));
    }
    origins.extend(
        settings
            .console
            .origins
            .iter()
            .map(|one| one.trim_end_matches('/').to_owned()),
    );
    origins
}

fn egress_config(loaded: &Loaded) -> Result<egress::Config> {
    let egress = &loaded.settings.egress;
    let source = loaded.layers.source("egress.allow");
    let allow = egress
        .allow
        .iter()
        .map(|entry| entry.parse())
        .collect::<std::result::Result<Vec<egress::Allow>, _>>()
        .or_fail(Exit::Settings, || {
            format!("{source}: egress.allow has an entry of no use")
        })?;
    Ok(egress::Config {
        allow,
        trust: match egress.trust {
            Trust::Mozilla => egress::Trust::Mozilla,
            Trust::System => egress::Trust::System,
        },
        concurrency: egress.concurrency.0,
        per_host: egress.per_host.0,
        waiting: egress.waiting.0.get(),
        grace: EGRESS_GRACE,
    })
}

fn ingress_config(loaded: &Loaded) -> Result<ingress::Config> {
    let ingress = &loaded.settings.ingress;
    let rate = match (
        NonZeroU32::new(ingress.rate),
        NonZeroU32::new(ingress.burst),
    ) {
        (None, _) => None,
        (Some(per_second), Some(burst)) => Some(ingress::Rate { per_second, burst }),
        (Some(_), None) => {
            let source = loaded.layers.source("ingress.burst");
            return Err(bad(format!(
                "{source}: ingress.burst must be over zero while ingress.rate is; to turn the limit \
                 off, set ingress.rate = 0"
            )));
        }
    };
    Ok(ingress::Config {
        rate,
        connections_max: ingress.connections_max.0.get(),
        connections_per_source_max: NonZeroU32::new(ingress.connections_per_source_max),
        headers_max: ingress.headers_max.0.get(),
        header_bytes_max: ingress.header_bytes_max.0,
        header_read_timeout: ingress.header_read_timeout.0,
        body_timeout: ingress.body_timeout.0,
        write_timeout: ingress.write_timeout.0,
        large_bodies_max: ingress.large_bodies_max.0.get(),
        router_timeout: ingress.router_timeout.0,
        drain_timeout: ingress.drain_timeout.0,
    })
}

fn nats(loaded: &Loaded) -> Result<Nats> {
    let nats = &loaded.settings.nats;
    let made = |name: &str| loaded.data.as_ref().map(|data| data.nats(name));
    let (url, child) = match &nats.url {
        Some(url) => (url.clone(), false),
        None => (format!("nats://{}", reachable(nats.listen)), true),
    };
    Ok(Nats {
        url,
        child,
        password: loaded.secret(
            "nats.password",
            nats.password.as_ref(),
            nats.password_file.as_deref(),
            made("roles.password"),
        )?,
        system_password: loaded.secret(
            "nats.system_password",
            nats.system_password.as_ref(),
            nats.system_password_file.as_deref(),
            made("system.password"),
        )?,
        issuer_seed: loaded.secret(
            "nats.issuer_seed",
            nats.issuer_seed.as_ref(),
            nats.issuer_seed_file.as_deref(),
            made("issuer.seed"),
        )?,
    })
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
