//! `init`: makes a data directory, whole or not at all.
//!
//! Everything is made in `DIR/.init` and moved up at the end, the master key last: a directory with
//! a master key is whole, and what a killed `init` left is recognised and replaced.

use std::path::{Path, PathBuf};
use std::{fs, io};

use chat::chance::Chance;
use chat::id::UserId;
use chat::secret::Secret;
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

use crate::data::{self, Data};
use crate::exit::{Exit, Failure, OrExit as _, Result};
use crate::{clock, output, settings};

/// What `--dev` opens.
pub(crate) const DEV_ALLOW: &str = r#"["127.0.0.0/8", "::1/128"]"#;
/// The login of the first administrator, unless another is given.
pub(crate) const ADMIN: &str = "admin";
/// How many characters a generated password has, out of 32: 120 bits.
const PASSWORD_CHARS: usize = 24;
/// Letters and digits that are not taken for each other.
const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz123456789";
/// Where everything is made first.
const STAGING: &str = ".init";

/// Make a data directory: keys, settings, first administrator.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  switchboard init --data ./data --dev
  switchboard init --data /var/lib/switchboard --admin-login root --admin-password-file ./password

The password of the first administrator is printed once, on stdout, unless it is given.")]
pub(crate) struct Args {
    /// The directory to make; it may exist if it is empty.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// For trying it out on one machine: also let webhooks be on loopback addresses.
    #[arg(long)]
    dev: bool,
    /// The login of the first administrator.
    #[arg(long, value_name = "LOGIN", default_value = ADMIN)]
    admin_login: UserId,
    /// A file with the first administrator's password, instead of a generated one.
    #[arg(long, value_name = "FILE")]
    admin_password_file: Option<PathBuf>,
}

/// What is wanted of a new data directory.
pub(crate) struct Plan {
    /// Whether webhooks may be on loopback addresses.
    pub(crate) dev: bool,
    /// The first administrator.
    pub(crate) login: UserId,
    /// Their password, unless it is to be generated.
    pub(crate) password: Option<Secret>,
}

impl Plan {
    /// For trying it out: `admin` with a generated password, webhooks on loopback.
    pub(crate) fn dev() -> Result<Self> {
        Ok(Self {
            dev: true,
            login: ADMIN.parse()?,
            password: None,
        })
    }
}

/// Who may sign in while the log has no user: what `DIR/first-administrator.toml` holds.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct FirstAdministrator {
    /// The login.
    pub(crate) login: UserId,
    /// The argon2id hash of the password.
    pub(crate) password_hash: Secret,
}

/// Makes it and tells of it.
pub(crate) fn run(args: &Args) -> Result {
    let password = args
        .admin_password_file
        .as_ref()
        .map(|path| {
            data::read_secret(path)
                .or_fail(Exit::Failure, || format!("cannot read {}", path.display()))
        })
        .transpose()?;
    let data = Data::at(&args.data);
    let plan = Plan {
        dev: args.dev,
        login: args.admin_login.clone(),
        password,
    };
    create(&data, &plan)?;
    output::talk(format_args!(
        "Next: switchboard up --data {}",
        args.data.display()
    ));
    Ok(())
}

/// Makes the data directory; a generated password is printed, and nowhere else to be found.
pub(crate) fn create(data: &Data, plan: &Plan) -> Result {
    if let Some(password) = &plan.password {
        chat::password::check(password).or_fail(Exit::Failure, || {
            "the password of the first administrator cannot be used".to_owned()
        })?;
    }
    refuse_old(data)?;
    let mut chance = clock::chance().or_fail(Exit::Failure, || {
        "the machine gives no random numbers".to_owned()
    })?;
    let generated = plan.password.is_none().then(|| password(&mut chance));
    let hash = plan
        .password
        .as_ref()
        .or(generated.as_ref())
        .map(|password| chat::password::hash(password, chance.bytes()));
    let hash = hash.ok_or_else(|| Failure::say(Exit::Failure, "there is no password"))?;
    let existed = data.path().exists();
    build(data, plan, &hash, &mut chance).map_err(|error| {
        clean(data, existed);
        let words = format!("cannot make {}", data.path().display());
        Failure::new(Exit::Failure, anyhow::Error::new(error).context(words))
    })?;
    tell(data, plan, generated.as_ref())
}

