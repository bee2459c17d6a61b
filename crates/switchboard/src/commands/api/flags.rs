//! The flags of a method's parameters, and the members of a request that they fill.

use std::io::Read as _;
use std::path::PathBuf;

use chat::api::{self, Method, Parameter, Presence};
use chat::content::TEXT_CHARS_MAX;
use clap::builder::PossibleValuesParser;
use clap::{ArgAction, ArgMatches, ValueHint};
use serde_json::{Map, Value, json};

use super::help;
use super::lookup::Named;
use crate::data;
use crate::exit::{Exit, Failure, Result};

/// The flag of every method that changes something.
const COMMAND_ID: &str = "command-id";
/// The longest text that is read from stdin.
const STDIN_BYTES_MAX: u64 = 256 * 1024;
/// Parameters whose flag is neither their alias nor their name.
const SPELLINGS: &[(&str, &str)] = &[
    ("externalChatId", "external-chat"),
    ("externalUserId", "external-user"),
    ("files", "file"),
    ("liveChat", "live-chat"),
    ("operatorInitiated", "operator-initiated"),
    ("replyTo", "reply-to"),
    ("upTo", "up-to"),
];

/// How a flag is written.
enum Form {
    Text,
    /// A text, or `-` to read it from stdin.
    TextOrStdin,
    /// An id or a name.
    IdOrName,
    /// A secret, or a file that contains it.
    Secret,
    Choice(&'static [&'static str]),
    Number,
    /// `true` if present.
    Switch,
    /// `true` or `false`.
    Bool,
    /// Several values, separated by commas or repeated.
    List,
    /// Files of a message, each as `NAME=URL` or as a URL.
    Files,
}

fn form(method: &Method, parameter: &Parameter) -> Form {
    use api::Kind;
    match parameter.kind {
        Kind::Id if Named::of(parameter).is_some() => Form::IdOrName,
        Kind::Text { max, .. } if max == TEXT_CHARS_MAX => Form::TextOrStdin,
        // The cursor of these lists is passed on unchanged.
        Kind::Position if parameter.name == "before" && method.name != "sessions.history" => {
            Form::Text
        }
        // These flags can also be set to false.
        Kind::Flag if method.name.ends_with(".update") || parameter.name == "disabled" => {
            Form::Bool
        }
        Kind::Id
        | Kind::Login
        | Kind::Text { .. }
        | Kind::ExternalId { .. }
        | Kind::Url { .. }
        | Kind::Cursor
        | Kind::Duration { .. }
        | Kind::Time
        | Kind::Stream => Form::Text,
        Kind::Code { .. } | Kind::Password { .. } => Form::Secret,
        Kind::Choice(choices) => Form::Choice(choices),
        Kind::Position | Kind::Limit { .. } => Form::Number,
        Kind::Flag => Form::Switch,
        Kind::Logins { .. } | Kind::Choices(_) => Form::List,
        Kind::Files { .. } => Form::Files,
    }
}

/// The flag of a parameter, without the dashes.
pub(super) fn flag(parameter: &Parameter) -> &'static str {
    let name = parameter.name;
    let spelling = SPELLINGS.iter().find(|(parameter, _)| *parameter == name);
    spelling.map_or(parameter.alias.unwrap_or(name), |(_, flag)| flag)
}

/// The flags of a method. A secret has two; a required secret needs one of them.
pub(super) fn clap_args(method: &'static Method) -> Vec<clap::Arg> {
    let mut flags = Vec::new();
    for parameter in method.parameters {
        let name = flag(parameter);
        let required = parameter.presence == Presence::Required;
        let flag = clap::Arg::new(name)
            .long(name)
            .help(help::parameter(method, parameter));
        let flag = match form(method, parameter) {
            Form::Text | Form::TextOrStdin => flag.value_name("TEXT"),
            Form::IdOrName => flag.value_name("ID|NAME"),
            Form::Choice(choices) => flag.value_parser(PossibleValuesParser::new(choices)),
            Form::Number => flag.value_name("N").value_parser(clap::value_parser!(u64)),
            Form::Switch => flag.action(ArgAction::SetTrue),
            Form::Bool => flag
                .value_name("BOOL")
                .value_parser(clap::value_parser!(bool)),
            Form::List => flag
                .value_name("A,B")
                .value_delimiter(',')
                .action(ArgAction::Append),
            Form::Files => flag.value_name("[NAME=]URL").action(ArgAction::Append),
            Form::Secret => {
                let flag = flag.value_name("TEXT");
                let file = secret_file(name);
                flags.push(if required {
                    flag.required_unless_present(file.get_id().clone())
                } else {
                    flag
                });
                flags.push(file);
                continue;
            }
        };
        flags.push(flag.required(required));
    }
    flags.extend(method.changes().then(|| {
        clap::Arg::new(COMMAND_ID)
            .long(COMMAND_ID)
            .value_name("UUID")
            .help("An id that makes retries safe: a repeated id returns the first answer")
    }));
    flags
}

/// The flag for the file of a secret.
fn secret_file(flag: &'static str) -> clap::Arg {
    let name = secret_file_name(flag);
    clap::Arg::new(name)
        .long(name)
        .value_name("FILE")
        .value_hint(ValueHint::FilePath)
        .value_parser(clap::value_parser!(PathBuf))
        .conflicts_with(flag)
        .help("The same from a file, which hides it from other users of the machine")
}

/// Not `password-file` for a password: that flag names the file of the caller's password.
fn secret_file_name(flag: &str) -> &'static str {
    match flag {
        "code" => "code-file",
        _ => "new-password-file",
    }
}

/// Reads the flags into the members of a request.
pub(super) fn members(method: &Method, matches: &ArgMatches) -> Result<Map<String, Value>> {
    let mut members = Map::new();
    for parameter in method.parameters {
        if let Some(value) = value(flag(parameter), &form(method, parameter), matches)? {
            members.insert(parameter.name.to_owned(), value);
        }
    }
    if method.changes()
        && let Some(id) = matches.get_one::<String>(COMMAND_ID)
    {
        members.insert("commandId".to_owned(), id.as_str().into());
    }
    Ok(members)
}

fn value(flag: &str, form: &Form, matches: &ArgMatches) -> Result<Option<Value>> {
    let text = || matches.get_one::<String>(flag).map(String::as_str);
    let many = || {
        let values = matches.get_many::<String>(flag)?;
        Some(values.map(String::as_str).collect::<Vec<_>>())
    };
    Ok(match form {
        Form::Text | Form::IdOrName | Form::Choice(_) => text().map(Value::from),
        Form::TextOrStdin => match text() {
            Some("-") => Some(stdin()?.into()),
            text => text.map(Value::from),
        },
        Form::Number => matches.get_one::<u64>(flag).copied().map(Value::from),
        Form::Switch => matches.get_flag(flag).then_some(Value::Bool(true)),
        Form::Bool => matches.get_one::<bool>(flag).copied().map(Value::from),
        // `--users ''` is the empty list.
        Form::List => many().map(|list| list.into_iter().filter(|one| !one.is_empty()).collect()),
        Form::Files => many().map(|files| files.into_iter().map(file).collect()),
        Form::Secret => match matches.get_one::<PathBuf>(secret_file_name(flag)) {
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
