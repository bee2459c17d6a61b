//! Finds a `nats-server` program that is new enough.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::exit::{Exit, Failure, Result};
use crate::settings::Environment;

/// The oldest version with the auth callout.
pub(crate) const VERSION_MIN: (u32, u32) = (2, 10);
/// Where `./just tools` installs it.
const TOOLS: &str = ".tools/bin";
/// How many directories above this program are searched for `.tools`: `target/release/switchboard` is
/// three levels below it.
const ANCESTORS: usize = 4;

/// A program and its version.
#[derive(Debug)]
pub(crate) struct Found {
    /// The path.
    pub(crate) program: PathBuf,
    /// The version.
    pub(crate) version: String,
}

/// Returns the program in the settings, or else the first one on PATH or in `.tools/bin` that is new
/// enough.
pub(crate) fn find(set: Option<&Path>, environment: &Environment) -> Result<Found> {
    let (major, minor) = VERSION_MIN;
    let mut old = Vec::new();
    let candidates = match set {
        Some(program) => vec![program.to_owned()],
        None => candidates(environment),
    };
    for program in candidates {
        match version(&program) {
            Some((numbers, version)) if numbers >= VERSION_MIN => {
                return Ok(Found { program, version });
            }
            Some((_, version)) => old.push(format!("{} is {version}", program.display())),
            None if set.is_some() => {
                let message = format!("nats.server: cannot run {}", program.display());
                return Err(Failure::message(Exit::Settings, message));
            }
            None => {}
        }
    }
    let found = if old.is_empty() {
        String::new()
    } else {
        format!(" ({})", old.join(", "))
    };
    let message = format!(
        "no nats-server {major}.{minor} or newer found{found}; put one on PATH or set nats.server \
         (./just tools installs one, or see https://nats.io/download), or set nats.url to a running \
         server"
    );
    Err(Failure::message(Exit::Failure, message))
}

fn candidates(environment: &Environment) -> Vec<PathBuf> {
    let path = environment.get("PATH").unwrap_or("");
    let on_path = std::env::split_paths(path).filter(|dir| !dir.as_os_str().is_empty());
    let ours = std::env::current_exe().ok();
    let above = ours
        .iter()
        .flat_map(|ours| ours.ancestors().skip(1).take(ANCESTORS));
    let here = std::env::current_dir().ok();
    on_path
        .chain(above.map(|dir| dir.join(TOOLS)))
        .chain(here.map(|dir| dir.join(TOOLS)))
        .map(|dir| dir.join("nats-server"))
        .filter(|program| program.is_file())
        .collect()
}

/// The version of a program, from `nats-server: v2.15.1`.
fn version(program: &Path) -> Option<((u32, u32), String)> {
    let output = Command::new(program).arg("--version").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let (_, version) = text.trim().split_once(": v")?;
    Some((numbers(version)?, version.to_owned()))
}

/// Whether a server with this version has the auth callout; `None` if it is no version.
pub(crate) fn is_new_enough(version: &str) -> Option<bool> {
    numbers(version).map(|numbers| numbers >= VERSION_MIN)
}

fn numbers(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.split('.').map_while(|number| number.parse().ok());
    Some((numbers.next()?, numbers.next()?))
}
