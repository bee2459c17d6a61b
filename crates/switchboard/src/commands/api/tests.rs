//! Compares the commands with the methods of the API, and flags with members.

use serde_json::json;

use super::args::{self, Given};
use super::commands;
use super::table::methods::METHODS;
use super::table::{Kind, NOUNS, Named};

#[test]
fn every_method_has_a_command() {
    let mut commands: Vec<_> = METHODS
        .iter()
        .map(|m| {
            (
                m.name,
                format!("{} {}", m.noun, m.verb).trim_end().to_owned(),
            )
        })
        .collect();
    let mut methods: Vec<_> = chat::api::METHODS
        .iter()
        .map(|m| (m.name, m.cli.to_owned()))
        .collect();
    commands.sort_unstable();
    methods.sort_unstable();
    assert_eq!(commands, methods);
    let is_noun = |name| NOUNS.iter().any(|noun| noun.name == name);
    assert!(METHODS.iter().all(|method| is_noun(method.noun)));
}

#[test]
fn the_flags_of_a_command_are_the_parameters_of_its_method() {
    for command in METHODS {
        let name = command.name;
        let method = chat::api::method(name).unwrap();
        assert_eq!(command.changes, method.changes(), "{name}");
        let flags = command.args.iter();
        let mut flags: Vec<_> = flags
            .map(|arg| {
                let parameter = method.parameter(arg.member);
                let parameter = parameter.unwrap_or_else(|| panic!("{name}: {}", arg.member));
                if let (Kind::Choice(ours), chat::api::Kind::Choice(all)) =
                    (arg.kind, parameter.kind)
                {
                    assert_eq!(ours, all, "{name}: {}", arg.member);
                }
                (parameter.name, arg.required)
            })
            .collect();
        let parameters = method.parameters.iter();
        let mut parameters: Vec<_> = parameters
            .map(|p| (p.name, p.presence == chat::api::Presence::Required))
            .collect();
        flags.sort_unstable();
        parameters.sort_unstable();
        assert_eq!(flags, parameters, "{name}");
    }
}

#[test]
fn clap_agrees_with_the_table() {
    for command in commands() {
        for verb in command.get_subcommands() {
            let about = verb.get_about().unwrap().to_string();
            assert!(
                METHODS
                    .iter()
                    .any(|m| m.verb == verb.get_name() && m.about == about)
            );
        }
        command.debug_assert();
    }
}

/// Parses a command line with words separated by spaces; `''` is an empty word.
fn given(line: &str) -> Given {
    let line: Vec<&str> = line
        .split(' ')
        .map(|word| word.trim_matches('\''))
        .collect();
    let (noun, verb) = (line[0], line[1]);
    let command = commands()
        .find(|command| command.get_name() == noun)
        .unwrap();
    let matches = command.try_get_matches_from(&line).unwrap();
    let method = METHODS
        .iter()
        .find(|m| m.noun == noun && m.verb == verb)
        .unwrap();
    let (_, matches) = matches.subcommand().unwrap();
    args::given(method, matches).unwrap()
}

#[test]
fn flags_become_members() {
    let check = |line: &str, members: serde_json::Value| {
        assert_eq!(
            serde_json::Value::Object(given(line).members),
            members,
            "{line}"
        );
    };
    check(
        "channel connect --live-chat Sales --name Demo --webhook http://x/ --code c --operator-initiated",
        json!({
            "liveChat": "Sales", "name": "Demo", "webhook": "http://x/", "code": "c",
            "operatorInitiated": true,
        }),
    );
    check(
        "live-chat members --live-chat x --users ann,bob --users eve",
        json!({ "liveChat": "x", "users": ["ann", "bob", "eve"] }),
    );
    check(
        "live-chat members --live-chat x --users ''",
        json!({ "liveChat": "x", "users": [] }),
    );
    check("session list --limit 5", json!({ "limit": 5 }));
    check(
        "message send --session s --file a.pdf=http://x/y?z=1 --file http://x/b.png?q=1 --command-id id",
        json!({
            "session": "s", "commandId": "id",
            "files": [
                { "name": "a.pdf", "URL": "http://x/y?z=1" },
                { "name": "b.png", "URL": "http://x/b.png?q=1" },
            ],
        }),
    );
    check(
        "channel update --channel c --operator-initiated false",
        json!({ "channel": "c", "operatorInitiated": false }),
    );
    assert_eq!(
        given("session list --live-chat Sales").names,
        [("liveChat", Named::LiveChat)]
    );
    assert_eq!(given("session list").names, []);
}

#[test]
fn a_code_may_come_from_a_file() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("code");
    std::fs::write(&file, "s e c\n").unwrap();
    let line = format!("channel rotate --channel c --code-file {}", file.display());
    assert_eq!(given(&line).members["code"], "s e c");
}
