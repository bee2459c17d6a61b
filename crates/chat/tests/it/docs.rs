//! Compares the documentation with the tables of this crate, in both directions.

use std::collections::{BTreeMap, BTreeSet};

use crate::page::{first_cells, methods, quoted, read, rows, section, table};
use chat::api::{Kind, METHODS, Method, Parameter, Presence, Rights};
use chat::event::Event;
use chat::messenger::Inbound;
use chat::rejection::Code;

/// The documented names are the known ones.
#[track_caller]
fn check_same<'a>(what: &str, documented: &BTreeSet<String>, known: impl Iterator<Item = &'a str>) {
    let known: BTreeSet<String> = known.map(str::to_owned).collect();
    let missing: Vec<_> = known.difference(documented).collect();
    let unknown: Vec<_> = documented.difference(&known).collect();
    assert!(
        missing.is_empty() && unknown.is_empty(),
        "{what}: not documented: {missing:?}; documented, but not in the code: {unknown:?}"
    );
}

#[test]
fn every_method_is_documented() {
    let documented = methods().into_keys().collect();
    check_same("methods", &documented, METHODS.iter().map(|m| m.name));
    let page = read("docs/console-api.md");
    let list = section(&page, "## Methods");
    check_same(
        "the list",
        &first_cells(list),
        METHODS.iter().map(|m| m.name),
    );
    for row in rows(list) {
        let name = quoted(row[0]).next().unwrap();
        let method = chat::api::method(name).unwrap();
        assert_eq!(row[2] == "yes", method.changes(), "{name} in the list");
        let (_, who) = rights(method.rights);
        assert_eq!(row[3], who, "{name} in the list");
    }
}

/// How the section of a method and the list of methods say who may call it.
fn rights(rights: Rights) -> (&'static str, &'static str) {
    match rights {
        Rights::Everyone => ("**Everybody.**", "everybody"),
        Rights::Members => ("**Members", "members"),
        Rights::Staff => ("**Staff.**", "staff"),
        Rights::Operator => ("**The operator.**", "the operator"),
        Rights::Supervisors => ("**Supervisors and administrators.**", "supervisors"),
        Rights::Administrators => ("**Administrators.**", "administrators"),
    }
}

#[test]
fn every_method_says_who_may_call_it_and_what_it_takes() {
    let sections = methods();
    for method in METHODS {
        let section = &sections[method.name];
        let (says, _) = rights(method.rights);
        let before_the_table = section.split("\n|").next().unwrap();
        assert!(before_the_table.contains(says), "{}: {says}", method.name);
        check_parameters(method, &table(section));
    }
}

fn check_parameters(method: &Method, table: &str) {
    let command_id = method.changes().then_some("commandId");
    let known = method.parameters.iter().map(|p| p.name).chain(command_id);
    check_same(method.name, &first_cells(table), known);
    let documented: BTreeMap<&str, Vec<&str>> = rows(table)
        .into_iter()
        .flat_map(|row| {
            quoted(row[0])
                .map(|name| (name, row.clone()))
                .collect::<Vec<_>>()
        })
        .collect();
    for parameter in method.parameters {
        let row = &documented[parameter.name];
        let required = row[0].ends_with("(required)");
        let name = format!("{} of {}", parameter.name, method.name);
        assert_eq!(required, parameter.presence == Presence::Required, "{name}");
        for word in limits(parameter) {
            let found = row[2].contains(&word) || row[2].starts_with("as ");
            assert!(found, "{name} does not say {word:?}: {row:?}");
        }
    }
}

/// What the description of a parameter contains: its limits and choices.
fn limits(parameter: &Parameter) -> Vec<String> {
    match parameter.kind {
        Kind::Text { max, .. } | Kind::Password { max, .. } => {
            vec![format!("{} characters", number(max))]
        }
        Kind::Url { max } | Kind::Code { max } | Kind::ExternalId { max } => {
            vec![format!("{} bytes", number(max))]
        }
        Kind::Choice(all) if all.len() < 5 => all.iter().map(|one| format!("`{one}`")).collect(),
        Kind::Logins { max } | Kind::Files { max } => vec![format!("at most {}", number(max))],
        Kind::Limit { default, max } if default == max => {
            vec![format!("{} by default and at most", number(max))]
        }
        Kind::Limit { default, max } => {
            vec![format!(
                "{} by default, {} at most",
                number(default),
                number(max)
            )]
        }
        _ => Vec::new(),
    }
}

/// A number as people write it: `10,000`.
fn number(number: usize) -> String {
    match number {
        0..1_000 => number.to_string(),
        _ => format!("{},{:03}", number / 1_000, number % 1_000),
    }
}

#[test]
fn every_command_is_documented() {
    let page = read("docs/settings.md");
    let table = page.split("\n| command | verbs | method |").nth(1).unwrap();
    let commands = rows(table.split("\n\n").next().unwrap())
        .into_iter()
        .flat_map(|row| {
            let noun = row[0].trim_matches('`').to_owned();
            let verbs: Vec<_> = quoted(row[1])
                .map(|verb| format!("{noun} {verb}"))
                .collect();
            if verbs.is_empty() { vec![noun] } else { verbs }
        });
    check_same(
        "commands",
        &commands.collect(),
        METHODS.iter().map(|m| m.cli),
    );
}

#[test]
fn every_event_is_documented() {
    let page = read("docs/events.md");
    let kinds = || Event::KINDS.iter().map(|(kind, _)| *kind);
    check_same(
        "events",
        &first_cells(section(&page, "## In the log")),
        kinds(),
    );
    for name in ["## On the feed", "## In the audit trail"] {
        let table = section(&page, name).split("\n| event |").nth(1).unwrap();
        for row in rows(table.split("\n\n").next().unwrap()) {
            let kind = row[0].trim_matches('`');
            assert!(kinds().any(|known| known == kind), "{name} has {kind:?}");
        }
    }
}

#[test]
fn every_error_code_is_documented() {
    let page = read("docs/errors.md");
    let headings = page.lines().filter_map(|line| line.strip_prefix("## "));
    let documented = headings.map(str::to_owned).collect();
    check_same(
        "error codes",
        &documented,
        Code::ALL.iter().map(|code| code.as_str()),
    );
    for code in Code::ALL {
        let status = format!("{}. ", code.status());
        let text = section(&page, &format!("## {}", code.as_str()));
        assert!(text.trim_start().starts_with(&status), "{}", code.as_str());
    }
}

#[test]
fn every_message_of_the_messenger_protocol_is_documented() {
    let page = read("docs/messenger-protocol.md");
    let documented = |what: &str| {
        let headings = page.lines().filter_map(|line| line.strip_prefix(what));
        headings
            .map(|heading| heading.trim_matches('`').to_owned())
            .collect()
    };
    let unknown = serde_json::json!({ "type": "unknown" });
    let error = Inbound::read(unknown.as_object().unwrap())
        .unwrap_err()
        .to_string();
    let (_, inbound) = error.split_once("must be one of ").unwrap();
    check_same("sent", &documented("### Sending "), inbound.split(", "));
    let code = read("crates/chat/src/messenger/outbound.rs");
    let code: String = code.split_whitespace().collect();
    let outbound = code
        .split("self.body(\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next());
    check_same("received", &documented("### Receiving "), outbound);
}
