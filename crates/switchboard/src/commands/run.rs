//! `run`: runs some roles of a broker that is spread over processes or machines.

use std::path::PathBuf;

use super::args::{AdoptArgs, SetArgs};
use crate::broker::{self, Plan, Role};
use crate::data::{Data, files, place};
use crate::exit::{Exit, Failure, Result};
use crate::resolve::{Loaded, Resolved};
use crate::runtime::block_on;
use crate::settings::Environment;
use crate::telemetry;

/// Run one or several roles of a broker that is spread over processes or machines.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  switchboard run --role session-router --data /var/lib/switchboard \\
    --set nats.url=nats://10.0.0.5:4222
  SWITCHBOARD__NATS__URL=nats://10.0.0.5:4222 SWITCHBOARD__NATS__PASSWORD_FILE=/run/secrets/nats \\
    switchboard run --role ingress --role egress

Only session-router needs the data directory with the log. `switchboard config nats` prints \
the configuration for the nats-server.")]
pub(crate) struct Args {
    /// The role; repeatable.
    #[arg(long = "role", value_name = "ROLE", required = true, num_args = 1.., value_enum)]
    roles: Vec<Role>,
    /// The data directory.
    #[arg(long, value_name = "DIR", required_if_eq("roles", "session-router"))]
    data: Option<PathBuf>,
    #[command(flatten)]
    adopt: AdoptArgs,
    #[command(flatten)]
    set: SetArgs,
}

/// Runs some roles.
pub(crate) fn run(args: &Args, environment: &Environment) -> Result {
    let data = args.data.as_ref().map(Data::at);
    if let Some(data) = data
        .as_ref()
        .filter(|_| args.roles.contains(&Role::SessionRouter))
    {
        require_initialised(data)?;
    }
    let loaded = Loaded::load(data, environment, &args.set.set)?;
    if loaded.settings.nats.url.is_none() {
        let message = "nats.url is not set: separate roles need a nats-server that all of them can \
                       reach. Set it, or run everything with `switchboard up`";
        return Err(Failure::message(Exit::Settings, message));
    }
    serve(&loaded, &args.roles, args.adopt, environment)
}

pub(super) fn require_initialised(data: &Data) -> Result {
    data.require_readable()?;
    if data.is_initialised() {
        return Ok(());
    }
    let path = data.path().display();
    let message = if data.is_vacant().unwrap_or(false) {
        format!("{path} is not a data directory; create one with `switchboard init --data {path}`")
    } else {
        format!(
            "{path} has no master.key; if it is a data directory, restore the key from a backup, because \
             nothing in it can be read without the key; otherwise give a directory that does not exist yet"
        )
    };
    Err(Failure::message(Exit::Settings, message))
}

/// Runs roles until a signal arrives or one of them fails.
pub(super) fn serve(
    loaded: &Loaded,
    roles: &[Role],
    AdoptArgs { adopt }: AdoptArgs,
    environment: &Environment,
) -> Result {
    let resolved = Resolved::of(loaded)?;
    telemetry::start(&loaded.settings.tracing, environment)?;
    for warning in &resolved.warnings {
        tracing::warn!("{warning}");
    }
    if let Some(data) = &loaded.data
        && roles.contains(&Role::SessionRouter)
    {
        place::check(data, adopt)?;
    }
    // A second `up` would stop the first one's nats-server as a stale child.
    let _lock = match &loaded.data {
        Some(data) if resolved.nats.child => Some(data.lock()?),
        _ => None,
    };
    if let Some(data) = loaded.data.as_ref().filter(|data| data.is_initialised()) {
        match files::tighten(data) {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "removed the access of other users to files"),
            Err(error) => {
                tracing::warn!(%error, "cannot remove the access of other users to files");
            }
        }
    }
    let plan = Plan {
        loaded,
        resolved,
        roles,
        environment,
    };
    block_on(broker::serve(plan))
}
