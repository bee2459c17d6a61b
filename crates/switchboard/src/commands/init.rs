//! `init`: creates a data directory, or repairs one.

mod repair;

use std::path::PathBuf;

use chat::id::UserId;

use crate::data::create::{ADMIN, Options, create};
use crate::data::{self, Data};
use crate::exit::Result;
use crate::output;
use crate::settings::Environment;

/// Create a data directory: keys, settings, first administrator.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  switchboard init --data ./data --dev
  switchboard init --data /var/lib/switchboard --admin-login root --admin-password-file ./password
  switchboard init --repair --data ./data

A generated password of the first administrator is printed once, on stdout.")]
pub(crate) struct Args {
    /// The directory to create, which may exist if it is empty, or to repair.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// For development on one machine: allow webhooks on loopback addresses.
    #[arg(long)]
    dev: bool,
    /// The login of the first administrator.
    #[arg(long, value_name = "LOGIN", default_value = ADMIN)]
    admin_login: UserId,
    /// A file with the password of the first administrator [default: generate one].
    #[arg(long, value_name = "FILE")]
    admin_password_file: Option<PathBuf>,
    /// Make missing and invalid credentials in DIR/nats and a missing settings file again, with the
    /// broker stopped. Valid files stay, and nothing is changed if the master key, the log or the
    /// contacts' keys are lost.
    #[arg(long, conflicts_with_all = ["dev", "admin_login", "admin_password_file"])]
    repair: bool,
}

/// Creates or repairs the data directory.
pub(crate) fn run(args: &Args, environment: &Environment) -> Result {
    if args.repair {
        return repair::repair(&Data::at(&args.data), environment);
    }
    let password = args.admin_password_file.as_deref();
    let password = password.map(data::read_secret_argument).transpose()?;
    let data = Data::at(&args.data);
    let options = Options {
        dev: args.dev,
        login: args.admin_login.clone(),
        password,
    };
    create(&data, &options)?;
    output::message(format_args!(
        "Next: switchboard up --data {}",
        args.data.display()
    ));
    Ok(())
}
