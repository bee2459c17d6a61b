//! Compares the documentation with the code, in both directions: what the one names, the other has.

mod page;
mod run;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::program::workspace;
use page::{between, blocks, files, quoted, read, rows, section, source};

/// Where each method of the console API is described.
const API_PAGES: &str = "docs/console-api";

/// What stands first in the rows of the tables of a text, where that is in backquotes.
fn first_cells(text: &str) -> BTreeSet<String> {
    let first = |row: Vec<&str>| quoted(row[0]).map(str::to_owned).collect::<Vec<_>>();
    rows(text).into_iter().flat_map(first).collect()
}

/// The two sets are the same.
#[track_caller]
fn check_same(what: &str, documented: &BTreeSet<String>, known: &BTreeSet<String>) {
    assert!(
        known.len() > 5,
        "{what} were not found in the code: {known:?}"
    );
    let missing: Vec<_> = known.difference(documented).collect();
    let unknown: Vec<_> = documented.difference(known).collect();
    assert!(
        missing.is_empty() && unknown.is_empty(),
        "{what}: not documented: {missing:?}; documented, but not in the code: {unknown:?}"
    );
}

/// The sections of the methods of the console API.
fn methods() -> BTreeMap<String, String> {
    let pages = files(API_PAGES, "md").into_iter().map(read);
    let sections = pages.flat_map(|page| {
        let headings = page.lines().filter(|line| line.starts_with("## `"));
        let section = |heading: &str| {
            let name = heading
                .trim_start_matches("## ")
                .trim_matches('`')
                .to_owned();
            (name, section(&page, heading).to_owned())
        };
        headings.map(section).collect::<Vec<_>>()
    });
    sections.collect()
}

/// The members that a method takes, from the first table of its section.
fn parameters(section: &str) -> BTreeSet<String> {
    let table = section
        .split("| parameter | type | |")
        .nth(1)
        .unwrap_or_default();
    let table = table.split("\n\n").next().unwrap_or_default();
    first_cells(&format!("| |{table}"))
}

#[test]
fn every_method_is_documented() {
    let code = source("crates/session-router/src");
    let table = between(&code, "METHODS: &[&str] = &[", "];").next();
    let known = table
        .expect("the methods are in a table")
        .split('"')
        .skip(1)
        .step_by(2);
    let known: BTreeSet<String> = known.map(str::to_owned).collect();
    let documented: BTreeSet<String> = methods().into_keys().collect();
    check_same("methods", &documented, &known);
    let listed = first_cells(section(&read("docs/console-api.md"), "## Methods"));
    check_same("methods in the list", &listed, &known);
}

#[test]
fn every_parameter_is_documented() {
    let code: String = source("crates/session-router/src")
        .split_whitespace()
        .collect();
    let reads = between(&code, "args.", ")").filter_map(|call| {
        let (_, member) = call.split_once("(\"")?;
        Some(member.split_once('"')?.0.to_owned())
    });
    let mut known: BTreeSet<String> = reads.collect();
    known.extend(["limit".to_owned(), "login".to_owned()]);
    // Another name for `login`, and one for `overlap`: their descriptions say so.
    known.retain(|member| !["keep"].contains(&member.as_str()));
    let documented = methods()
        .values()
        .flat_map(|section| parameters(section))
        .collect();
    check_same("parameters", &documented, &known);
}

#[test]
fn every_method_has_an_example_that_it_understands() {
    for (method, section) in methods() {
        let parameters = parameters(&section);
        let mut requests = 0;
        for (info, block) in blocks(&section) {
            let Some(key) = info.strip_prefix("json ") else {
                continue;
            };
            assert!(key.starts_with(&method), "{method} has an example of {key}");
            let value: Value = serde_json::from_str(&block).unwrap();
            if key.ends_with(" request") {
                requests += 1;
                let members = value.as_object().unwrap().keys();
                let unknown: Vec<_> = members.filter(|m| !parameters.contains(*m)).collect();
                assert!(unknown.is_empty(), "{method} does not take {unknown:?}");
            } else {
                let known = value.get("ok").or(value.get("error")).is_some();
                assert!(known, "{method}: {value} is no answer");
            }
        }
        let wanted =
            usize::from(section.contains("| parameter |") && !LISTS.contains(&method.as_str()));
        assert!(requests >= wanted, "{method} has no example of a request");
        assert!(
            section.contains(" answer"),
            "{method} has no example of an answer"
        );
    }
}

/// Methods whose example is an empty request.
const LISTS: [&str; 1] = ["live-chats.list"];

#[test]
fn every_example_is_json() {
    for path in files("docs", "md") {
        for (info, block) in blocks(&read(&path)) {
            if info.split(' ').next() == Some("json") {
                let read: Result<Value, _> = serde_json::from_str(&block);
                assert!(read.is_ok(), "{}: {info}: {block}", path.display());
            }
        }
    }
}

#[test]
fn every_member_of_an_object_is_documented() {
    let page = read("docs/console-api/objects.md");
    let tests = files("crates/session-router/src", "rs")
        .into_iter()
        .map(read);
    let tests: String = tests.collect();
    let table = between(&tests, "const OBJECTS: &[(&str, &str)] = &[", "];").next();
    let table = table
        .expect("the objects are in a table")
        .replace("\\\n", " ");
    let strings: Vec<&str> = table.split('"').skip(1).step_by(2).collect();
    for pair in strings.chunks(2) {
        let [name, members] = pair else { continue };
        let known = members
            .split_whitespace()
            .filter(|m| *m != "+")
            .map(str::to_owned);
        let documented = first_cells(section(&page, &format!("## {name}")));
        let (known, documented): (BTreeSet<_>, _) = (known.collect(), documented);
        assert_eq!(documented, known, "the members of {name}");
    }
    assert!(strings.len() > 10, "the objects were not found");
}

