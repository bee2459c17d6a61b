//! What Cargo.toml and clippy cannot hold: who may know whom, and how large a file may be.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The longest file of code, in lines.
const LINES_MAX: usize = 500;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(root().join(&path))
        .unwrap_or_else(|e| panic!("{}: {e}", path.as_ref().display()))
}

/// Every file of Rust below a folder of the project, with its path from there. What npm has put
/// beside the console's page is not ours.
fn rust_files(folder: &str) -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.ends_with("node_modules") {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let name = path
                    .strip_prefix(root())
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .to_owned();
                files.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(files.len() > 1, "{folder} has no code");
    files
}

/// Code of the crates that runs in production: neither tests nor benches nor examples.
fn sources() -> Vec<(String, String)> {
    let is_test = |name: &str| {
        [
            "/tests/",
            "/tests.rs",
            "/benches/",
            "/examples/",
            "/testing.rs",
        ]
        .iter()
        .any(|part| name.contains(part))
    };
    rust_files("crates")
        .into_iter()
        .filter(|(name, _)| !is_test(name))
        .collect()
}

/// What each crate depends on when it is built, by the names in its Cargo.toml.
fn dependencies() -> BTreeMap<String, Vec<String>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(root().join("crates")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let manifest: toml::Table = read(path.join("Cargo.toml")).parse().unwrap();
        let package = manifest["package"]["name"].as_str().unwrap();
        assert_eq!(package, name, "a crate is named as its folder");
        let list = manifest["dependencies"]
            .as_table()
            .unwrap()
            .keys()
            .cloned()
            .collect();
        all.insert(name, list);
    }
    all
}

#[test]
fn dependencies_point_one_way() {
    let ours = dependencies();
    let allowed: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("chat", &[][..]),
        ("event-log", &[]),
        ("bus", &["chat"]),
        ("ingress", &["bus", "chat"]),
        ("messenger", &[]),
        ("egress", &["bus", "chat"]),
        ("console", &["bus", "chat"]),
        ("session-router", &["bus", "chat", "event-log"]),
        (
            "switchboard",
            &[
                "bus",
                "chat",
                "console",
                "egress",
                "event-log",
                "ingress",
                "messenger",
                "session-router",
            ],
        ),
    ]);
    assert_eq!(
        ours.keys().map(String::as_str).collect::<Vec<_>>(),
        allowed.keys().copied().collect::<Vec<_>>()
    );
    for (name, list) in &ours {
        for dependency in list.iter().filter(|d| ours.contains_key(*d)) {
            assert!(
                allowed[name.as_str()].contains(&dependency.as_str()),
                "{name} must not know {dependency}"
            );
        }
    }
}

#[test]
fn what_touches_the_world_is_in_one_crate() {
    let wrappers: &[(&str, &[&str])] = &[
        ("sled", &["event-log"]),
        ("async-nats", &["bus"]),
        ("rmp-serde", &["chat"]),
        ("clap", &["messenger", "switchboard"]),
        ("anyhow", &["messenger", "switchboard"]),
        ("nkeys", &["console"]),
    ];
    let pure = [
        "tokio",
        "hyper",
        "sled",
        "async-nats",
        "getrandom",
        "tracing",
    ];
    for (name, list) in dependencies() {
        for (dependency, only) in wrappers {
            let has = list.iter().any(|d| d == dependency);
            assert!(
                !has || only.contains(&name.as_str()),
                "{name} must not depend on {dependency}"
            );
        }
        if name == "chat" {
            let impure: Vec<_> = list.iter().filter(|d| pure.contains(&d.as_str())).collect();
            assert!(impure.is_empty(), "chat must stay pure, but has {impure:?}");
        }
    }
}

#[test]
fn files_are_rooms_not_halls() {
    for (name, text) in rust_files("crates").into_iter().chain(rust_files("tests")) {
        let lines = text.lines().count();
        assert!(
            lines <= LINES_MAX,
            "{name} has {lines} lines; it is two rooms"
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
        for (n, line) in code
            .lines()
            .enumerate()
            .filter(|(_, l)| !l.trim_start().starts_with("//"))
        {
            let found = marks.iter().find(|mark| line.contains(*mark));
            assert!(
                found.is_none(),
                "{name}:{}: a subject is written here: {line}",
                n + 1
            );
        }
    }
}

#[test]
fn every_setting_is_explained() {
    let text = read("crates/switchboard/src/settings.default.toml");
    let mut explained = false;
    let mut keys = 0;
    for line in text.lines() {
        match line.trim() {
            "" => explained = false,
            comment if comment.starts_with('#') => explained = true,
            key => {
                keys += 1;
                assert!(explained, "no comment explains {key}");
            }
        }
    }
    assert!(keys > 20, "the settings were not found");
}

#[test]
fn every_crate_says_what_it_is() {
    for name in dependencies().keys() {
        let file = if name == "switchboard" {
            "main.rs"
        } else {
            "lib.rs"
        };
        let text = read(format!("crates/{name}/src/{file}"));
        assert!(
            text.starts_with("//! "),
            "crates/{name}/src/{file} does not begin with what it is"
        );
    }
}

#[test]
fn nothing_is_left_open() {
    let open = [
        "todo!(",
        "unimplemented!(",
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
    ];
    for (name, text) in sources() {
        for (n, line) in text.lines().enumerate() {
            assert!(
                !open.iter().any(|mark| line.contains(mark)),
                "{name}:{}: left open: {line}",
                n + 1
            );
        }
    }
}
