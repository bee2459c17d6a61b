//! Turns flags into the members of a request.

use std::io::Read as _;
use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{ArgAction, ArgMatches, ValueHint};
use serde_json::{Map, Value, json};

use super::table::{Arg, Kind, Method, Named};
use crate::data;
use crate::exit::{Exit, Failure, Result};

/// The flag of every method that changes something.
const COMMAND_ID: &str = "command-id";
/// The longest text that is read from stdin.
const STDIN_BYTES_MAX: u64 = 256 * 1024;

/// The members of a request.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Given {
    pub(super) members: Map<String, Value>,
    /// The members that may be names instead of ids.
    pub(super) names: Vec<(&'static str, Named)>,
}

/// `--command-id`.
pub(super) fn command_id() -> clap::Arg {
    clap::Arg::new(COMMAND_ID)
        .long(COMMAND_ID)
        .value_name("UUID")
        .help("An id that makes retries safe: a repeated id returns the first answer")
}

/// The flags of an argument. A secret has two, and one of them is enough.
pub(super) fn clap_args(arg: &'static Arg) -> Vec<clap::Arg> {
    let flag = clap::Arg::new(arg.flag)
        .long(arg.flag)
        .help(arg.help)
        .required(arg.required);
    match arg.kind {
        Kind::Text | Kind::TextOrStdin => vec![flag.value_name("TEXT")],
        Kind::Name(_) => vec![flag.value_name("ID|NAME")],
        Kind::Choice(choices) => vec![flag.value_parser(PossibleValuesParser::new(choices))],
        Kind::Number => vec![flag.value_name("N").value_parser(clap::value_parser!(u64))],
        Kind::Flag => vec![flag.action(ArgAction::SetTrue)],
        Kind::Bool => vec![
            flag.value_name("BOOL")
                .value_parser(clap::value_parser!(bool)),
        ],
        Kind::List => vec![
            flag.value_name("A,B")
                .value_delimiter(',')
                .action(ArgAction::Append),
        ],
        Kind::Files => vec![flag.value_name("[NAME=]URL").action(ArgAction::Append)],
        Kind::Secret => {
            let file = file_flag(arg);
            let from_file = clap::Arg::new(file)
                .long(file)
                .value_name("FILE")
                .value_hint(ValueHint::FilePath)
                .value_parser(clap::value_parser!(PathBuf))
                .conflicts_with(arg.flag)
                .help("The same from a file, which hides it from other users of the machine");
            let flag = flag.value_name("TEXT").required(false);
            vec![
                if arg.required {
                    flag.required_unless_present(file)
                } else {
                    flag
                },
                from_file,
            ]
        }
    }
}

/// The flag for a file with a secret. Not `password-file`: that has the caller's password.
fn file_flag(arg: &Arg) -> &'static str {
    match arg.flag {
        "code" => "code-file",
        _ => "new-password-file",
    }
}

/// Reads the flags.
pub(super) fn given(method: &'static Method, matches: &ArgMatches) -> Result<Given> {
    let mut given = Given::default();
    for arg in method.args {
        if let Kind::Name(named) = arg.kind
            && matches.contains_id(arg.flag)
        {
            given.names.push((arg.member, named));
        }
        if let Some(value) = value(arg, matches)? {
            given.members.insert(arg.member.to_owned(), value);
        }
    }
    if method.changes
        && let Some(id) = matches.get_one::<String>(COMMAND_ID)
    {
        given
            .members
            .insert("commandId".to_owned(), id.as_str().into());
    }
    Ok(given)
}

fn value(arg: &Arg, matches: &ArgMatches) -> Result<Option<Value>> {
    let text = || matches.get_one::<String>(arg.flag).map(String::as_str);
    let many = || {
        let values = matches.get_many::<String>(arg.flag)?;
        Some(values.map(String::as_str).collect::<Vec<_>>())
    };
    Ok(match arg.kind {
        Kind::Text | Kind::Name(_) | Kind::Choice(_) => text().map(Value::from),
        Kind::TextOrStdin => match text() {
            Some("-") => Some(stdin()?.into()),
            text => text.map(Value::from),
        },
        Kind::Number => matches.get_one::<u64>(arg.flag).copied().map(Value::from),
        Kind::Flag => matches.get_flag(arg.flag).then_some(Value::Bool(true)),
        Kind::Bool => matches.get_one::<bool>(arg.flag).copied().map(Value::from),
        // `--users ''` is the empty list.
        Kind::List => many().map(|list| list.into_iter().filter(|one| !one.is_empty()).collect()),
        Kind::Files => many().map(|files| files.into_iter().map(file).collect()),
        Kind::Secret => match matches.get_one::<PathBuf>(file_flag(arg)) {
            None => text().map(Value::from),
            Some(path) => Some(data::read_secret_argument(path)?.expose().into()),
        },
    })
}

/// Parses `NAME=URL`, or a URL that ends with the name.
fn file(text: &str) -> Value {
    let (name, url) = match text.split_once('=') {
        // An `=` after the scheme is part of the URL.
        Some((name, url)) if !name.contains("://") => (name, url),
        _ => {
            let path = text.split(['?', '#']).next().unwrap_or(text);
            let name = path
                .rsplit('/')
                .find(|part| !part.is_empty())
                .unwrap_or(text);
            (name, text)
        }
    };
    json!({ "name": name, "URL": url })
}

fn stdin() -> Result<String> {
    let mut text = String::new();
    std::io::stdin()
        .lock()
        .take(STDIN_BYTES_MAX)
        .read_to_string(&mut text)?;
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() {
        return Err(Failure::message(Exit::Usage, "stdin is empty"));
    }
    Ok(text.to_owned())
}
