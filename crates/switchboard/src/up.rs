//! `up` and `run`: the broker itself.

use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;

use crate::broker::Broker;
use crate::cli::{DataArgs, SetArgs, block_on};
use crate::daemon::Role;
use crate::data::Data;
use crate::exit::{Exit, Failure, OrExit as _, Result};
use crate::resolve::{Loaded, Resolved};
use crate::settings::Environment;
use crate::{init, output, telemetry};

/// Run everything: all roles and, when nats.url is empty, a nats-server of our own.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  switchboard up --data ./data
  switchboard up --data ./data --set ingress.listen=127.0.0.1:18080

When DIR does not exist, it is made as `switchboard init --dev` makes it. SIGINT or SIGTERM ends it
within 15 seconds: what is acknowledged is on stable storage, before and after.")]
pub(crate) struct Args {
    #[command(flatten)]
    data: DataArgs,
    /// Let webhooks be on this machine's loopback, for this run, unless egress.allow is set.
    #[arg(long)]
    dev: bool,
}

/// Run one or several roles of a broker that is spread over processes or machines.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  switchboard run --role session-router --data /var/lib/switchboard --set nats.url=nats://10.0.0.5:4222
  SWITCHBOARD__NATS__URL=nats://10.0.0.5:4222 SWITCHBOARD__NATS__PASSWORD_FILE=/run/secrets/nats \\
    switchboard run --role ingress --role egress

Only session-router needs the log's directory. `switchboard config nats` prints what the nats-server
must be told.")]
pub(crate) struct RunArgs {
    /// The role; may be repeated.
    #[arg(long = "role", value_name = "ROLE", required = true, num_args = 1.., value_enum)]
    roles: Vec<Role>,
    /// The data directory.
    #[arg(long, value_name = "DIR", required_if_eq("roles", "session-router"))]
    data: Option<PathBuf>,
    #[command(flatten)]
    set: SetArgs,
}

/// Runs all roles.
pub(crate) fn up(args: &Args, environment: &Environment) -> Result {
    let data = Data::at(&args.data.data);
    let vacant = data.is_vacant().or_fail(Exit::Failure, || {
        format!("cannot look into {}", data.path().display())
    })?;
    if vacant {
        output::talk(format_args!("There is no {} yet.", data.path().display()));
        init::create(&data, &init::Plan::dev()?)?;
    }
    require_initialised(&data)?;
    let mut loaded = Loaded::load(Some(data.clone()), environment, &args.data.set)?;
    if args.dev && loaded.layers.is_default("egress.allow") {
        let mut set = args.data.set.clone();
        set.set.push(format!("egress.allow={}", init::DEV_ALLOW));
        loaded = Loaded::load(Some(data), environment, &set)?;
    }
    serve(&loaded, &Role::ALL, environment)
}

/// Runs some roles.
pub(crate) fn run(args: &RunArgs, environment: &Environment) -> Result {
    let data = args.data.as_ref().map(Data::at);
    if let Some(data) = data
        .as_ref()
        .filter(|_| args.roles.contains(&Role::SessionRouter))
    {
        require_initialised(data)?;
    }
    let loaded = Loaded::load(data, environment, &args.set)?;
    if loaded.settings.nats.url.is_none() {
        let words = "nats.url is not set: roles that run apart meet at a nats-server of yours. Set \
                     it, or run everything with `switchboard up`";
        return Err(Failure::say(Exit::Settings, words));
    }
    serve(&loaded, &args.roles, environment)
}

fn require_initialised(data: &Data) -> Result {
    if data.is_initialised() {
        return Ok(());
    }
    let shown = data.path().display();
    let words = format!(
        "{shown} is no data directory (it has no master.key); make one with `switchboard init --data \
         {shown}`, or give a directory that does not exist yet"
    );
    Err(Failure::say(Exit::Settings, words))
}

fn serve(loaded: &Loaded, roles: &[Role], environment: &Environment) -> Result {
    let resolved = Resolved::of(loaded)?;
    telemetry::start(&loaded.settings.tracing, environment)?;
    for warning in &resolved.warnings {
        tracing::warn!("{warning}");
    }
    let _lock = match &loaded.data {
        Some(data) if resolved.nats.child => Some(lock(data)?),
        _ => None,
    };
    let broker = Broker {
        loaded,
        resolved,
        roles,
        environment,
    };
    block_on(broker.serve())
}

/// One `up` for one directory: a second would end the first one's nats-server as left behind.
fn lock(data: &Data) -> Result<File> {
    let path = data.nats("lock");
    let words = || format!("cannot lock {}", path.display());
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false);
    let mut file = options.open(&path).or_fail(Exit::Failure, words)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(std::fs::TryLockError::WouldBlock) => {
            let holder = std::fs::read_to_string(&path).unwrap_or_default();
            let words = format!(
                "{} is in use by another `switchboard up` (process {}); stop that one first",
                data.path().display(),
                holder.trim()
            );
            return Err(Failure::say(Exit::Failure, words));
        }
        Err(std::fs::TryLockError::Error(error)) => {
            return Err(error).or_fail(Exit::Failure, words);
        }
    }
    file.set_len(0).or_fail(Exit::Failure, words)?;
    writeln!(file, "{}", std::process::id()).or_fail(Exit::Failure, words)?;
    Ok(file)
}
