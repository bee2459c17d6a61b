//! Rules of the code base that neither Cargo nor clippy can enforce.

use std::collections::BTreeMap;
use std::fs;

use crate::program::workspace;
use crate::sources::{files, read};

/// The longest source file, in lines.
const LINES_MAX: usize = 400;

/// Production code of the crates, without tests, benches and examples.
fn sources() -> Vec<(String, String)> {
    let tests = [
        "/tests/",
        "/tests.rs",
        "/benches/",
        "/examples/",
        "/testing.rs",
    ];
    let mut sources = files("crates", &["rs"]);
    sources.retain(|(name, _)| !tests.iter().any(|part| name.contains(part)));
    sources
}

/// The dependencies of each crate, without dev-dependencies.
fn dependencies() -> BTreeMap<String, Vec<String>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(workspace().join("crates")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let manifest: toml::Table = read(path.join("Cargo.toml")).parse().unwrap();
        let package = manifest["package"]["name"].as_str().unwrap();
        assert_eq!(package, name, "a crate has the name of its folder");
        let list = manifest["dependencies"].as_table().unwrap();
        all.insert(name, list.keys().cloned().collect());
    }
    all
}

#[test]
fn dependencies_point_one_way() {
    let roles: &[&str] = &["bus", "chat"];
    let servers: &[&str] = &["bus", "chat", "http-server"];
    let allowed: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("chat", &[][..]),
        ("event-log", &[]),
        ("http-server", &[]),
        ("messenger", &[]),
        ("projections", &["event-log"]),
        ("bus", &["chat"]),
        ("ingress", servers),
        ("egress", roles),
        ("console", servers),
        (
            "session-router",
            &["bus", "chat", "event-log", "projections"],
        ),
        (
            "switchboard",
            &[
                "bus",
                "chat",
                "console",
                "egress",
                "event-log",
                "http-server",
                "ingress",
                "messenger",
                "session-router",
            ],
        ),
    ]);
    let ours = dependencies();
    let names: Vec<&str> = ours.keys().map(String::as_str).collect();
    assert_eq!(names, allowed.keys().copied().collect::<Vec<_>>());
    for (name, list) in &ours {
        for dependency in list.iter().filter(|d| ours.contains_key(*d)) {
            assert!(
                allowed[name.as_str()].contains(&dependency.as_str()),
                "{name} must not depend on {dependency}"
            );
        }
    }
}

#[test]
fn libraries_with_side_effects_are_confined_to_their_crates() {
    let confined: &[(&str, &[&str])] = &[
        ("sled", &["event-log"]),
        ("fjall", &["projections"]),
        ("async-nats", &["bus"]),
        ("rmp-serde", &["chat"]),
        ("clap", &["messenger", "switchboard"]),
        ("anyhow", &["messenger", "switchboard"]),
        ("nkeys", &["console"]),
    ];
    let impure = ["tokio", "hyper", "getrandom", "tracing"];
    for (name, list) in dependencies() {
        for dependency in &list {
            let owners = confined.iter().find(|(library, _)| library == dependency);
            assert!(
                owners.is_none_or(|(_, owners)| owners.contains(&name.as_str())),
                "{name} must not depend on {dependency}"
            );
            assert!(
                name != "chat" || !impure.contains(&dependency.as_str()),
                "chat must stay pure but depends on {dependency}"
            );
        }
    }
}

#[test]
fn no_source_file_is_too_long() {
    let mut all = files("crates", &["rs", "ts", "svelte"]);
    all.extend(files("tests", &["rs"]));
    for (name, text) in all {
        let lines = text.lines().count();
        assert!(
            lines <= LINES_MAX,
            "{name} has {lines} lines, more than {LINES_MAX}"
        );
    }
}

#[test]
fn subjects_are_written_in_one_file() {
    let marks = ["\"sb.", "\"_INBOX", "\"$SYS", "\"$JS"];
    for (name, text) in sources() {
        if name == "crates/chat/src/subject.rs" {
            continue;
        }
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        for (line, n) in code.lines().zip(1..) {
            let is_comment = line.trim_start().starts_with("//");
            assert!(
                is_comment || !marks.iter().any(|mark| line.contains(mark)),
                "{name}:{n}: move the subject to chat::subject: {line}"
            );
        }
    }
}

#[test]
fn every_setting_has_a_comment() {
    let text = read("crates/switchboard/src/settings.default.toml");
    let mut has_comment = false;
    let mut keys = 0;
    for line in text.lines() {
        match line.trim() {
            "" => has_comment = false,
            comment if comment.starts_with('#') => has_comment = true,
            key => {
                keys += 1;
                assert!(has_comment, "no comment explains {key}");
            }
        }
    }
    assert!(keys > 20, "found only {keys} settings");
}

#[test]
fn every_crate_has_a_description() {
    for name in dependencies().keys() {
        let mut root = files(&format!("crates/{name}/src"), &["rs"]);
        root.retain(|(path, _)| path.ends_with("/src/lib.rs") || path.ends_with("/src/main.rs"));
        assert!(!root.is_empty(), "{name} has no lib.rs or main.rs");
        for (path, text) in root {
            assert!(
                text.starts_with("//! "),
                "{path} has no crate documentation"
            );
        }
    }
}

#[test]
fn no_source_file_has_a_reminder() {
    let marks = [
        "todo!(",
        "unimplemented!(",
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
    ];
    for (name, text) in sources() {
        for (line, n) in text.lines().zip(1..) {
            assert!(
                !marks.iter().any(|mark| line.contains(mark)),
                "{name}:{n}: {line}"
            );
        }
    }
}

#[test]
fn every_path_in_contributing_exists() {
    let roots = ["crates/", "deploy/", "docs/", "tests/"];
    let text = read("CONTRIBUTING.md");
    let code = text.split('`').skip(1).step_by(2);
    let paths: Vec<_> = code
        .filter(|code| roots.iter().any(|root| code.starts_with(root)))
        .collect();
    assert!(paths.len() > 30, "found only {paths:?}");
    for path in paths {
        assert!(
            workspace().join(path).exists(),
            "CONTRIBUTING.md names {path}, which does not exist"
        );
    }
}
