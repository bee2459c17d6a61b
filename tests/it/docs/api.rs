//! The console API: methods, parameters, examples and objects.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::page::{between, blocks, files, first_cells, methods, read, section, table};
use crate::world::World;

/// The members that a method takes.
fn parameters(section: &str) -> BTreeSet<String> {
    first_cells(&table(section))
}

/// The required members.
fn required(section: &str) -> BTreeSet<String> {
    let table = table(section);
    let required = table.lines().filter(|line| line.contains("` (required) |"));
    first_cells(&required.collect::<Vec<_>>().join("\n"))
}

#[tokio::test]
async fn every_method_reads_the_parameters_of_its_documentation() {
    let world = World::start().await;
    for (method, section) in methods() {
        let example = blocks(&section)
            .into_iter()
            .find(|(info, _)| info.starts_with("json ") && info.ends_with(" request"));
        // Ids are shortened in the documentation.
        let example = example.map_or("{}".to_owned(), |(_, block)| lengthen(&block));
        let example: Value = serde_json::from_str(&example).unwrap();
        for parameter in parameters(&section) {
            let mut request = example.clone();
            request[&parameter] = json!({});
            check_pointer(&world, &method, &request, &parameter).await;
        }
        for parameter in required(&section) {
            let mut request = example.clone();
            request[&parameter] = Value::Null;
            check_pointer(&world, &method, &request, &parameter).await;
        }
    }
}

/// Asserts that a method refuses a request because of this member.
async fn check_pointer(world: &World, method: &str, request: &Value, member: &str) {
    let rejection = world
        .admin
        .rejected(method, request.clone(), "invalid")
        .await;
    let pointer = &rejection.details["errors"][0]["pointer"];
    assert_eq!(*pointer, format!("/{member}"), "{method} {request}");
}

/// The text with whole ids.
fn lengthen(text: &str) -> String {
    let mut parts = text.split("01a2…");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |all, part| {
        all + "01a20271-0000-7000-8000-00000000" + part
    })
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
