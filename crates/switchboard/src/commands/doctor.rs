//! `doctor`: checks the installation and says how to fix each problem. It changes nothing, and the broker
//! may run.

mod clock;
mod directory;
mod finding;
mod keys;
mod log;
mod nats;
mod router;
mod running;
mod settings;
mod webhooks;

use std::path::PathBuf;

use serde_json::{Value, json};

use self::finding::{Finding, State};
use self::running::Running;
use super::args::SetArgs;
use crate::data::Data;
use crate::exit::{Failure, Result};
use crate::output;
use crate::resolve::{Loaded, Resolved, master_key};
use crate::runtime::block_on;
use crate::settings::Environment;

/// Check the installation and say how to fix each problem.
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:
  switchboard doctor --data ./data

The broker may run or be stopped; nothing is changed. Run it as the user of the broker, on its machine.

Exit codes: 0 no problem, but maybe warnings; 1 a problem; 3 the log is damaged; 78 the \
settings are wrong.")]
pub(crate) struct Args {
    /// The data directory.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Print a list of {check, state, words}.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    set: SetArgs,
}

/// Runs the checks and prints the findings.
pub(crate) fn run(args: &Args, environment: &Environment) -> Result {
    let findings = block_on(async { Ok(check(args, environment).await) })?;
    if args.json {
        let list: Vec<Value> = findings
            .iter()
            .map(|f| json!({ "check": f.check, "state": f.word(), "words": f.message }))
            .collect();
        output::json(&Value::Array(list))?;
    } else {
        for finding in &findings {
            output::data(format_args!(
                "{:<8} {:<12} {}",
                finding.word(),
                finding.check,
                finding.message
            ))?;
        }
    }
    let wrong = findings.iter().find_map(|finding| match finding.state {
        State::Wrong(exit) => Some(exit),
        State::Ok | State::Warning => None,
    });
    wrong.map_or(Ok(()), |exit| Err(Failure::printed(exit)))
}

async fn check(args: &Args, environment: &Environment) -> Vec<Finding> {
    let data = Data::at(&args.data);
    let mut findings = match directory::access(&data) {
        Ok(findings) => findings,
        Err(finding) => return vec![finding],
    };
    findings.push(directory::copy(&data));
    findings.extend(directory::permissions(&data));
    let (now, newest) = (bus::clock::now(), clock::newest(&data));
    findings.push(clock::clock(now, newest));
    findings.extend(log::disk(&data));
    findings.extend(log::log(&data));
    let loaded = match Loaded::load(Some(data.clone()), environment, &args.set.set) {
        Ok(loaded) => loaded,
        Err(failure) => {
            findings.push(Finding::failed("settings", &failure));
            return findings;
        }
    };
    let running = Running::find(&data);
    if data.is_initialised() {
        match master_key(&loaded, &data) {
            Ok(master) => {
                findings.extend(keys::keys(&data, &master));
                let as_of = if running.log {
                    now
                } else {
                    newest.unwrap_or(now)
                };
                findings.extend(webhooks::webhooks(&data, &master, as_of));
            }
            Err(failure) => {
                let message = format!("{failure}; restore it from a backup");
                findings.push(Finding::new("keys", State::Wrong(failure.exit), message));
            }
        }
    }
    findings.extend(directory::credentials(&data, &loaded.settings.nats));
    findings.extend(running::ports(running, &loaded));
    findings.push(running::readiness(running, &loaded).await);
    match Resolved::of(&loaded) {
        Ok(resolved) => {
            findings.extend(settings::settings(&loaded, &resolved));
            let resolution = (&loaded, &resolved);
            let (nats, bus) = nats::nats(&data, resolution, running, environment).await;
            findings.extend(nats);
            if let Some(bus) = bus {
                let workspace = &resolved.workspace;
                findings.extend(router::router(&bus, workspace, &data, running.log).await);
            }
        }
        Err(failure) => findings.push(Finding::failed("settings", &failure)),
    }
    findings
}
