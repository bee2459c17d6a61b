//! The connection to NATS, and the configuration of the nats-server.

use std::net::SocketAddr;
use std::path::PathBuf;

use chat::secret::Secret;
use console::Websocket;

use super::loaded::{Given, Loaded, bad};
use crate::data::generate::new_password;
use crate::exit::{Exit, OrExit as _, Result};
use crate::settings::{Settings, reachable};

/// The URL of NATS and the credentials.
#[derive(Debug)]
pub(crate) struct Nats {
    /// The URL that the roles connect to.
    pub(crate) url: String,
    /// Whether the server is our child process.
    pub(crate) child: bool,
    /// The roles' password.
    pub(crate) password: Option<Given>,
    /// The system account's password.
    pub(crate) system_password: Option<Given>,
    /// The seed of the account key.
    pub(crate) issuer_seed: Option<Given>,
}

/// Reads the URL and the secrets.
pub(super) fn nats(loaded: &Loaded) -> Result<Nats> {
    let set = &loaded.settings.nats;
    let created = |name: &str| loaded.data.as_ref().map(|data| data.nats(name));
    let (url, child) = match &set.url {
        Some(url) => (url.clone(), false),
        None => (format!("nats://{}", reachable(set.listen.0)), true),
    };
    let nats = Nats {
        url,
        child,
        password: loaded.secret(
            "nats.password",
            set.password.as_ref(),
            set.password_file.as_deref(),
            created("roles.password"),
        )?,
        system_password: loaded.secret(
            "nats.system_password",
            set.system_password.as_ref(),
            set.system_password_file.as_deref(),
            created("system.password"),
        )?,
        issuer_seed: loaded.secret(
            "nats.issuer_seed",
            set.issuer_seed.as_ref(),
            set.issuer_seed_file.as_deref(),
            created("issuer.seed"),
        )?,
    };
    nats.issuer_seed.as_ref().map(issuer_key).transpose()?;
    nats.bus(&loaded.settings, "switchboard")
        .check()
        .or_fail(Exit::Settings, || "nats.url is invalid".to_owned())?;
    Ok(nats)
}

impl Nats {
    /// The configuration of the nats-server, which accepts the console page at this address and, if it
    /// is our child, writes its files to this directory.
    pub(crate) fn server(
        &self,
        settings: &Settings,
        page: SocketAddr,
        directory: Option<PathBuf>,
    ) -> Result<console::nats_server::Settings> {
        let seed = required("nats.issuer_seed", self.issuer_seed.as_ref())?;
        let issuer = issuer_key(seed)?;
        Ok(console::nats_server::Settings {
            name: "switchboard".to_owned(),
            listen: settings.nats.listen.0,
            websocket: settings.nats.websocket.0,
            origins: origins(settings, page),
            issuer,
            roles_password: required("nats.password", self.password.as_ref())?
                .secret
                .clone(),
            system_password: required("nats.system_password", self.system_password.as_ref())?
                .secret
                .clone(),
            directory,
        })
    }

    /// The connection of a role.
    pub(crate) fn bus(&self, settings: &Settings, name: &str) -> bus::Config {
        let password = self.password.as_ref().map(|given| given.secret.clone());
        self.connection(settings.nats.user.clone(), password, name)
    }

    /// The connection of the console to the system account; `None` without its password.
    pub(crate) fn system_bus(&self, settings: &Settings) -> Option<bus::Config> {
        let password = self.system_password.as_ref()?.secret.clone();
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

    /// The configuration of the console, whose page is at this address.
    pub(crate) fn console(
        &self,
        settings: &Settings,
        page: SocketAddr,
        websocket: Websocket,
    ) -> Result<console::Config> {
        // An external server accepts the origins in its own configuration, which is unknown here.
        let origins = self.child.then(|| origins(settings, page));
        let self_test = (!self.child).then(|| self.self_test()).transpose()?;
        Ok(console::Config {
            issuer: required("nats.issuer_seed", self.issuer_seed.as_ref())?
                .secret
                .clone(),
            websocket,
            origins: origins.unwrap_or_default(),
            self_test,
        })
    }

    /// A connection with a random token, by which the console tests the sign-in.
    fn self_test(&self) -> Result<bus::Config> {
        let config = self.connection(String::new(), None, "switchboard-self-test");
        Ok(bus::Config {
            token: Some(new_password()?.0),
            ..config
        })
    }
}

/// A secret that is required.
fn required<'a>(key: &str, secret: Option<&'a Given>) -> Result<&'a Given> {
    secret.ok_or_else(|| {
        bad(format!(
            "{key} is not set, and the data directory has no file for it; set {key} or {key}_file, or \
             make the file again: switchboard init --repair --data DIR"
        ))
    })
}

/// The public key of a seed.
fn issuer_key(seed: &Given) -> Result<String> {
    console::nats_server::issuer_key(&seed.secret).or_fail(Exit::Settings, || {
        format!(
            "{} has no seed of an account key; restore it, or make a new one: switchboard init \
             --repair --data DIR",
            seed.source
        )
    })
}

/// The origins of the console page, as browsers send them.
fn origins(settings: &Settings, page: SocketAddr) -> Vec<String> {
    let address = reachable(page);
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
