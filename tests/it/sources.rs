//! The repository's own files, for the tests that check them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::program::workspace;

/// Directories with generated or downloaded files, in addition to hidden ones.
const SKIPPED: [&str; 5] = ["data", "dist", "node_modules", "recorded", "target"];

/// Reads a file by its path in the repository.
pub(crate) fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(workspace().join(&path))
        .unwrap_or_else(|e| panic!("{}: {e}", path.as_ref().display()))
}

/// The files in a directory and below it that have one of these extensions, as pairs of path and
/// content. An empty extension means files without one.
pub(crate) fn files(folder: &str, extensions: &[&str]) -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut folders = vec![workspace().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let extension = path.extension().unwrap_or_default();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() && !name.starts_with('.') && !SKIPPED.contains(&name) {
                folders.push(path);
            } else if path.is_file() && extensions.iter().any(|e| extension == *e) {
                let name = path.strip_prefix(workspace()).unwrap().to_str().unwrap();
                files.push((name.to_owned(), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(!files.is_empty(), "{folder} has no {extensions:?} files");
    files
}

/// The codes that `chat::reason` declares, each with the names of its fields in JSON.
pub(crate) fn reasons() -> BTreeMap<String, Vec<String>> {
    let code = read("crates/chat/src/reason.rs");
    let (_, table) = code.split_once("\nreasons! {").unwrap();
    let table = table.split("\n}\n").next().unwrap();
    let parts: Vec<&str> = table.split(" = \"").collect();
    // A reason is `Name { field: Type, … } = "code"`: the fields stand before the code.
    let reasons = parts.windows(2).map(|pair| {
        let head = pair[0].strip_suffix('}');
        let fields = head.and_then(|head| Some(head.rsplit_once('{')?.1));
        let fields = fields.unwrap_or_default().split(", ");
        let fields = fields.filter_map(|field| Some(camel_case(field.split_once(':')?.0.trim())));
        let code = pair[1].split('"').next().unwrap();
        (code.to_owned(), fields.collect())
    });
    reasons.collect()
}

fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap().to_owned();
    words.fold(first, |all, word| {
        all + &word[..1].to_uppercase() + &word[1..]
    })
}
