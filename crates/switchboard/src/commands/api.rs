//! The console API as commands, one for each method of [`chat::api::METHODS`]: `<noun> <verb> --flags`.

mod columns;
mod flags;
mod help;
mod lookup;
mod names;
mod show;
mod sign_in;
#[cfg(test)]
mod tests;

use chat::api::{METHODS, Method};
use clap::{ArgMatches, Args as _, Command, FromArgMatches as _};
use serde_json::Value;

use super::reset_password;
use crate::exit::{Exit, Failure, OrExit as _, Result};
use crate::output;
use crate::runtime::block_on;
use crate::settings::Environment;
use help::NOUNS;
pub(crate) use lookup::{Named, id_of};
pub(crate) use sign_in::{Caller, SignIn};

/// What the answer to `users.disable` does not show.
const DISABLED: &str = "The user is signed out, the API tokens are revoked, and open sessions are \
                        back in the queue.";

/// Whether this is a noun of the console API.
pub(crate) fn is_noun(word: &str) -> bool {
    NOUNS.iter().any(|noun| noun.name == word)
}

/// The nouns as commands, with their verbs as subcommands.
pub(crate) fn commands() -> impl Iterator<Item = Command> {
    NOUNS.iter().map(|noun| {
        let mut command = Command::new(noun.name)
            .about(noun.about)
            .after_help(noun.examples);
        for method in METHODS {
            let (name, verb) = noun_and_verb(method);
            if name != noun.name {
                continue;
            }
            // A noun without verbs is itself the command.
            command = if verb.is_empty() {
                leaf(command, method)
            } else {
                command
                    .subcommand_required(true)
                    .arg_required_else_help(true)
                    .subcommand(leaf(Command::new(verb), method))
            };
        }
        if noun.name == "user" {
            command = command.subcommand(reset_password::command());
        }
        command
    })
}

/// The words of a method's command. The verb is empty if the noun alone is the command.
fn noun_and_verb(method: &Method) -> (&'static str, &'static str) {
    method.cli.split_once(' ').unwrap_or((method.cli, ""))
}

/// The method that a command calls.
fn find(noun: &str, verb: &str) -> Option<&'static Method> {
    let mut methods = METHODS.iter();
    methods.find(|method| noun_and_verb(method) == (noun, verb))
}

/// The command of one method.
fn leaf(command: Command, method: &'static Method) -> Command {
    // The heading of `SignIn` would also apply to arguments that are added after it, and `augment_args`
    // replaces the description.
    SignIn::augment_args(command.args(flags::clap_args(method))).about(help::about(method))
}

/// Calls a method and prints the answer.
pub(crate) fn run(noun: &str, matches: &ArgMatches, environment: &Environment) -> Result {
    let (verb, matches) = matches.subcommand().unwrap_or(("", matches));
    if verb == reset_password::VERB {
        return reset_password::run(matches, environment);
    }
    let method = find(noun, verb)
        .ok_or_else(|| Failure::message(Exit::Usage, format!("unknown command {noun} {verb}")))?;
    let sign_in = SignIn::from_arg_matches(matches).or_exit(Exit::Usage)?;
    let mut members = flags::members(method, matches)?;
    block_on(async {
        let caller = Caller::sign_in(&sign_in, environment).await?;
        lookup::names_to_ids(&caller, method, &mut members).await?;
        let mut ok = caller.call(method.name, &Value::Object(members)).await?;
        let failed = failed_handshake(method, &ok);
        if sign_in.json {
            output::json(&ok)?;
        } else {
            names::ids_to_names(&caller, &mut ok).await;
            show::show(method, &ok)?;
            if ok.pointer("/user/disabled") == Some(&Value::Bool(true)) && method.changes() {
                output::message(DISABLED);
            }
        }
        failed.map_or(Ok(()), Err)
    })
}

/// A handshake that failed is not an error of the method, but one of the command: scripts read its
/// exit code.
fn failed_handshake(method: &Method, ok: &Value) -> Option<Failure> {
    let is_failed = ok.pointer("/channel/status").and_then(Value::as_str) == Some("failed");
    let error = ok.pointer("/trace/error").and_then(Value::as_str);
    let reason = || {
        ok.pointer("/channel/reason/message")
            .and_then(Value::as_str)
    };
    let error = error.or_else(|| reason().filter(|_| is_failed))?;
    let mut message = format!("the messenger was not verified: {}", output::clean(error));
    if is_failed && method.name == "channels.connect" {
        message +=
            "; the channel is kept: the same command with the right code and webhook repairs it";
    }
    Some(Failure::message(Exit::Failure, message))
}
