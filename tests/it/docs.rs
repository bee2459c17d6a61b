//! Compares the documentation with the code.

use std::fs;
use std::path::Path;

use crate::program::workspace;

fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(workspace().join(&path))
        .unwrap_or_else(|e| panic!("{}: {e}", path.as_ref().display()))
}

#[test]
fn every_error_code_is_documented() {
    let documented = read("docs/errors.md");
    let source = read("crates/chat/src/rejection.rs");
    let codes: Vec<&str> = source
        .lines()
        .filter_map(|line| {
            line.trim()
                .split_once(" = \"")?
                .1
                .split_once("\", ")
                .map(|(code, _)| code)
        })
        .collect();
    assert!(
        codes.len() > 15,
        "the codes of rejection.rs were not found: {codes:?}"
    );
    for code in &codes {
        assert!(
            documented.contains(&format!("\n## {code}\n")),
            "docs/errors.md has no heading for {code}"
        );
    }
    for heading in documented
        .lines()
        .filter_map(|line| line.strip_prefix("## "))
    {
        assert!(
            codes.contains(&heading),
            "docs/errors.md explains {heading}, which is no code"
        );
    }
}

#[test]
fn every_event_is_documented() {
    let documented = read("docs/events.md");
    let source = read("crates/chat/src/event.rs");
    let kinds: Vec<&str> = source
        .lines()
        .filter_map(|line| {
            line.trim()
                .strip_suffix(';')?
                .split_once(" = \"")?
                .1
                .split_once("\", ")
        })
        .map(|(kind, _)| kind)
        .collect();
    assert!(
        kinds.len() > 25,
        "the kinds of event.rs were not found: {kinds:?}"
    );
    for kind in kinds {
        assert!(
            documented.contains(&format!("`{kind}`")),
            "docs/events.md does not know {kind}"
        );
    }
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
