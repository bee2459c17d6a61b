//! Compares the documentation with the code, in both directions: each names what the other has.

mod api;
mod events;
mod page;
mod pages;
mod run;

use std::collections::{BTreeMap, BTreeSet};

use page::{quoted, read, rows, section, source};

/// Asserts that the documentation and the code have the same names.
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
fn every_reason_is_documented() {
    let camel = |name: &str| {
        let mut words = name.split('_');
        let first = words.next().unwrap().to_owned();
        words.fold(first, |all, word| {
            all + &word[..1].to_uppercase() + &word[1..]
        })
    };
    let code = read("crates/chat/src/reason.rs");
    let (_, table) = code.split_once("\nreasons! {").unwrap();
    let parts: Vec<&str> = table
        .split("\n}\n")
        .next()
        .unwrap()
        .split(" = \"")
        .collect();
    // A reason is `Name { field: Type, … } = "code"`: the fields stand before the code.
    let known = parts.windows(2).map(|pair| {
        let fields = pair[0]
            .strip_suffix('}')
            .and_then(|head| Some(head.rsplit_once('{')?.1));
        let fields = fields.unwrap_or_default().split(", ");
        let fields = fields.filter_map(|field| Some(camel(field.split_once(':')?.0.trim())));
        let code = pair[1].split('"').next().unwrap();
        format!("{code}: {}", fields.collect::<Vec<_>>().join(", "))
    });
    let page = read("docs/errors.md");
    let documented = rows(section(&page, "# Reasons")).into_iter().map(|row| {
        let fields: Vec<_> = quoted(row[1]).collect();
        format!("{}: {}", row[0].trim_matches('`'), fields.join(", "))
    });
    check_same("reasons", &documented.collect(), &known.collect());
}