#[test]
fn every_event_is_documented() {
    let code = read("crates/chat/src/event.rs");
    let kinds = code.lines().filter_map(|line| {
        let (kind, _) = line
            .trim()
            .strip_suffix(';')?
            .split_once(" = \"")?
            .1
            .split_once("\", ")?;
        Some(kind.to_owned())
    });
    let page = read("docs/events.md");
    let known: BTreeSet<String> = kinds.collect();
    check_same(
        "events",
        &first_cells(section(&page, "## In the log")),
        &known,
    );
    for name in ["## On the feed", "## In the audit trail"] {
        let table = section(&page, name);
        let table = table
            .split("\n| event |")
            .nth(1)
            .expect("a table of events");
        for row in rows(table.split("\n\n").next().unwrap()) {
            let kind = row[0].trim_matches('`');
            assert!(kind == "---" || known.contains(kind), "{name} has {kind:?}");
        }
    }
}

#[test]
fn every_member_of_an_event_is_documented() {
    let page = read("docs/events.md");
    for row in rows(section(&page, "## In the log")) {
        let [kind, _, _, body] = row[..] else {
            panic!("{row:?}")
        };
        let kind = kind.trim_matches('`');
        let golden = (1..).map(|n| format!("crates/chat/golden/{kind}.{n}.json"));
        let newest = golden
            .take_while(|path| workspace().join(path).exists())
            .last();
        let golden: Value = serde_json::from_str(&read(newest.expect(kind))).unwrap();
        let known: BTreeSet<&str> = golden
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        let is_member = |word: &&str| word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        let documented: BTreeSet<&str> = quoted(body).filter(is_member).collect();
        assert_eq!(documented, known, "the body of {kind}");
    }
}

#[test]
fn every_setting_is_documented() {
    fn flatten(prefix: &str, table: &toml::Table, all: &mut BTreeMap<String, toml::Value>) {
        for (key, value) in table {
            let key = format!("{prefix}{key}");
            match value {
                toml::Value::Table(table) => flatten(&format!("{key}."), table, all),
                value => drop(all.insert(key, value.clone())),
            }
        }
    }
    let defaults = read("crates/switchboard/src/settings.default.toml")
        .parse()
        .unwrap();
    let mut known = BTreeMap::new();
    flatten("", &defaults, &mut known);
    let page = read("docs/settings.md");
    let documented: BTreeMap<String, toml::Value> = rows(section(&page, "## Settings"))
        .into_iter()
        .map(|row| {
            let default: toml::Table = format!("x = {}", row[1].trim_matches('`')).parse().unwrap();
            (row[0].trim_matches('`').to_owned(), default["x"].clone())
        })
        .collect();
    let names = |map: &BTreeMap<String, _>| map.keys().cloned().collect();
    check_same("settings", &names(&documented), &names(&known));
    assert_eq!(documented, known, "the defaults");
}

#[test]
fn every_metric_is_documented() {
    let code = source("crates");
    let is_metric = |name: &&str| name.starts_with("switchboard_") && !name.contains(' ');
    let known = code
        .split('"')
        .filter(is_metric)
        .map(str::to_owned)
        .collect();
    let page = read("docs/settings.md");
    let names = rows(section(&page, "## Metrics"))
        .into_iter()
        .map(|row| row[0].trim_matches('`').to_owned());
    check_same("metrics", &names.collect(), &known);
}

#[test]
fn every_error_code_is_documented() {
    let code = read("crates/chat/src/rejection.rs");
    let codes = code.lines().filter_map(|line| {
        let (code, _) = line.trim().split_once(" = \"")?.1.split_once("\", ")?;
        Some(code.to_owned())
    });
    let page = read("docs/errors.md");
    let headings = page
        .lines()
        .filter_map(|line| line.strip_prefix("## "))
        .map(str::to_owned);
    check_same("error codes", &headings.collect(), &codes.collect());
}

#[test]
fn every_link_leads_somewhere() {
    let mut pages = files("docs", "md");
    for page in [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "CHANGELOG.md",
    ] {
        pages.push(page.into());
    }
    for page in pages {
        let text = read(&page);
        for link in text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
        {
            if link.starts_with("http") {
                continue;
            }
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() {
                page.clone()
            } else {
                page.with_file_name(file)
            };
            let shown = format!("{}: {link}", page.display());
            assert!(workspace().join(&target).exists(), "{shown} does not exist");
            if !anchor.is_empty() {
                let found = read(&target)
                    .lines()
                    .any(|line| anchor_of(line).as_deref() == Some(anchor));
                assert!(found, "{shown}: no heading has this anchor");
            }
        }
    }
}

/// The anchor of a heading, as GitHub makes it; a page must not have two headings with the same words.
fn anchor_of(line: &str) -> Option<String> {
    let heading = line
        .strip_prefix('#')?
        .trim_start_matches('#')
        .strip_prefix(' ')?;
    let kept = heading
        .chars()
        .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    Some(kept.collect::<String>().to_lowercase().replace(' ', "-"))
}

#[test]
fn what_the_architecture_names_exists() {
    for word in read("ARCHITECTURE.md").split('`') {
        if word.starts_with("crates/") || word.starts_with("tests/") || word.starts_with("docs/") {
            let path = word.split(['*', '<', ' ']).next().unwrap();
            assert!(
                workspace().join(path).exists(),
                "ARCHITECTURE.md names {path}, which is not there"
            );
        }
    }
}
