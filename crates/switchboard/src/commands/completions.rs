//! `completions`: prints a shell's completion script.

use crate::exit::Result;
use crate::output;

/// Print the completion script of a shell.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Example:\n  switchboard completions bash > ~/.local/share/bash-completion/completions/switchboard"
)]
pub(crate) struct Args {
    /// The shell.
    shell: clap_complete::Shell,
}

/// Prints the completions of the whole command line.
pub(crate) fn run(args: &Args, mut command: clap::Command) -> Result {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "switchboard", &mut script);
    output::text(&String::from_utf8_lossy(&script))
}
