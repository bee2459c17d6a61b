//! The table against the specification, and flags against members.

use serde_json::json;

use super::table::{METHODS, NOUNS};
use super::{Given, args, commands};
use crate::commands::api::lookup::Named;

/// Console-api section 2, in its order.
const SPECIFIED: &[&str] = &[
    "me",
    "live-chats.list",
    "live-chats.create",
    "live-chats.rename",
    "live-chats.delete",
    "live-chats.members",
    "channels.list",
    "channels.get",
    "channels.connect",
    "channels.disconnect",
    "channels.reconnect",
    "channels.rename",
    "channels.delete",
    "channels.update",
    "channels.rotate",
    "channels.test",
    "users.list",
    "users.create",
    "users.update",
    "users.disable",
    "users.token",
    "sessions.list",
    "sessions.get",
    "sessions.history",
    "sessions.take",
    "sessions.transfer",
    "sessions.close",
    "sessions.create",
    "typing",
    "viewing",
    "messages.send",
    "messages.note",
    "messages.read",
    "messages.retry",
    "deliveries.list",
    "deliveries.replay",
    "contacts.list",
    "contacts.get",
    "contacts.forget",
    "replies.list",
    "replies.create",
    "replies.update",
    "replies.delete",
    "audit.list",
    "events.after",
];

#[test]
fn every_specified_method_has_a_command_and_no_other_has() {
    let mut named: Vec<&str> = METHODS.iter().map(|method| method.subject).collect();
    let mut specified = SPECIFIED.to_vec();
    named.sort_unstable();
    specified.sort_unstable();
    assert_eq!(named, specified);
    assert!(
        METHODS
            .iter()
            .all(|method| NOUNS.iter().any(|noun| noun.name == method.noun))
    );
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

/// What a command line asks for; a blank stands between words, `''` for an empty one.
fn given(line: &str) -> Given {
    let words: Vec<&str> = line
        .split(' ')
        .map(|word| word.trim_matches('\''))
        .collect();
    let (noun, verb) = (words[0], words[1]);
    let command = commands()
        .find(|command| command.get_name() == noun)
        .unwrap();
    let matches = command.try_get_matches_from(&words).unwrap();
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
