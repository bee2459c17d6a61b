//! `doctor`: checks the installation and says how to fix each problem.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

use event_log::JournalReader;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::args::SetArgs;
use crate::data::{self, Data};
use crate::exit::{Exit, Failure, Result};
use crate::resolve::{Loaded, Resolved, listeners, master_key};
use crate::settings::Environment;
use crate::{nats_server, output, ports};

/// 2020-01-01. An earlier clock was never set, and messengers would reject our signatures.
const CLOCK_MIN_SECS: i64 = 1_577_836_800;

/// Check the installation and say how to fix each problem.
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:
  switchboard doctor --data ./data

Exit codes: 0 no problem, but maybe warnings; 1 a problem; 3 the log is damaged; 78 the settings are
wrong.")]
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

/// The result of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Ok,
    Warning,
    Wrong(Exit),
}

/// One line of the output.
struct Finding {
    check: &'static str,
    state: State,
    message: String,
}

impl Finding {
    fn new(check: &'static str, state: State, message: impl Into<String>) -> Self {
        Self {
            check,
            state,
            message: message.into(),
        }
    }

    fn ok(check: &'static str, message: impl Into<String>) -> Self {
        Self::new(check, State::Ok, message)
    }

    fn warning(check: &'static str, message: impl Into<String>) -> Self {
        Self::new(check, State::Warning, message)
    }

    fn wrong(check: &'static str, message: impl Into<String>) -> Self {
        Self::new(check, State::Wrong(Exit::Failure), message)
    }

    fn failed(check: &'static str, failure: &Failure) -> Self {
        Self::new(check, State::Wrong(failure.exit), failure.to_string())
    }

    const fn word(&self) -> &'static str {
        match self.state {
            State::Ok => "ok",
            State::Warning => "warning",
            State::Wrong(_) => "wrong",
        }
    }
}

/// Runs the checks and prints the findings.
pub(crate) fn run(args: &Args, environment: &Environment) -> Result {
    let findings = check(args, environment);
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

fn check(args: &Args, environment: &Environment) -> Vec<Finding> {
    let data = Data::at(&args.data);
    let mut findings = directory(&data);
    findings.push(clock());
    let loaded = match Loaded::load(Some(data.clone()), environment, &args.set.set) {
        Ok(loaded) => loaded,
        Err(failure) => {
            findings.push(Finding::failed("settings", &failure));
            return findings;
        }
    };
    findings.extend(settings(&loaded));
    findings.extend(nats(&loaded, environment));
    findings.extend(listening(&loaded));
    findings.extend(log(&data));
    findings.extend(keys(&data, &loaded));
    findings
}

fn directory(data: &Data) -> Vec<Finding> {
    let shown = data.path().display();
    if !data.is_initialised() {
        let message = format!("{shown} has no master.key; run: switchboard init --data {shown}");
        return vec![Finding::wrong("data", message)];
    }
    let mut findings = vec![Finding::ok("data", format!("{shown} is a data directory"))];
    let secrets = [
        data.path().to_owned(),
        data.master_key(),
        data.settings(),
        data.first_administrator(),
        data.nats(""),
        data.nats("issuer.seed"),
        data.nats("roles.password"),
        data.nats("system.password"),
    ];
    let before = findings.len();
    for path in secrets.iter().filter(|path| path.exists()) {
        if let Ok(Some(mode)) = data::too_open(path) {
            let path = path.display();
            let message = format!("{path} has mode {mode:o}; run: chmod go= {path}");
            findings.push(Finding::wrong("permissions", message));
        }
    }
    if findings.len() == before {
        findings.push(Finding::ok(
            "permissions",
            "only the owner can read the secrets",
        ));
    }
    findings
}

fn clock() -> Finding {
    let now = Timestamp::now();
    if now.as_second() > CLOCK_MIN_SECS {
        let message =
            format!("{now}; messengers reject signatures that are more than 300 s off their clock");
        return Finding::ok("clock", message);
    }
    let message =
        format!("the clock is at {now}; set it, or messengers will reject our signatures");
    Finding::wrong("clock", message)
}

fn settings(loaded: &Loaded) -> Vec<Finding> {
    let resolved = match Resolved::of(loaded) {
        Ok(resolved) => resolved,
        Err(failure) => {
            return vec![Finding::failed("settings", &failure)];
        }
    };
    let mut findings = vec![Finding::ok("settings", "all keys are valid")];
    for warning in resolved.warnings {
        findings.push(Finding::warning("settings", warning));
    }
    let allow = &loaded.settings.egress.allow;
    let open = allow.iter().any(|entry| entry.ends_with("/0"));
    let finding = match allow.as_slice() {
        [] => Finding::ok(
            "egress.allow",
            "only public addresses are allowed for webhooks",
        ),
        _ if open => Finding::warning(
            "egress.allow",
            "allows every address for webhooks, including services on this machine; list only what you need",
        ),
        some => {
            let message = format!("additionally allowed for webhooks: {}", some.join(", "));
            Finding::warning("egress.allow", message)
        }
    };
    findings.push(finding);
    findings
}

fn nats(loaded: &Loaded, environment: &Environment) -> Vec<Finding> {
    let nats = &loaded.settings.nats;
    if let Some(url) = &nats.url {
        let message =
            format!("{url} is configured; switchboard run reports whether it is reachable");
        return vec![Finding::ok("nats-server", message)];
    }
    vec![
        match nats_server::find(nats.server.as_deref(), environment) {
            Ok(found) => {
                let message = format!("{} {}", found.program.display(), found.version);
                Finding::ok("nats-server", message)
            }
            Err(failure) => Finding::wrong("nats-server", failure.to_string()),
        },
    ]
}

/// Checks that the listeners are free, or in use by a running broker.
fn listening(loaded: &Loaded) -> Vec<Finding> {
    listeners(&loaded.settings)
        .into_iter()
        .map(|(key, address)| match TcpListener::bind(address.0) {
            Ok(_) => Finding::ok("ports", format!("{key} {} is free", address.0)),
            Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
                let holder = ports::holder(address.0.port());
                let ours = holder.as_deref().is_some_and(|name| {
                    name.starts_with("switchboard") || name.starts_with("nats-server")
                });
                let holder = holder.unwrap_or_else(|| "another program".to_owned());
                let message = format!("{key} {} is in use by {holder}", address.0);
                if ours {
                    Finding::ok("ports", message)
                } else {
                    let message = format!("{message}; stop it, or set {key} to another port");
                    Finding::wrong("ports", message)
                }
            }
            Err(error) => {
                let message = format!("{key} {}: {error}", address.0);
                Finding::wrong("ports", message)
            }
        })
        .collect()
}

