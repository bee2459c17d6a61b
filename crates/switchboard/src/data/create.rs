//! Creates a data directory, completely or not at all.
//!
//! All files are created in `DIR/.init` and then moved up, the master key last: a directory with a
//! master key is complete, and the remains of a killed `init` are recognised and replaced.

use std::path::{Path, PathBuf};
use std::{fs, io};

use chat::chance::Chance;
use chat::id::UserId;
use chat::secret::Secret;
use data_encoding::HEXLOWER;

use super::credentials::Credential;
use super::generate::{chance, password};
use super::place::Place;
use super::{Data, FirstAdministrator};
use crate::exit::{Exit, Failure, OrExit as _, Result};
use crate::{data, output, settings};

/// The value of `egress.allow` that `--dev` sets.
pub(crate) const DEV_ALLOW: &str = r#"["127.0.0.0/8", "::1/128"]"#;
/// The default login of the first administrator.
pub(crate) const ADMIN: &str = "admin";
/// Files are created here first.
const STAGING: &str = ".init";

/// The options of a new data directory.
pub(crate) struct Options {
    /// Whether webhooks on loopback addresses are allowed.
    pub(crate) dev: bool,
    /// The login of the first administrator.
    pub(crate) login: UserId,
    /// The password; `None` generates one.
    pub(crate) password: Option<Secret>,
}

impl Options {
    /// For development: `admin` with a generated password, and webhooks on loopback addresses.
    pub(crate) fn dev() -> Result<Self> {
        Ok(Self {
            dev: true,
            login: ADMIN.parse()?,
            password: None,
        })
    }
}

/// Creates the data directory. A generated password is printed and not stored.
pub(crate) fn create(data: &Data, options: &Options) -> Result {
    if let Some(password) = &options.password {
        chat::password::check(password).or_fail(Exit::Failure, || {
            "the password of the first administrator is invalid".to_owned()
        })?;
    }
    require_vacant(data)?;
    let mut chance = chance()?;
    let password = match &options.password {
        Some(password) => password.clone(),
        None => password(&mut chance),
    };
    let generated = options.password.is_none().then_some(&password);
    let hash = chat::password::hash(&password, chance.bytes());
    let existed = data.path().exists();
    build(data, options, &hash, &mut chance).map_err(|error| {
        clean(data, existed);
        let message = format!("cannot create {}", data.path().display());
        Failure::new(Exit::Failure, anyhow::Error::new(error).context(message))
    })?;
    print(data, options, generated)
}

/// Checks that the directory is empty, except for the remains of a killed `init`.
fn require_vacant(data: &Data) -> Result {
    let shown = data.path().display();
    if data.is_initialised() {
        let message = format!(
            "{shown} is already a data directory (it has a master.key); nothing was changed. To run \
             it: switchboard up --data {shown}"
        );
        return Err(Failure::message(Exit::Failure, message));
    }
    let exists = |name: &str| data.path().join(name).exists();
    if exists(STAGING) && !exists("log") {
        // A killed `init` has not completed, so none of its files were ever used.
        clean(data, true);
    }
    let vacant = data
        .is_vacant()
        .or_fail(Exit::Failure, || format!("cannot read {shown}"))?;
    if vacant {
        return Ok(());
    }
    let message = format!(
        "{shown} is not empty and has no master.key; give a directory that does not exist, or restore \
         the key if this was a data directory"
    );
    Err(Failure::message(Exit::Failure, message))
}

/// Creates everything in the staging directory, then moves it up, the master key last.
fn build(data: &Data, options: &Options, hash: &Secret, chance: &mut Chance) -> io::Result<()> {
    if !data.path().exists() {
        if let Some(parent) = data.path().parent() {
            fs::create_dir_all(if parent.as_os_str().is_empty() {
                Path::new(".")
            } else {
                parent
            })?;
        }
        data::make_directory(data.path())?;
    }
    fs::set_permissions(
        data.path(),
        std::os::unix::fs::PermissionsExt::from_mode(data::DIRECTORY_MODE),
    )?;
    let staging = Data::at(data.path().join(STAGING));
    data::make_directory(staging.path())?;
    data::make_directory(&staging.nats(""))?;
    let mut files = files(&staging, options, hash, chance)?;
    files.push((staging.place(), Place::of(data)?.text()?));
    for (path, text) in files {
        data::write_new(&path, text.as_bytes())?;
    }
    data::sync_directory(&staging.nats(""))?;
    fs::rename(staging.nats(""), data.nats(""))?;
    fs::rename(staging.first_administrator(), data.first_administrator())?;
    fs::rename(staging.settings(), data.settings())?;
    fs::rename(staging.place(), data.place())?;
    data::sync_directory(data.path())?;
    fs::rename(staging.master_key(), data.master_key())?;
    fs::remove_dir(staging.path())?;
    data::sync_directory(data.path())?;
    let parent = data.path().canonicalize()?;
    parent.parent().map_or(Ok(()), data::sync_directory)
}

/// Every file and its content.
fn files(
    staging: &Data,
    options: &Options,
    hash: &Secret,
    chance: &mut Chance,
) -> io::Result<Vec<(PathBuf, String)>> {
    let key = HEXLOWER.encode(&chance.bytes::<32>());
    let mut files = vec![
        (staging.master_key(), line(&key)),
        (
            staging.first_administrator(),
            administrator_file(&options.login, hash)?,
        ),
        (staging.settings(), settings_file(options.dev)),
    ];
    for credential in Credential::ALL {
        let secret = credential.generate(chance)?;
        files.push((credential.path(staging), line(secret.expose())));
    }
    Ok(files)
}

fn administrator_file(login: &UserId, hash: &Secret) -> io::Result<String> {
    let administrator = FirstAdministrator {
        login: login.clone(),
        password_hash: hash.clone(),
    };
    toml::to_string(&administrator).map_err(io::Error::other)
}

/// A first administrator with the default login: the file, and the generated password.
pub(crate) fn first_administrator(chance: &mut Chance) -> Result<(String, Secret)> {
    let password = password(chance);
    let hash = chat::password::hash(&password, chance.bytes());
    Ok((administrator_file(&ADMIN.parse()?, &hash)?, password))
}

/// The settings file: every key commented out, and the values of `--dev`.
pub(crate) fn settings_file(dev: bool) -> String {
    let mut text = settings::commented();
    if dev {
        text.push_str("\n# Set by init --dev: allows messengers on this machine.\n");
        text.push_str("egress.allow = ");
        text.push_str(DEV_ALLOW);
        text.push('\n');
    }
    text
}

/// Removes the created files. Errors are ignored, so that the caller reports the original one.
fn clean(data: &Data, existed: bool) {
    if !existed {
        drop(fs::remove_dir_all(data.path()));
        return;
    }
    drop(fs::remove_dir_all(data.path().join(STAGING)));
    drop(fs::remove_dir_all(data.nats("")));
    drop(fs::remove_file(data.first_administrator()));
    drop(fs::remove_file(data.settings()));
    drop(fs::remove_file(data.place()));
}

fn print(data: &Data, options: &Options, generated: Option<&Secret>) -> Result {
    output::message(format_args!("Created {}.", data.path().display()));
    if options.dev {
        output::message(format_args!(
            "--dev: egress.allow = {DEV_ALLOW} permits webhooks on loopback addresses."
        ));
    }
    if let Some(password) = generated {
        output::data(format_args!("login: {}", options.login))?;
        output::data(format_args!("password: {}", password.expose()))?;
        output::message("This password is not shown again.");
    }
    Ok(())
}

/// A text as the only line of a file.
pub(crate) fn line(text: &str) -> String {
    format!("{text}\n")
}
