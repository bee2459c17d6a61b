//! `config`: checks and prints the settings, and prints the configuration of the nats-server.

use std::path::PathBuf;

use clap::Subcommand;
use serde_json::json;

use super::args::SetArgs;
use crate::data::Data;
use crate::exit::Result;
use crate::output;
use crate::resolve::{Loaded, Resolved};
use crate::settings::{DEFAULTS, Environment, Shown};

/// Check or print the settings; secrets are masked.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  switchboard config check --data ./data
  switchboard config print --data ./data --effective
  SWITCHBOARD__INGRESS__LISTEN=0.0.0.0:8080 switchboard config print")]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
    /// The data directory with switchboard.toml [default: only defaults and environment].
    #[arg(long, value_name = "DIR", global = true)]
    data: Option<PathBuf>,
    #[command(flatten)]
    set: SetArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check the settings; exit code 78 if they are wrong.
    Check {
        /// Print {right, warnings}.
        #[arg(long)]
        json: bool,
    },
    /// Print the keys that are set, and where, as a settings file.
    Print {
        /// Print every key, including those that are not set.
        #[arg(long)]
        effective: bool,
        /// Print {key: {value, source}}.
        #[arg(long)]
        json: bool,
    },
    /// Print every key with its default and its documentation.
    Defaults,
    /// Print the configuration for an external nats-server; it contains the roles' passwords.
    Nats,
}

/// Runs the subcommand.
pub(crate) fn run(args: &Args, environment: &Environment) -> Result {
    if matches!(args.command, Command::Defaults) {
        return output::text(DEFAULTS);
    }
    let data = args.data.as_ref().map(Data::at);
    let loaded = Loaded::load(data, environment, &args.set.set)?;
    match &args.command {
        Command::Check { json } => {
            let resolved = Resolved::of(&loaded)?;
            if *json {
                let warnings = &resolved.warnings;
                return output::json(&json!({ "right": true, "warnings": warnings }));
            }
            for warning in &resolved.warnings {
                output::message(format_args!("warning: {warning}"));
            }
            output::data("The settings are valid.")
        }
        Command::Print { effective, json } => {
            let layers = &loaded.layers;
            let effective = *effective;
            let shown = Shown { layers, effective };
            if *json {
                output::json(&shown.json())
            } else {
                output::text(&shown.to_string())
            }
        }
        Command::Nats => {
            let resolved = Resolved::of(&loaded)?;
            let page = loaded.settings.console.listen.0;
            let server = resolved.nats.server(&loaded.settings, page, None)?;
            output::text(console::nats_server::config(&server).expose())
        }
        Command::Defaults => Ok(()),
    }
}
