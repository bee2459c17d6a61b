//! The data directory: whether it is one, where it belongs, and its owner, modes and credentials.

use std::fs;
use std::os::unix::fs::MetadataExt as _;

use rustix::fs::{StatVfsMountFlags, statvfs};

use super::finding::Finding;
use crate::data::credentials::{Credential, State};
use crate::data::files::{Entry, entries, has_any};
use crate::data::{Data, place};
use crate::settings::Nats;

/// How many files with the same problem are listed.
const LISTED_MAX: usize = 10;

/// Checks whether this user can examine the directory at all.
pub(super) fn access(data: &Data) -> Result<Vec<Finding>, Finding> {
    let shown = data.path().display();
    if data.is_vacant().unwrap_or(false) {
        let message = format!("{shown} is no data directory; run: switchboard init --data {shown}");
        return Err(Finding::wrong("data", message));
    }
    let owner = match fs::metadata(data.path()) {
        Ok(metadata) => metadata.uid(),
        Err(error) => {
            return Err(Finding::wrong(
                "data",
                format!("cannot read {shown}: {error}"),
            ));
        }
    };
    let user = rustix::process::geteuid();
    if !user.is_root() && user.as_raw() != owner {
        let message = format!(
            "{shown} belongs to user {owner}, and the broker must run as that user; run: sudo -u \
             '#{owner}' switchboard doctor --data {shown}"
        );
        return Err(Finding::wrong("permissions", message));
    }
    if !has_any(data) {
        let message = format!("{shown} is not empty and no data directory; give the right one");
        return Err(Finding::wrong("data", message));
    }
    if data.is_initialised() {
        return Ok(vec![Finding::ok(
            "data",
            format!("{shown} is a data directory"),
        )]);
    }
    let message = format!(
        "{} is missing; restore it from a backup, because nothing in {shown} can be read without it",
        data.master_key().display()
    );
    Ok(vec![Finding::wrong("data", message)])
}

/// Checks whether the directory is a copy.
pub(super) fn copy(data: &Data) -> Finding {
    match place::problem(data) {
        Ok(None) => Finding::ok("place", "the directory is where it belongs"),
        Ok(Some(problem)) => {
            let shown = data.path().display();
            let message = format!(
                "{shown} may be a copy: {problem}; only after the original is stopped for good, run once: \
                 switchboard up --adopt --data {shown}"
            );
            Finding::wrong("place", message)
        }
        Err(failure) => Finding::failed("place", &failure),
    }
}

/// Checks that the owner, and nobody else, can read and write everything.
pub(super) fn permissions(data: &Data) -> Vec<Finding> {
    let shown = data.path().display();
    let entries = match entries(data) {
        Ok(entries) => entries,
        Err(error) => {
            return vec![Finding::wrong(
                "permissions",
                format!("cannot read {shown}: {error}"),
            )];
        }
    };
    let owner = entries.first().map_or(0, |root| root.owner);
    let mut findings = list(
        entries.iter().filter(|entry| entry.owner != owner),
        |entry| {
            let path = entry.path.display();
            format!(
                "{path} belongs to user {}, the directory to user {owner}; run: chown {owner} {path}",
                entry.owner
            )
        },
        &format!("chown -R {owner} {shown}"),
    );
    findings.extend(list(
        entries.iter().filter(|entry| !entry.is_usable()),
        |entry| {
            let (path, mode) = (entry.path.display(), entry.mode);
            let rights = if entry.is_directory { "rwx" } else { "rw" };
            format!(
                "{path} has mode {mode:o}, so its owner cannot use it; run: chmod u+{rights} {path}"
            )
        },
        &format!("chmod -R u+rwX {shown}"),
    ));
    findings.extend(list(
        entries.iter().filter(|entry| entry.is_open()),
        |entry| {
            let (path, mode) = (entry.path.display(), entry.mode);
            format!("{path} has mode {mode:o}; run: chmod go= {path}")
        },
        &format!("chmod -R go= {shown}"),
    ));
    if let Ok(disk) = statvfs(data.path())
        && disk.f_flag.contains(StatVfsMountFlags::RDONLY)
    {
        let message =
            format!("the disk of {shown} is mounted read-only; check it, then remount it");
        findings.push(Finding::wrong("permissions", message));
    }
    if findings.is_empty() {
        findings.push(Finding::ok(
            "permissions",
            "only the owner can read and write the files",
        ));
    }
    findings
}

/// One finding for each entry, and one for those beyond [`LISTED_MAX`].
fn list<'a>(
    entries: impl Iterator<Item = &'a Entry>,
    message: impl Fn(&Entry) -> String,
    all: &str,
) -> Vec<Finding> {
    let messages: Vec<String> = entries.map(message).collect();
    let more = messages.len().saturating_sub(LISTED_MAX);
    let mut findings: Vec<Finding> = messages
        .into_iter()
        .take(LISTED_MAX)
        .map(|message| Finding::wrong("permissions", message))
        .collect();
    if more > 0 {
        let message = format!("the same with {more} more files; for all: {all}");
        findings.push(Finding::wrong("permissions", message));
    }
    findings
}

/// Checks the credentials for NATS. With an external server a machine may have only some of them.
pub(super) fn credentials(data: &Data, nats: &Nats) -> Vec<Finding> {
    let is_external = nats.url.is_some();
    let shown = data.path().display();
    let mut findings = Vec::new();
    for credential in Credential::ALL {
        if credential.is_set(nats) {
            continue;
        }
        let path = credential.path(data);
        let path = path.display();
        let problem = match credential.state(data) {
            Ok(State::Valid) => continue,
            Ok(State::Missing) => "is missing",
            Ok(State::Invalid) => "is invalid",
            Err(error) => {
                findings.push(Finding::wrong(
                    "credentials",
                    format!("cannot read {path}: {error}"),
                ));
                continue;
            }
        };
        let message = format!(
            "{path} {problem}; restore it from a backup or, with the broker stopped, make it again: \
             switchboard init --repair --data {shown}"
        );
        findings.push(if is_external && problem == "is missing" {
            let message = format!("{message}, and give the server the new configuration");
            Finding::warning("credentials", message)
        } else {
            Finding::wrong("credentials", message)
        });
    }
    if findings.is_empty() {
        findings.push(Finding::ok("credentials", "the credentials for NATS exist"));
    }
    findings
}
