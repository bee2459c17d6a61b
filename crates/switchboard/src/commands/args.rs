//! Arguments that several commands share.

use std::path::PathBuf;

use clap::Args;

/// The data directory and the settings that override its file.
#[derive(Args, Clone, Debug)]
pub(crate) struct DataArgs {
    /// The data directory.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: PathBuf,
    #[command(flatten)]
    pub(crate) set: SetArgs,
}

/// Whether a data directory may be used at another place than the one where it belongs.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct AdoptArgs {
    /// Use a data directory that was moved or copied here; it belongs here from now on.
    #[arg(long)]
    pub(crate) adopt: bool,
}

/// The highest layer of settings.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct SetArgs {
    /// Override a setting for this run, such as --set ingress.listen=127.0.0.1:18080; repeatable.
    #[arg(long = "set", value_name = "KEY=VALUE", global = true)]
    pub(crate) set: Vec<String>,
}
