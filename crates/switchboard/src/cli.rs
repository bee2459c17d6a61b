//! The command line: what there is, and which module does it.

use std::path::PathBuf;
use std::sync::LazyLock;

use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::exit::{Exit, Failure, Result};
use crate::settings::Environment;
use crate::{api, config, doctor, feed, init, journal, messenger, output, up};

/// The version, with the commit where the build was told it.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let version = env!("CARGO_PKG_VERSION");
    match option_env!("SWITCHBOARD_COMMIT") {
        Some(commit) => format!("{version} ({commit})"),
        None => version.to_owned(),
    }
});

const EXAMPLES: &str = "\
Examples:
  switchboard up --data ./data                     everything on this machine, for a first look
  switchboard messenger --code secret              a messenger to connect to it
  switchboard channel connect --help               how to connect it
  switchboard feed                                 everything that happens, as JSON lines
  switchboard log verify --data ./data             proves that nothing was lost or changed

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
    Run(up::RunArgs),
    Config(config::Args),
    Doctor(doctor::Args),
    Feed(feed::Args),
    Log(journal::Args),
    Messenger(messenger::Args),
    Completions(CompletionsArgs),
}

/// Print the completions of a shell.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  switchboard completions bash > ~/.local/share/bash-completion/completions/switchboard"
)]
struct CompletionsArgs {
    /// The shell.
    shell: clap_complete::Shell,
}

/// Where the data is, and what settings are laid over its file.
#[derive(Args, Clone, Debug)]
pub(crate) struct DataArgs {
    /// The data directory.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: PathBuf,
    #[command(flatten)]
    pub(crate) set: SetArgs,
}

/// The highest layer of settings.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct SetArgs {
    /// Set a key for this run, such as --set ingress.listen=127.0.0.1:18080; may be repeated.
    #[arg(long = "set", value_name = "KEY=VALUE", global = true)]
    pub(crate) set: Vec<String>,
}

/// Does what the command line says.
pub(crate) fn run(environment: &Environment) -> Result {
    let matches = match command().try_get_matches() {
        Ok(matches) => matches,
        Err(error) => return said(&error),
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
        Command::Init(args) => init::run(&args),
        Command::Up(args) => up::up(&args, environment),
        Command::Run(args) => up::run(&args, environment),
        Command::Config(args) => config::run(&args, environment),
        Command::Doctor(args) => doctor::run(&args, environment),
        Command::Feed(args) => feed::run(&args, environment),
        Command::Log(args) => journal::run(&args),
        Command::Messenger(args) => messenger::run(&args),
        Command::Completions(args) => completions(args.shell),
    }
}

/// Everything that can be typed: the commands above, and the nouns of the console API.
fn command() -> clap::Command {
    Cli::command().subcommands(api::commands())
}

/// What clap has to say itself: help and version are data and no fault.
fn said(error: &clap::Error) -> Result {
    if error.use_stderr() {
        output::talk(error.render().to_string().trim_end());
        return Err(Failure::said(Exit::Usage));
    }
    output::text(&error.render().to_string())
}

fn completions(shell: clap_complete::Shell) -> Result {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command(), "switchboard", &mut script);
    output::text(&String::from_utf8_lossy(&script))
}

/// Runs a future to its end on a runtime of its own.
pub(crate) fn block_on<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let result = runtime.block_on(future);
    // A read of the terminal cannot be cancelled, and must not keep us.
    runtime.shutdown_background();
    result
}
