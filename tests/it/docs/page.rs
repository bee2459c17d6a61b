//! Parses pages of the documentation, and reads code as text.

use std::collections::{BTreeMap, BTreeSet};

use crate::sources::files;

/// Where each method of the console API is described.
const API_PAGES: &str = "docs/console-api";

/// The code of a crate without its tests, as one text.
pub(super) fn source(folder: &str) -> String {
    let mut sources = files(folder, &["rs"]);
    let tests = ["/tests/", "/tests.rs", "/testing.rs"];
    sources.retain(|(path, _)| tests.iter().all(|part| !path.contains(part)));
    sources.into_iter().map(|(_, text)| text + "\n").collect()
}

/// The strings between two marks.
pub(super) fn between<'a>(
    text: &'a str,
    open: &'a str,
    close: &'a str,
) -> impl Iterator<Item = &'a str> {
    text.split(open)
        .skip(1)
        .filter_map(move |rest| rest.split_once(close))
        .map(|(found, _)| found)
}

/// The words in backquotes.
pub(super) fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The part of a page below a heading, up to the next one of the same level or a higher one.
pub(super) fn section<'a>(page: &'a str, heading: &str) -> &'a str {
    let level = heading.split(' ').next().unwrap();
    let (_, rest) = page
        .split_once(&format!("\n{heading}\n"))
        .unwrap_or_else(|| panic!("no heading {heading:?}"));
    let ends = (1..=level.len()).filter_map(|n| rest.find(&format!("\n{} ", "#".repeat(n))));
    rest.split_at(ends.min().unwrap_or(rest.len())).0
}

/// The rows of the tables in a text, cell by cell; without heads.
pub(super) fn rows(text: &str) -> Vec<Vec<&str>> {
    let lines: Vec<&str> = text.lines().collect();
    let is_rule = |line: &str| line.starts_with("| ---");
    let body = lines.iter().enumerate().filter(|(n, line)| {
        let head = lines.get(n + 1).is_some_and(|next| is_rule(next));
        line.starts_with("| ") && !is_rule(line) && !head
    });
    body.map(|(_, line)| cells(line)).collect()
}

fn cells(line: &str) -> Vec<&str> {
    let inner = line.trim().trim_start_matches('|').trim_end_matches('|');
    inner.split('|').map(str::trim).collect()
}

/// The fenced blocks of a page: the words after the fence, and the content.
pub(super) fn blocks(page: &str) -> Vec<(String, String)> {
    let (mut found, mut open) = (Vec::new(), None::<(String, String)>);
    for line in page.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (Some(_), Some(_)) => found.extend(open.take()),
            (Some((_, text)), None) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, Some(info)) => open = Some((info.to_owned(), String::new())),
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block is not closed");
    found
}

/// The words in backquotes in the first cells of the tables of a text.
pub(super) fn first_cells(text: &str) -> BTreeSet<String> {
    let first = |row: Vec<&str>| quoted(row[0]).map(str::to_owned).collect::<Vec<_>>();
    rows(text).into_iter().flat_map(first).collect()
}

/// The sections of the methods of the console API.
pub(super) fn methods() -> BTreeMap<String, String> {
    let sections = files(API_PAGES, &["md"]).into_iter().flat_map(|(_, page)| {
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

/// The table of parameters in a method's section.
pub(super) fn table(section: &str) -> String {
    let rest = section.split("\n| parameter |").nth(1).unwrap_or_default();
    let table = rest.split("\n\n").next().unwrap_or_default();
    format!("| parameter |{table}")
}
