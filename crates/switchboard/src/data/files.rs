//! The files of a data directory, with their owners and modes.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::{fs, io};

use super::Data;

/// The names in a data directory. Files with other names are not ours.
const NAMES: [&str; 10] = [
    "first-administrator.toml",
    "keys",
    "keys.copy",
    "keys.new",
    "log",
    "master.key",
    "nats",
    "place.toml",
    "projections",
    "switchboard.toml",
];

/// A file or a directory.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Its path.
    pub(crate) path: PathBuf,
    /// The permissions of owner, group and others.
    pub(crate) mode: u32,
    /// The user id of the owner.
    pub(crate) owner: u32,
    /// Whether it is a directory.
    pub(crate) is_directory: bool,
}

impl Entry {
    fn of(path: &Path, metadata: &fs::Metadata) -> Self {
        Self {
            path: path.to_owned(),
            mode: metadata.permissions().mode() & 0o777,
            owner: metadata.uid(),
            is_directory: metadata.is_dir(),
        }
    }

    /// Whether the group or others have access.
    pub(crate) const fn is_open(&self) -> bool {
        self.mode & 0o077 != 0
    }

    /// Whether the owner may read and write it.
    pub(crate) const fn is_usable(&self) -> bool {
        let wanted = if self.is_directory { 0o700 } else { 0o600 };
        self.mode & wanted == wanted
    }
}

/// The entries of a data directory that have our names, and everything below them; itself first. Links
/// in it are followed, those below are not. A directory that cannot be read has no content here.
pub(crate) fn entries(data: &Data) -> io::Result<Vec<Entry>> {
    let root = Entry::of(data.path(), &fs::metadata(data.path())?);
    let mut entries = vec![root];
    let mut unread = vec![data.path().to_owned()];
    while let Some(directory) = unread.pop() {
        let is_root = directory == data.path();
        // A running broker removes files meanwhile.
        for entry in fs::read_dir(&directory).into_iter().flatten().flatten() {
            let path = entry.path();
            if is_root && !NAMES.iter().any(|name| entry.file_name() == *name) {
                continue;
            }
            let metadata = if is_root {
                fs::metadata(&path)
            } else {
                fs::symlink_metadata(&path)
            };
            let Ok(metadata) = metadata else { continue };
            if metadata.is_symlink() {
                continue;
            }
            if metadata.is_dir() {
                unread.push(path.clone());
            }
            entries.push(Entry::of(&path, &metadata));
        }
    }
    Ok(entries)
}

/// Whether a directory has any of our files.
pub(crate) fn has_any(data: &Data) -> bool {
    NAMES.iter().any(|name| data.path().join(name).exists())
}

/// Removes the access of the group and of others from what this user owns: older versions created some
/// files with the caller's mask. Returns how many entries changed.
pub(crate) fn tighten(data: &Data) -> io::Result<usize> {
    let user = rustix::process::geteuid().as_raw();
    let mut count = 0;
    for entry in entries(data)? {
        if entry.owner != user || !entry.is_open() {
            continue;
        }
        let mode = fs::Permissions::from_mode(entry.mode & 0o700);
        match fs::set_permissions(&entry.path, mode) {
            Ok(()) => count += 1,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentation_says_of_each_file_whether_a_backup_needs_it() {
        let text = include_str!("../../../../docs/operating.md");
        let (_, rest) = text.split_once("\n## Backup\n").unwrap();
        let (section, _) = rest.split_once("\n## ").unwrap();
        for name in NAMES {
            let is_named =
                section.contains(&format!("`{name}`")) || section.contains(&format!("`{name}/"));
            assert!(is_named, "{name} is missing");
        }
    }

    #[test]
    fn the_group_and_others_lose_access_to_all_files_and_the_owner_keeps_it() {
        let dir = tempfile::tempdir().unwrap();
        let data = Data::at(dir.path().join("data"));
        let journal = data.log().join("journal");
        fs::create_dir_all(&journal).unwrap();
        let outside = dir.path().join("outside");
        let foreign = data.path().join("thesis.txt");
        for path in [
            &outside,
            &foreign,
            &journal.join("1.seg"),
            &data.master_key(),
        ] {
            fs::write(path, "").unwrap();
            fs::set_permissions(path, fs::Permissions::from_mode(0o664)).unwrap();
        }
        std::os::unix::fs::symlink(&outside, journal.join("link")).unwrap();
        assert!(tighten(&data).unwrap() >= 2);
        assert_eq!(tighten(&data).unwrap(), 0);
        let entries = entries(&data).unwrap();
        assert_eq!(entries.len(), 5);
        for entry in entries {
            assert!(entry.is_usable() && !entry.is_open(), "{entry:?}");
        }
        for path in [outside, foreign] {
            let mode = fs::metadata(path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o664);
        }
    }
}
