//! Reads pages of the documentation, and code as text.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Where each method of the console API is described.
const API_PAGES: &str = "docs/console-api";

/// The top of the project.
pub(super) fn workspace() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = package.ancestors();
    let top = folders.find(|folder| folder.join("Cargo.lock").exists());
    top.expect("the workspace has a Cargo.lock").to_owned()
}

pub(super) fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(workspace().join(&path))
        .unwrap_or_else(|e| panic!("{}: {e}", path.as_ref().display()))
}

/// The files below a folder with this extension, by their paths from the top of the project.
pub(super) fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![workspace().join(folder)]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("node_modules") {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == extension) {
                found.push(path.strip_prefix(workspace()).unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

/// The code of a crate that runs in production, as one text.
pub(super) fn source(folder: &str) -> String {
    let is_test = |path: &PathBuf| {
        let name = path.to_string_lossy();
        ["/tests/", "/tests.rs", "/testing.rs"]
            .iter()
            .any(|part| name.contains(part))
    };
    let files = files(folder, "rs")
        .into_iter()
        .filter(|path| !is_test(path));
    files.map(|path| read(path) + "\n").collect()
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
        .unwrap_or_else(|| panic!("there is no heading {heading:?}"));
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

/// The fenced blocks of a page: what stands behind the fence, and what is in it.
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

/// The table of parameters in a method's section.
pub(super) fn table(section: &str) -> String {
    let rest = section.split("\n| parameter |").nth(1).unwrap_or_default();
    let table = rest.split("\n\n").next().unwrap_or_default();
    format!("| parameter |{table}")
}
