//! `up`: runs the whole broker in one process.

use super::args::{AdoptArgs, DataArgs};
use super::run::{require_initialised, serve};
use crate::broker::Role;
use crate::data::Data;
use crate::data::create::{DEV_ALLOW, Options, create};
use crate::exit::{Exit, OrExit as _, Result};
use crate::output;
use crate::resolve::Loaded;
use crate::settings::Environment;

/// Run everything: all roles and, if nats.url is empty, a nats-server.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  switchboard up --data ./data
  switchboard up --data ./data --set ingress.listen=127.0.0.1:18080

If DIR does not exist, it is created like `switchboard init --dev` does. SIGINT or SIGTERM \
stops the broker within 15 seconds. Acknowledged messages are always on stable storage.")]
pub(crate) struct Args {
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    adopt: AdoptArgs,
    /// Allow webhooks on loopback addresses for this run, unless egress.allow is set.
    #[arg(long)]
    dev: bool,
}

/// Runs all roles.
pub(crate) fn run(args: &Args, environment: &Environment) -> Result {
    let data = Data::at(&args.data.data);
    let vacant = data.is_vacant().or_fail(Exit::Failure, || {
        format!("cannot read {}", data.path().display())
    })?;
    if vacant {
        let path = data.path().display();
        output::message(format_args!(
            "{path} has no data yet: creating it for development, like `switchboard init --dev`. \
             For production, use `switchboard init --data DIR` with a new directory, or delete \
             egress.allow from {path}/switchboard.toml and restart; see docs/operating.md."
        ));
        create(&data, &Options::dev()?)?;
    }
    require_initialised(&data)?;
    let mut set = args.data.set.set.clone();
    let mut loaded = Loaded::load(Some(data.clone()), environment, &set)?;
    if args.dev && loaded.layers.is_default("egress.allow") {
        set.push(format!("egress.allow={DEV_ALLOW}"));
        loaded = Loaded::load(Some(data), environment, &set)?;
    }
    serve(&loaded, &Role::ALL, args.adopt, environment)
}
