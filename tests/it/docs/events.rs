//! Events: their names, and the members of their bodies.

use super::page::{quoted, read, rows, section, workspace};

use serde_json::Value;
use std::collections::BTreeSet;

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