/// Checks the master key and the contacts' keys, and that the log is as long as the key files recorded.
fn keys(data: &Data, loaded: &Loaded) -> Vec<Finding> {
    if !data.is_initialised() {
        return Vec::new();
    }
    let master = match master_key(loaded, data) {
        Ok(master) => master,
        Err(failure) => return vec![Finding::failed("keys", &failure)],
    };
    let remains = match session_router::examine(data.path(), &master) {
        Ok(remains) => remains,
        Err(error) => {
            let message = format!("{:#}", anyhow::Error::new(error));
            return vec![Finding::wrong("keys", message)];
        }
    };
    let mut findings = Vec::new();
    let what_to_do = format!(
        "see: switchboard log recover --data {}",
        data.path().display()
    );
    if remains.is_short() {
        let message = format!("the log lost events that it once had; {what_to_do}");
        findings.push(Finding::new("log", State::Wrong(Exit::Damaged), message));
    }
    if remains.lacks_keys() {
        let message = format!("the contacts' keys are missing; {what_to_do}");
        findings.push(Finding::new("keys", State::Wrong(Exit::Damaged), message));
    }
    let damaged = remains.damaged_keys.len();
    if damaged > 0 {
        let message = format!("{damaged} keys are damaged in both files; {what_to_do}");
        findings.push(Finding::new("keys", State::Wrong(Exit::Damaged), message));
    }
    for path in remains.repairable {
        let message = format!(
            "{} is missing or damaged; the next start of the broker repairs it from its copy",
            path.display()
        );
        findings.push(Finding::warning("keys", message));
    }
    if findings.is_empty() {
        findings.push(Finding::ok("keys", "the contacts' keys are intact"));
    }
    findings
}

fn log(data: &Data) -> Vec<Finding> {
    let mut findings = Vec::new();
    let dir = data.log();
    let place = if dir.is_dir() {
        dir.clone()
    } else {
        data.path().to_owned()
    };
    if let Ok(space) = event_log::free_space(&place) {
        let gib = space.free_bytes / (1 << 30);
        findings.push(if space.nearly_full() {
            let message = format!(
                "{gib} GiB are free on the disk of {}; new messages are rejected below 5 % or 1 GiB: \
                 free some space",
                place.display()
            );
            Finding::wrong("disk", message)
        } else {
            Finding::ok("disk", format!("{gib} GiB are free"))
        });
    }
    if !dir.is_dir() {
        findings.push(Finding::ok("log", "no log yet"));
        return findings;
    }
    findings.push(match JournalReader::stats(&dir) {
        Ok(stats) => {
            let message = format!(
                "{} events in {} bytes; to verify them: switchboard log verify --data {}",
                stats.head.position,
                stats.bytes,
                data.path().display()
            );
            Finding::ok("log", message)
        }
        Err(error) => Finding::failed("log", &Failure::of_log(error)),
    });
    let entries = fs::read_dir(&dir).into_iter().flatten().flatten();
    for entry in entries.filter(|e| e.file_name().to_string_lossy().starts_with("quarantine-")) {
        let size = entry.metadata().map_or(0, |metadata| metadata.size());
        let message = format!(
            "{} was moved aside because a copy of the log was damaged ({size} bytes); inspect it, \
             then delete it",
            entry.path().display()
        );
        findings.push(Finding::warning("log", message));
    }
    findings
}
