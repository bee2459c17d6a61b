//! The pages themselves: links, anchors, examples, names of files.

use super::page::{blocks, files, read, workspace};

use serde_json::Value;

#[test]
fn every_example_is_json() {
    for path in files("docs", "md") {
        for (info, block) in blocks(&read(&path)) {
            if info.split(' ').next() == Some("json") {
                let read: Result<Value, _> = serde_json::from_str(&block);
                assert!(read.is_ok(), "{}: {info}: {block}", path.display());
            }
        }
    }
}

#[test]
fn every_link_leads_somewhere() {
    let mut pages = files("docs", "md");
    for page in [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "CHANGELOG.md",
    ] {
        pages.push(page.into());
    }
    for page in pages {
        let text = read(&page);
        for link in text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
        {
            if link.starts_with("http") {
                continue;
            }
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() {
                page.clone()
            } else {
                page.with_file_name(file)
            };
            let shown = format!("{}: {link}", page.display());
            assert!(workspace().join(&target).exists(), "{shown} does not exist");
            if !anchor.is_empty() {
                let found = read(&target)
                    .lines()
                    .any(|line| anchor_of(line).as_deref() == Some(anchor));
                assert!(found, "{shown}: no heading has this anchor");
            }
        }
    }
}

/// The anchor of a heading, as GitHub makes it; a page must not have two headings with the same words.
fn anchor_of(line: &str) -> Option<String> {
    let heading = line
        .strip_prefix('#')?
        .trim_start_matches('#')
        .strip_prefix(' ')?;
    let kept = heading
        .chars()
        .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    Some(kept.collect::<String>().to_lowercase().replace(' ', "-"))
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
