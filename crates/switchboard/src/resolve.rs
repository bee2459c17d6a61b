//! Derives the configuration of each role from the settings, and checks the keys against each other.
//! Nothing is bound or connected before all checks have passed.

mod edges;
mod loaded;
mod nats;
mod router;

use chat::subject::Subjects;

use crate::exit::Result;
use crate::settings::{Address, Settings};
use crate::telemetry;
use edges::{egress_config, ingress_config};
use loaded::bad;
pub(crate) use loaded::{Given, Loaded};
pub(crate) use nats::Nats;
use nats::nats;
pub(crate) use router::master_key;
use router::router_config;

/// The configuration of each role.
#[derive(Debug)]
pub(crate) struct Resolved {
    /// The workspace, which is part of every subject.
    pub(crate) workspace: Subjects,
    /// Valid but dangerous settings.
    pub(crate) warnings: Vec<String>,
    /// The configuration of ingress.
    pub(crate) ingress: ingress::Config,
    /// The URL that messengers send to.
    pub(crate) public_url: String,
    /// The retry schedule and the time to live of deliveries.
    pub(crate) rules: chat::rules::Rules,
    /// The configuration of egress.
    pub(crate) egress: egress::Config,
    /// The connection to NATS.
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
                notices_full: chat::rules::NOTICES_FULL,
                retry_after_max: settings.delivery.retry_after_max.0,
            },
            egress: egress_config(loaded)?,
            nats: nats(loaded)?,
        })
    }

    /// The configuration of the session router; messengers reach the broker at `public_url`.
    pub(crate) fn router(
        &self,
        loaded: &Loaded,
        public_url: String,
    ) -> Result<session_router::Config> {
        router_config(loaded, self.rules.clone(), public_url)
    }
}

/// Checks that no two listeners have the same port, except for port 0.
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
                "{key} and {other} have the same port {port}; change one"
            )));
        }
        seen.push((key, address.0));
    }
    Ok(())
}

/// Every listener of these settings, with its key.
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
