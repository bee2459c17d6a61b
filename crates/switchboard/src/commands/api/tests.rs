//! Commands and flags against the members of a request.

use std::collections::BTreeSet;

use chat::api::METHODS;
use serde_json::{Value, json};

use super::columns::{columns, member};
use super::{commands, find, flags, help};

#[test]
fn every_command_and_flag_is_known_by_name_and_has_help() {
    let nouns = help::NOUNS.iter().map(|noun| noun.name);
    let known: BTreeSet<_> = nouns.collect();
    let used: BTreeSet<_> = METHODS.iter().map(|m| super::noun_and_verb(m).0).collect();
    assert_eq!(known, used);
    for method in METHODS {
        assert!(!help::about(method).is_empty(), "{}", method.name);
        for parameter in method.parameters {
            let flag = flags::flag(parameter);
            assert!(!flag.contains(|c: char| c.is_ascii_uppercase()), "{flag}");
            assert!(!help::parameter(method, parameter).is_empty(), "{flag}");
        }
    }
    for command in commands() {
        command.debug_assert();
    }
}

#[test]
fn a_connect_that_fails_says_how_to_repair_the_channel() {
    let error = "the messenger answered 401";
    let failed = json!({ "channel": { "status": "failed" }, "trace": { "error": error } });
    for (noun, verb, is_kept) in [
        ("channel", "connect", true),
        ("channel", "reconnect", false),
        ("channel", "test", false),
    ] {
        let method = find(noun, verb).unwrap();
        let failure = super::failed_handshake(method, &failed).unwrap();
        let shown = failure.to_string();
        assert!(shown.contains(error), "{shown}");
        let advice = "the channel is kept: the same command with the right code and webhook";
        assert_eq!(shown.contains(advice), is_kept, "{verb}: {shown}");
    }
}

#[test]
fn every_example_in_the_help_is_accepted() {
    for noun in help::NOUNS {
        let examples = noun.examples.replace("\\\n", " ");
        let lines = examples.lines().filter_map(|line| {
            let line = line.split('|').find(|part| part.contains("switchboard "))?;
            line.trim().strip_prefix("switchboard ")
        });
        for line in lines {
            // A quoted text is one word.
            let quoted = |(n, part): (usize, &str)| match n % 2 {
                0 => part.to_owned(),
                _ => part.replace(' ', "_"),
            };
            let line: String = line.split('\'').enumerate().map(quoted).collect();
            let command = commands().find(|command| command.get_name() == noun.name);
            let parsed = command
                .unwrap()
                .try_get_matches_from(line.split_whitespace());
            parsed.unwrap_or_else(|error| panic!("{line}: {error}"));
        }
    }
}

/// Parses a command line with words separated by spaces; `''` is an empty word.
fn members(line: &str) -> Value {
    let line: Vec<&str> = line
        .split(' ')
        .map(|word| word.trim_matches('\''))
        .collect();
    let (noun, verb) = (line[0], line[1]);
    let command = commands()
        .find(|command| command.get_name() == noun)
        .unwrap();
    let matches = command.try_get_matches_from(&line).unwrap();
    let (_, matches) = matches.subcommand().unwrap();
    Value::Object(flags::members(find(noun, verb).unwrap(), matches).unwrap())
}

#[test]
fn flags_become_members() {
    let check = |line: &str, expected: Value| assert_eq!(members(line), expected, "{line}");
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
        "user token-revoke --user bot --all",
        json!({ "login": "bot", "all": true }),
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
    check(
        "channel rotate --channel c --code c --keep 24h",
        json!({ "channel": "c", "code": "c", "overlap": "24h" }),
    );
}

#[test]
fn a_code_may_come_from_a_file() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("code");
    std::fs::write(&file, "s e c\n").unwrap();
    let line = format!("channel rotate --channel c --code-file {}", file.display());
    assert_eq!(members(&line)["code"], "s e c");
}

#[test]
fn messages_show_when_they_were_written_if_it_is_not_when_they_were_accepted() {
    let message = |written: &str| {
        let accepted = "2026-01-01T10:00:00.000000Z";
        json!({ "createdAt": written, "acceptedAt": accepted, "text": "x" })
    };
    let near = ["2026-01-01T09:59:00.000000Z", "2026-01-01T10:01:00.000000Z"];
    let far = ["2026-01-01T09:58:59.999999Z", "2026-01-01T13:00:00.000000Z"];
    for written in near {
        let rows = [message(written)];
        assert_eq!(columns("messages", &rows), ["acceptedAt", "text"]);
    }
    for written in far {
        let rows = [message(near[0]), message(written)];
        assert_eq!(
            columns("messages", &rows),
            ["acceptedAt", "createdAt", "text"]
        );
        let cells = rows.each_ref().map(|row| member(row, "createdAt"));
        assert_eq!(cells, ["", written]);
    }
    // Changes of sessions have no other time.
    let change = [json!({ "createdAt": near[0], "event": "session-opened" })];
    assert_eq!(columns("events", &change), ["createdAt", "event"]);
}
