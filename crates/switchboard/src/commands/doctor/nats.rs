//! The NATS server: the program, and whether the running one answers and accepts our credentials.

use bus::Bus;
use tokio::time::timeout;

use super::finding::Finding;
use super::running::{PATIENCE, Running};
use crate::data::Data;
use crate::nats_server;
use crate::resolve::{Given, Loaded, Resolved};
use crate::settings::Environment;

const CHECK: &str = "nats-server";

/// Checks NATS. Returns a connection if it is running.
pub(super) async fn nats(
    data: &Data,
    (loaded, resolved): (&Loaded, &Resolved),
    running: Running,
    environment: &Environment,
) -> (Vec<Finding>, Option<Bus>) {
    if resolved.nats.child {
        let mut findings = vec![program(loaded, environment)];
        let (finding, bus) = child(data, loaded, resolved, running).await;
        findings.extend(finding);
        (findings, bus)
    } else {
        external(loaded, resolved).await
    }
}

/// Checks the program that `up` starts.
fn program(loaded: &Loaded, environment: &Environment) -> Finding {
    match nats_server::find(loaded.settings.nats.server.as_deref(), environment) {
        Ok(found) => {
            let message = format!("{} {}", found.program.display(), found.version);
            Finding::ok(CHECK, message)
        }
        Err(failure) => Finding::wrong(CHECK, failure.to_string()),
    }
}

/// Checks the server that the running `up` started.
async fn child(
    data: &Data,
    loaded: &Loaded,
    resolved: &Resolved,
    running: Running,
) -> (Option<Finding>, Option<Bus>) {
    let (Some(up), Some(nats)) = (running.up, running.nats) else {
        let finding = match (running.up, running.nats) {
            (Some(up), None) => Some(Finding::wrong(
                CHECK,
                format!("the broker (process {up}) runs without its nats-server; see its log"),
            )),
            (None, Some(nats)) => Some(Finding::warning(
                CHECK,
                format!(
                    "process {nats} is the nats-server of this directory, but its broker is down; the next \
                     switchboard up replaces it"
                ),
            )),
            _ => None,
        };
        return (finding, None);
    };
    let mut config = resolved.nats.bus(&loaded.settings, "switchboard-doctor");
    if let Some(address) = nats_server::address(data, nats) {
        config.url = format!("nats://{address}");
    }
    let url = &config.url;
    match timeout(PATIENCE, Bus::connect(&config)).await {
        Ok(Ok(bus)) => {
            let message = format!("answers at {url} (process {nats})");
            (Some(Finding::ok(CHECK, message)), Some(bus))
        }
        Err(_) => {
            let message = format!(
                "process {nats} does not answer at {url} within {PATIENCE:?}: it is stopped or hangs; if \
                 kill -CONT {nats} does not help, run kill -KILL {nats}: the broker (process {up}) starts \
                 it again"
            );
            (Some(Finding::wrong(CHECK, message)), None)
        }
        Ok(Err(bus::Error::NotAuthorised(_))) => {
            let message = format!(
                "process {nats} at {url} rejects the password of the roles, which was lost or changed while \
                 it runs; restore the file, then restart the broker"
            );
            (Some(Finding::wrong(CHECK, message)), None)
        }
        Ok(Err(error)) => (Some(Finding::wrong(CHECK, bus::chain(&error))), None),
    }
}

/// Checks the server at `nats.url`.
async fn external(loaded: &Loaded, resolved: &Resolved) -> (Vec<Finding>, Option<Bus>) {
    let settings = &loaded.settings;
    let roles = resolved.nats.bus(settings, "switchboard-doctor");
    let bus = match timeout(PATIENCE, Bus::connect(&roles)).await {
        Ok(Ok(bus)) => bus,
        Ok(Err(error)) => {
            return (
                vec![refused(&roles, resolved.nats.password.as_ref(), &error)],
                None,
            );
        }
        Err(_) => {
            let message = format!(
                "{} of nats.url does not answer within {PATIENCE:?}; start it, or check the address",
                roles.url
            );
            return (vec![Finding::wrong(CHECK, message)], None);
        }
    };
    let version = bus.server_version();
    let mut findings = vec![if nats_server::is_new_enough(&version) == Some(false) {
        let message = format!(
            "{} runs version {version}, which has no auth callout; upgrade it to 2.10 or newer",
            roles.url
        );
        Finding::wrong(CHECK, message)
    } else {
        Finding::ok(
            CHECK,
            format!("answers at {}, version {version}", roles.url),
        )
    }];
    if let Some(system) = resolved.nats.system_bus(settings)
        && let Ok(Err(error)) = timeout(PATIENCE, system.probe()).await
    {
        findings.push(refused(
            &system,
            resolved.nats.system_password.as_ref(),
            &error,
        ));
    }
    (findings, Some(bus))
}

/// Why a connection to the external server failed.
fn refused(config: &bus::Config, password: Option<&Given>, error: &bus::Error) -> Finding {
    let url = &config.url;
    let message = if matches!(error, bus::Error::NotAuthorised(_)) {
        let from = password.map_or("no password", |given| &given.source);
        let user = config.user.as_deref().unwrap_or("the roles");
        format!(
            "{url} of nats.url rejects {user} with {from}; take password and server configuration from \
                 one data directory (switchboard config nats)"
        )
    } else {
        format!("{}; start it, or correct nats.url", bus::chain(error))
    };
    Finding::wrong(CHECK, message)
}
