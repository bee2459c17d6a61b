//! Events: the members of their bodies.

use std::collections::BTreeSet;

use serde_json::Value;

use super::page::{quoted, read, rows, section, workspace};

/// The members of an event's body: those of its newest schema, and those that only events with a
/// typed reason, a report, a name, an empty profile or a former operator have.
fn members(kind: &str) -> BTreeSet<String> {
    let schemas = (1..).map(|n| format!("crates/chat/golden/{kind}.{n}.json"));
    let exists = |path: &String| workspace().join(path).exists();
    let newest = schemas.take_while(exists).last().expect(kind);
    let optional = ["reason", "report", "named", "empty", "from"]
        .map(|what| format!("crates/chat/golden/{what}.{kind}.json"));
    let files = optional.into_iter().chain([newest]).filter(exists);
    let bodies = files.map(|path| serde_json::from_str::<Value>(&read(path)).unwrap());
    let members = bodies.flat_map(|body| body.as_object().unwrap().clone());
    members.map(|(name, _)| name).collect()
}

#[test]
fn every_member_of_an_event_is_documented() {
    let page = read("docs/events.md");
    for row in rows(section(&page, "## In the log")) {
        let [kind, _, _, body] = row[..] else {
            panic!("{row:?}")
        };
        let kind = kind.trim_matches('`');
        let is_member = |word: &&str| word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        let documented: BTreeSet<String> =
            quoted(body).filter(is_member).map(str::to_owned).collect();
        assert_eq!(documented, members(kind), "the body of {kind}");
    }
}
