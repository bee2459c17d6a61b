//! Connects to NATS, and waits for it.

use std::time::Duration;

use bus::Bus;

use super::daemon::Role;
use super::plan::Plan;
use crate::exit::{Exit, Failure, Result};
use crate::resolve::Given;

/// The pause before the second attempt; it doubles with each further one.
const PAUSE_MIN: Duration = Duration::from_millis(250);
/// The longest pause.
const PAUSE_MAX: Duration = Duration::from_secs(10);

/// Connects the roles of this process, and the console to the system account too.
pub(super) async fn connect(plan: &Plan<'_>) -> Result<(Bus, Option<Bus>)> {
    let (nats, settings) = (&plan.resolved.nats, &plan.loaded.settings);
    let roles = nats.bus(settings, "switchboard");
    let bus = connect_to(&roles, nats.child, nats.password.as_ref()).await?;
    let system = nats.system_bus(settings);
    let system = match system.filter(|_| plan.roles.contains(&Role::Console)) {
        Some(system) => {
            let password = nats.system_password.as_ref();
            Some(connect_to(&system, nats.child, password).await?)
        }
        None => None,
    };
    Ok((bus, system))
}

/// Waits for an external server as long as it cannot be reached: the roles may start before it. A wrong
/// URL is an error of the settings.
async fn connect_to(config: &bus::Config, child: bool, password: Option<&Given>) -> Result<Bus> {
    let mut pause = PAUSE_MIN;
    loop {
        match Bus::connect(config).await {
            Ok(bus) => return Ok(bus),
            Err(error @ bus::Error::Unreachable { .. }) if !child => {
                let error = bus::chain(&error);
                tracing::warn!(url = config.url, retry_in = ?pause, %error, "waiting for NATS");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(PAUSE_MAX);
            }
            Err(error) => return Err(explain(config, password, error)),
        }
    }
}

/// Names the file or setting with the password that NATS rejects.
fn explain(config: &bus::Config, password: Option<&Given>, error: bus::Error) -> Failure {
    let is_rejected = matches!(error, bus::Error::NotAuthorised(_));
    let Failure { exit, error } = Failure::of_bus(error, Exit::Settings);
    match password {
        Some(Given { source, .. }) if is_rejected => {
            let user = config.user.as_deref().unwrap_or_default();
            let message = format!(
                "the password of {user} in {source} does not fit the NATS server; take both from one \
                 data directory (`switchboard config nats` prints the server's part)"
            );
            Failure::new(exit, error.context(message))
        }
        None if is_rejected => Failure::new(
            exit,
            error.context(
                "the data directory has no file with the password, and none is set; restore it, or make \
                 a new one: switchboard init --repair --data DIR",
            ),
        ),
        _ => Failure::new(exit, error),
    }
}
