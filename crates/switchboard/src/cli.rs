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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::Args as _;

    use super::*;

    /// Every command, with all its words.
    fn all(command: &clap::Command, words: &str) -> Vec<(String, clap::Command)> {
        let words = format!("{words} {}", command.get_name());
        let below = command.get_subcommands().flat_map(|one| all(one, &words));
        let below: Vec<_> = below.collect();
        [(words, command.clone())]
            .into_iter()
            .chain(below)
            .collect()
    }

    fn signing_in(command: &clap::Command) -> BTreeSet<String> {
        let arguments = command.get_arguments();
        let arguments = arguments.filter(|one| one.get_help_heading() == Some("Signing in"));
        arguments.map(|one| one.get_id().to_string()).collect()
    }

    #[test]
    fn options_of_a_command_come_before_those_for_signing_in() {
        let sign_in = signing_in(&api::SignIn::augment_args(clap::Command::new("x")));
        assert!(sign_in.contains("token_file"));
        for (words, command) in all(&command(), "") {
            let found = signing_in(&command);
            assert!(found.is_empty() || found == sign_in, "{words}: {found:?}");
        }
        let connect = &["switchboard", "channel", "connect", "--help"];
        let help = command().try_get_matches_from(connect).unwrap_err();
        let help = help.to_string();
        let at = |text: &str| help.find(text).unwrap();
        assert!(at("\nOptions:") < at("\n      --live-chat <"), "{help}");
        assert!(at("--command-id") < at("--help"), "{help}");
        assert!(at("--help") < at("Signing in:"), "{help}");
    }

    #[test]
    fn help_wraps_at_any_width() {
        for (words, command) in all(&command(), "") {
            let after = command.get_after_help().map(ToString::to_string);
            let after = after.unwrap_or_default();
            let is_prose = |line: &str| !line.is_empty() && !line.starts_with(' ');
            let lines: Vec<&str> = after.lines().collect();
            for pair in lines.windows(2) {
                // The terminal's width breaks a paragraph, not the source.
                let is_broken = is_prose(pair[0]) && is_prose(pair[1]);
                assert!(!is_broken, "{words}: {pair:?}");
            }
            for line in lines.iter().filter(|line| !is_prose(line)) {
                assert!(line.len() <= 100, "{words}: {line}");
            }
        }
    }
}
