//! The repository's own files, for the tests that check them.

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
