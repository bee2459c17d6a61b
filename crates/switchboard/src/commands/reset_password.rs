//! `user reset-password`: sets a password without signing in, for people who are locked out.

use std::path::PathBuf;
use std::time::Duration;

use bus::Bus;
use chat::codec;
use chat::id::UserId;
use chat::rejection::Rejection;
use chat::rpc::ResetPassword;
use chat::secret::Secret;
use chat::subject::Question;
use clap::{ArgMatches, Args as _, Command, FromArgMatches as _};

use super::args::DataArgs;
use super::run::require_initialised;
use crate::data::generate::new_password;
use crate::data::{self, Data};
use crate::exit::{Exit, Failure, OrExit as _, Result};
use crate::output;
use crate::resolve::{Loaded, Resolved};
use crate::runtime::block_on;
use crate::settings::Environment;

/// The verb of the noun `user`. It is no method of the console API.
pub(crate) const VERB: &str = "reset-password";
/// The longest wait for the running broker.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Set a user's password on the machine of the broker, without signing in.
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:
  switchboard user reset-password admin --data ./data

The broker may run or be stopped. Anyone who can read the data directory can do this; the \
audit trail records it as done by `system`. The user's connections are closed; API tokens stay \
valid.")]
struct Args {
    /// The user.
    #[arg(value_name = "LOGIN")]
    login: UserId,
    #[command(flatten)]
    data: DataArgs,
    /// A file with the new password [default: generate one and print it].
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

/// The command.
pub(crate) fn command() -> Command {
    Args::augment_args(Command::new(VERB))
}

/// Sets the password in the log of a stopped broker, or lets the running one do it.
pub(crate) fn run(matches: &ArgMatches, environment: &Environment) -> Result {
    let args = Args::from_arg_matches(matches).or_exit(Exit::Usage)?;
    let data = Data::at(&args.data.data);
    require_initialised(&data)?;
    let given = args.password_file.as_deref();
    let given = given.map(data::read_secret_argument).transpose()?;
    let (new, salt) = new_password()?;
    let password = given.as_ref().unwrap_or(&new);
    chat::password::check(password).or_fail(Exit::Failure, || "invalid password".to_owned())?;
    let reset = ResetPassword {
        user: args.login.clone(),
        password_hash: chat::password::hash(password, salt),
    };
    let loaded = Loaded::load(Some(data.clone()), environment, &args.data.set.set)?;
    let resolved = Resolved::of(&loaded)?;
    data.require_owner()?;
    let config = resolved.router(&loaded, String::new())?;
    let done = match session_router::reset_password(&config, reset.clone()) {
        Err(session_router::Error::Log(event_log::Error::Locked { .. })) => {
            block_on(ask_the_running_broker(&loaded, &resolved, &reset))?
        }
        done => done.or_exit(Exit::Failure)?,
    };
    done.map_err(|rejection| Failure::message(Exit::Failure, rejection.to_string()))?;
    print(&args.login, given.is_none().then_some(&new))
}

async fn ask_the_running_broker(
    loaded: &Loaded,
    resolved: &Resolved,
    reset: &ResetPassword,
) -> Result<std::result::Result<(), Rejection>> {
    let config = resolved.nats.bus(&loaded.settings, "switchboard-cli");
    let bus = Bus::connect(&config).await;
    let bus = bus.map_err(|error| Failure::of_bus(error, Exit::Settings))?;
    let subject = resolved.workspace.router(Question::ResetPassword);
    let payload = codec::encode(reset).into();
    let answer = bus.request(subject, &[], payload, TIMEOUT).await;
    let answer = answer.map_err(unanswered)?;
    codec::decode(&answer.payload).or_exit(Exit::Failure)
}

/// The failure of a request to a broker that has the log open.
fn unanswered(error: bus::Error) -> Failure {
    let is_silent = matches!(
        error,
        bus::Error::NoResponders { .. } | bus::Error::Timeout { .. }
    );
    if !is_silent {
        return Failure::of_bus(error, Exit::Settings);
    }
    let message = "another process has the log open, but no session router answers: wait until the \
                   broker has started or stopped; `switchboard doctor` finds other causes";
    Failure::message(Exit::NotConnected, message)
}

fn print(login: &UserId, generated: Option<&Secret>) -> Result {
    let Some(password) = generated else {
        return output::data(format_args!("The password of {login} is set."));
    };
    output::data(format_args!("login: {login}"))?;
    output::data(format_args!("password: {}", password.expose()))?;
    output::message("This password is not shown again.");
    Ok(())
}
