//! The console API as commands: `<noun> <verb> --flags`. `table` has one row per method.

mod args;
mod columns;
mod lookup;
mod show;
mod sign_in;
mod table;
#[cfg(test)]
mod tests;

use clap::{ArgMatches, Args as _, Command, FromArgMatches as _};

use crate::exit::{Exit, Failure, OrExit as _, Result};
use crate::output;
use crate::runtime::block_on;
use crate::settings::Environment;
pub(crate) use lookup::id_of;
pub(crate) use sign_in::{Caller, SignIn};
pub(crate) use table::Named;
use table::methods::METHODS;
use table::{Method, NOUNS};

/// Whether this is a noun of the console API.
pub(crate) fn is_noun(word: &str) -> bool {
    NOUNS.iter().any(|noun| noun.name == word)
}

/// The nouns as commands, with their verbs as subcommands.
pub(crate) fn commands() -> impl Iterator<Item = Command> {
    NOUNS.iter().map(|noun| {
        let about = Command::new(noun.name)
            .about(noun.about)
            .after_help(noun.examples);
        let methods = METHODS.iter().filter(|method| method.noun == noun.name);
        methods.fold(about, |command, method| {
            // A noun without verbs is itself the command.
            if method.verb.is_empty() {
                return leaf(command, method);
            }
            command
                .subcommand_required(true)
                .arg_required_else_help(true)
                .subcommand(leaf(Command::new(method.verb), method))
        })
    })
}

/// The command of one method.
fn leaf(command: Command, method: &Method) -> Command {
    // `augment_args` replaces the description with that of `SignIn`.
    let mut command = SignIn::augment_args(command).about(method.about);
    for arg in method.args {
        command = command.args(args::clap_args(arg));
    }
    if method.changes {
        command = command.arg(args::command_id());
    }
    command
}

/// Calls a method and prints the answer.
pub(crate) fn run(noun: &str, matches: &ArgMatches, environment: &Environment) -> Result {
    let (verb, matches) = matches.subcommand().unwrap_or(("", matches));
    let method = METHODS
        .iter()
        .find(|method| method.noun == noun && method.verb == verb)
        .ok_or_else(|| Failure::message(Exit::Usage, format!("unknown command {noun} {verb}")))?;
    let sign_in = SignIn::from_arg_matches(matches).or_exit(Exit::Usage)?;
    let given = args::given(method, matches)?;
    block_on(async {
        let caller = Caller::sign_in(&sign_in, environment).await?;
        let request = lookup::names_to_ids(&caller, given).await?;
        let ok = caller.call(method.name, &request).await?;
        if sign_in.json {
            output::json(&ok)
        } else {
            show::show(&ok)
        }
    })
}
