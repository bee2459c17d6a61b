//! The data directory: what is in it, under which name, and who may read it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use chat::secret::Secret;

/// The mode of directories: nobody else may even look.
pub(crate) const DIRECTORY_MODE: u32 = 0o700;
/// The mode of files, nearly all of which are secret or tell of what people wrote.
pub(crate) const FILE_MODE: u32 = 0o600;

/// The path of a data directory.
#[derive(Clone, Debug)]
pub(crate) struct Data(PathBuf);

impl Data {
    /// The data directory at this path, whether it exists or not.
    pub(crate) fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// The directory itself.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// The settings.
    pub(crate) fn settings(&self) -> PathBuf {
        self.0.join("switchboard.toml")
    }

    /// The key that seals secrets. It is made last, so that it marks a whole data directory.
    pub(crate) fn master_key(&self) -> PathBuf {
        self.0.join("master.key")
    }

    /// Who may sign in while the log has no user.
    pub(crate) fn first_administrator(&self) -> PathBuf {
        self.0.join("first-administrator.toml")
    }

    /// The log: the journal, its copy, and what the session-router makes of them.
    pub(crate) fn log(&self) -> PathBuf {
        self.0.join("log")
    }

    /// What belongs to the NATS server and to signing in there.
    pub(crate) fn nats(&self, name: &str) -> PathBuf {
        self.0.join("nats").join(name)
    }

    /// Whether `init` was here and finished.
    pub(crate) fn is_initialised(&self) -> bool {
        self.master_key().exists()
    }

    /// Whether there is nothing at all, or an empty directory.
    pub(crate) fn is_vacant(&self) -> io::Result<bool> {
        match fs::read_dir(&self.0) {
            Ok(mut entries) => Ok(entries.next().is_none()),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(true),
            Err(e) => Err(e),
        }
    }

    /// A path from the settings: a relative one starts here.
    pub(crate) fn resolve(&self, path: &Path) -> PathBuf {
        self.0.join(path)
    }
}

/// Makes a directory that only we may enter.
pub(crate) fn make_directory(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().mode(DIRECTORY_MODE).create(path)
}

/// Writes a new file that only we may read, down to the disk.
pub(crate) fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(FILE_MODE)
        .open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Writes a file that only we may read, in the place of an older one, never leaving half of it.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    match fs::remove_file(&beside) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    write_new(&beside, bytes)?;
    fs::rename(&beside, path)
}

/// Makes what was created in a directory survive a power cut.
pub(crate) fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// A secret from a file, without the line end that editors leave.
pub(crate) fn read_secret(path: &Path) -> io::Result<Secret> {
    let text = fs::read_to_string(path)?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(Secret::new(text.strip_suffix('\r').unwrap_or(text)))
}

/// The permissions of a path that others could use, if any.
pub(crate) fn too_open(path: &Path) -> io::Result<Option<u32>> {
    let mode = fs::metadata(path)?.permissions().mode() & 0o777;
    Ok((mode & 0o077 != 0).then_some(mode))
}