/// A directory that holds something is not ours to fill.
fn refuse_old(data: &Data) -> Result {
    let shown = data.path().display();
    if data.is_initialised() {
        let words = format!(
            "{shown} is a data directory already (it has a master.key); nothing was changed. To run \
             it: switchboard up --data {shown}"
        );
        return Err(Failure::say(Exit::Failure, words));
    }
    let left = |name: &str| data.path().join(name).exists();
    if left(STAGING) && !left("log") {
        // A killed `init`: it had not finished, so that nothing in there was ever used.
        clean(data, true);
    }
    let vacant = data
        .is_vacant()
        .or_fail(Exit::Failure, || format!("cannot look into {shown}"))?;
    if vacant {
        return Ok(());
    }
    let words = format!(
        "{shown} is not empty and has no master.key; give a directory that does not exist, or bring \
         the key back if this was a data directory"
    );
    Err(Failure::say(Exit::Failure, words))
}

/// Makes everything in the staging directory, then moves it up, the master key last.
fn build(data: &Data, plan: &Plan, hash: &Secret, chance: &mut Chance) -> io::Result<()> {
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
    for (path, text) in files(&staging, plan, hash, chance)? {
        data::write_new(&path, text.as_bytes())?;
    }
    data::sync_directory(&staging.nats(""))?;
    fs::rename(staging.nats(""), data.nats(""))?;
    fs::rename(staging.first_administrator(), data.first_administrator())?;
    fs::rename(staging.settings(), data.settings())?;
    data::sync_directory(data.path())?;
    fs::rename(staging.master_key(), data.master_key())?;
    fs::remove_dir(staging.path())?;
    data::sync_directory(data.path())?;
    let parent = data.path().canonicalize()?;
    parent.parent().map_or(Ok(()), data::sync_directory)
}

/// Every file and what stands in it.
fn files(
    staging: &Data,
    plan: &Plan,
    hash: &Secret,
    chance: &mut Chance,
) -> io::Result<Vec<(PathBuf, String)>> {
    let issuer = console::nats_server::new_issuer(chance.bytes()).map_err(io::Error::other)?;
    let administrator = FirstAdministrator {
        login: plan.login.clone(),
        password_hash: hash.clone(),
    };
    let administrator = toml::to_string(&administrator).map_err(io::Error::other)?;
    Ok(vec![
        (
            staging.master_key(),
            line(&HEXLOWER.encode(&chance.bytes::<32>())),
        ),
        (staging.nats("issuer.seed"), line(issuer.expose())),
        (
            staging.nats("roles.password"),
            line(password(chance).expose()),
        ),
        (
            staging.nats("system.password"),
            line(password(chance).expose()),
        ),
        (staging.first_administrator(), administrator),
        (staging.settings(), settings_file(plan.dev)),
    ])
}

/// The documentation of every key, and what `--dev` sets.
fn settings_file(dev: bool) -> String {
    let mut text = settings::commented();
    if dev {
        text.push_str("\n# Set by init --dev: messengers on this machine may be connected.\n");
        text.push_str("egress.allow = ");
        text.push_str(DEV_ALLOW);
        text.push('\n');
    }
    text
}

/// Undoes what was begun, as well as it can be.
fn clean(data: &Data, existed: bool) {
    if !existed {
        drop(fs::remove_dir_all(data.path()));
        return;
    }
    drop(fs::remove_dir_all(data.path().join(STAGING)));
    drop(fs::remove_dir_all(data.nats("")));
    drop(fs::remove_file(data.first_administrator()));
    drop(fs::remove_file(data.settings()));
}

fn tell(data: &Data, plan: &Plan, generated: Option<&Secret>) -> Result {
    output::talk(format_args!("Made {}.", data.path().display()));
    if plan.dev {
        output::talk(format_args!(
            "--dev: egress.allow = {DEV_ALLOW} is set, so webhooks may be on this machine's loopback."
        ));
    }
    if let Some(password) = generated {
        output::data(format_args!("login: {}", plan.login))?;
        output::data(format_args!("password: {}", password.expose()))?;
        output::talk("This password is shown only now.");
    }
    Ok(())
}

/// A password that chance chooses.
pub(crate) fn password(chance: &mut Chance) -> Secret {
    let letters = chance.bytes::<PASSWORD_CHARS>();
    let letter = |byte: u8| {
        ALPHABET
            .get(usize::from(byte % 32))
            .copied()
            .unwrap_or(b'a')
    };
    Secret::new(
        letters
            .map(letter)
            .map(char::from)
            .iter()
            .collect::<String>(),
    )
}

fn line(text: &str) -> String {
    format!("{text}\n")
}
