//! Events: their names, and the members of their bodies.

use super::page::{quoted, read, rows, section};
use super::{check_same, first_cells};
use crate::program::workspace;
use serde_json::Value;
use std::collections::BTreeSet;

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
