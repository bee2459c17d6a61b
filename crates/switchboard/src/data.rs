//! The data directory: the paths in it and their permissions.

pub(crate) mod create;
pub(crate) mod credentials;
pub(crate) mod files;
pub(crate) mod generate;
pub(crate) mod place;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use chat::id::UserId;
use chat::secret::Secret;
use serde::{Deserialize, Serialize};

use crate::exit::{Exit, Failure, OrExit as _, Result};

/// The mode of directories: only the owner has access.
pub(crate) const DIRECTORY_MODE: u32 = 0o700;
/// The mode of files: nearly all are secret or private.
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

    /// The settings file.
    pub(crate) fn settings(&self) -> PathBuf {
        self.0.join("switchboard.toml")
    }

    /// The key that seals secrets. It is created last and marks a complete data directory.
    pub(crate) fn master_key(&self) -> PathBuf {
        self.0.join("master.key")
    }

    /// The administrator who may sign in while the log has no user.
    pub(crate) fn first_administrator(&self) -> PathBuf {
        self.0.join("first-administrator.toml")
    }

    /// The record of where the directory belongs.
    pub(crate) fn place(&self) -> PathBuf {
        self.0.join("place.toml")
    }

    /// The log: the journal, its copy and the projections.
    pub(crate) fn log(&self) -> PathBuf {
        self.0.join("log")
    }

    /// A file of the nats-server, or a secret for NATS.
    pub(crate) fn nats(&self, name: &str) -> PathBuf {
        self.0.join("nats").join(name)
    }

    /// Checks that this process runs as the owner of the directory: files that another user creates in it
    /// stop the next start.
    pub(crate) fn require_owner(&self) -> Result {
        let shown = self.0.display();
        let owner =
            fs::metadata(&self.0).or_fail(Exit::Failure, || format!("cannot read {shown}"))?;
        if owner.uid() == rustix::process::geteuid().as_raw() {
            return Ok(());
        }
        let owner = owner.uid();
        let message =
            format!("{shown} belongs to user {owner}; run this as that user: sudo -u '#{owner}' …");
        Err(Failure::message(Exit::Failure, message))
    }

    /// Whether `init` has completed. `false` if the directory cannot be read: see
    /// [`require_readable`](Self::require_readable).
    pub(crate) fn is_initialised(&self) -> bool {
        self.master_key().exists()
    }

    /// Checks that this user may look into the directory, if it exists.
    pub(crate) fn require_readable(&self) -> Result {
        self.master_key()
            .try_exists()
            .map(drop)
            .or_fail(Exit::Failure, || {
                let shown = self.0.display();
                format!("cannot read {shown}; run this as the user that it belongs to")
            })
    }

    /// Whether the directory is empty or does not exist.
    pub(crate) fn is_vacant(&self) -> io::Result<bool> {
        match fs::read_dir(&self.0) {
            Ok(mut entries) => Ok(entries.next().is_none()),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(true),
            Err(e) => Err(e),
        }
    }

    /// A path from the settings, relative to this directory.
    pub(crate) fn resolve(&self, path: &Path) -> PathBuf {
        self.0.join(path)
    }

    /// Locks the directory for one `up`, until the file is dropped.
    pub(crate) fn lock(&self) -> Result<File> {
        let path = self.nats("lock");
        let message = || format!("cannot lock {}", path.display());
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(false);
        let mut file = options.open(&path).map_err(|error| {
            if error.kind() == io::ErrorKind::NotFound {
                let data = self.0.display();
                let message = format!(
                    "{} is missing; to make it again: switchboard init --repair --data {data}",
                    self.nats("").display()
                );
                return Failure::message(Exit::Settings, message);
            }
            Failure::new(Exit::Failure, anyhow::Error::new(error).context(message()))
        })?;
        match file.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => {
                let holder = fs::read_to_string(&path).unwrap_or_default();
                let message = format!(
                    "{} is in use by another `switchboard up` (process {}); stop that one first",
                    self.0.display(),
                    holder.trim()
                );
                return Err(Failure::message(Exit::Failure, message));
            }
            Err(fs::TryLockError::Error(error)) => {
                return Err(error).or_fail(Exit::Failure, message);
            }
        }
        file.set_len(0).or_fail(Exit::Failure, message)?;
        writeln!(file, "{}", std::process::id()).or_fail(Exit::Failure, message)?;
        Ok(file)
    }

    /// The process id of the `up` that holds the [`lock`](Self::lock).
    pub(crate) fn locked_by(&self) -> Option<u32> {
        let mut file = File::open(self.nats("lock")).ok()?;
        let Err(fs::TryLockError::WouldBlock) = file.try_lock_shared() else {
            return None;
        };
        let mut holder = String::new();
        file.read_to_string(&mut holder).ok()?;
        holder.trim().parse().ok()
    }
}

/// The content of `DIR/first-administrator.toml`.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct FirstAdministrator {
    /// The login.
    pub(crate) login: UserId,
    /// The argon2id hash of the password.
    pub(crate) password_hash: Secret,
}

/// Creates a directory that only the owner can enter.
pub(crate) fn make_directory(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().mode(DIRECTORY_MODE).create(path)
}

/// Creates a file that only the owner can read, and syncs it.
pub(crate) fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(FILE_MODE)
        .open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Replaces a file atomically; only the owner can read it.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    let new = PathBuf::from(new);
    match fs::remove_file(&new) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    write_new(&new, bytes)?;
    fs::rename(&new, path)
}

/// Syncs a directory, so that the files created in it survive a power cut.
pub(crate) fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Reads a secret from a file, without a trailing newline.
pub(crate) fn read_secret(path: &Path) -> io::Result<Secret> {
    let text = fs::read_to_string(path)?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(Secret::new(text.strip_suffix('\r').unwrap_or(text)))
}

/// Reads a secret from a file that the command line names.
pub(crate) fn read_secret_argument(path: &Path) -> Result<Secret> {
    read_secret(path).or_fail(Exit::Failure, || format!("cannot read {}", path.display()))
}
