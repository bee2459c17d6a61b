//! The command line: parses it and runs the command.

use std::sync::LazyLock;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::commands::{
    api, completions, config, doctor, feed, init, log, messenger, nats_child, run, up,
};
use crate::exit::{Exit, Failure, Result};
use crate::output;
use crate::settings::Environment;

/// The version, with the commit if the build provides `SWITCHBOARD_COMMIT`.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let version = env!("CARGO_PKG_VERSION");
    match option_env!("SWITCHBOARD_COMMIT") {
        Some(commit) => format!("{version} ({commit})"),
        None => version.to_owned(),
    }
});

const EXAMPLES: &str = "\
Examples:
  switchboard up --data ./data                     run everything on this machine
  switchboard messenger --code secret              a simulated messenger to connect to it
  switchboard channel connect --help               how to connect it
  switchboard feed                                 all events, as JSON lines
  switchboard log verify --data ./data             prove that nothing was lost or changed

Exit codes:
  0 ok; 1 failure; 2 usage; 3 log damaged; 4 not connected; 5 denied; 78 bad settings";

/// Self-hosted, event-sourced live chat: messengers on one side, operators on the other.
#[derive(Debug, Parser)]
#[command(name = "switchboard", version = VERSION.as_str(), after_help = EXAMPLES)]
#[command(
    subcommand_required = true,
    arg_required_else_help = true,
    max_term_width = 100
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::Args),
    Up(up::Args),
    Run(run::Args),
    Config(config::Args),
    Doctor(doctor::Args),
    Feed(feed::Args),
    Log(log::Args),
    Messenger(messenger::Args),
    Completions(completions::Args),
    #[command(hide = true)]
    NatsChild(nats_child::Args),
}

/// Parses the command line and runs the command.
pub(crate) fn run(environment: &Environment) -> Result {
    let matches = match command().try_get_matches() {
        Ok(matches) => matches,
        Err(error) => return print(&error),
    };
    if let Some((noun, rest)) = matches.subcommand()
        && api::is_noun(noun)
    {
        return api::run(noun, rest, environment);
    }
    match Cli::from_arg_matches(&matches)
        .map_err(|e| Failure::new(Exit::Usage, e))?
        .command
    {
        Command::Init(args) => init::run(&args, environment),
        Command::Up(args) => up::run(&args, environment),
        Command::Run(args) => run::run(&args, environment),
        Command::Config(args) => config::run(&args, environment),
        Command::Doctor(args) => doctor::run(&args, environment),
        Command::Feed(args) => feed::run(&args, environment),
        Command::Log(args) => log::run(&args, environment),
        Command::Messenger(args) => messenger::run(&args),
        Command::NatsChild(args) => nats_child::run(&args),
        Command::Completions(args) => completions::run(&args, command()),
    }
}

/// The commands above, and the nouns of the console API.
fn command() -> clap::Command {
    Cli::command().subcommands(api::commands())
}

/// Prints help and version to stdout, and usage errors to stderr.
fn print(error: &clap::Error) -> Result {
    if error.use_stderr() {
        output::message(error.render().to_string().trim_end());
        return Err(Failure::printed(Exit::Usage));
    }
    output::text(&error.render().to_string())
}
