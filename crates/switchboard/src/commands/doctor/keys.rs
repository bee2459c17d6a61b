//! The master key and the contacts' keys, and whether the log is the one that they recorded.

use chat::seal::SealKey;
use session_router::KeyringError;

use super::finding::{Finding, State};
use crate::data::Data;
use crate::exit::Exit;

fn damaged(check: &'static str, message: String) -> Finding {
    Finding::new(check, State::Wrong(Exit::Damaged), message)
}

/// Examines the key files with this master key.
pub(super) fn keys(data: &Data, master: &SealKey) -> Vec<Finding> {
    let shown = data.path().display();
    let remains = match session_router::examine(data.path(), master) {
        Ok(remains) => remains,
        Err(error @ session_router::Error::Keys(KeyringError::WrongMaster { .. })) => {
            let message = format!("{:#}", anyhow::Error::new(error));
            return vec![Finding::wrong("keys", message)];
        }
        Err(error) => {
            let is_damage = error.is_damage();
            let message = format!("{:#}", anyhow::Error::new(error));
            return vec![if is_damage {
                damaged("keys", message)
            } else {
                Finding::wrong("keys", message)
            }];
        }
    };
    let what_to_do = format!(
        "restore it from a backup, or see what is left: switchboard log recover --data {shown}"
    );
    let mut findings = Vec::new();
    if remains.is_short() {
        let message = format!("the log lost events that it once had; {what_to_do}");
        findings.push(damaged("log", message));
    }
    if remains.is_other_log {
        let message =
            format!("{shown}/log is not the log that {shown}/keys belongs to; {what_to_do}");
        findings.push(damaged("log", message));
    }
    if remains.lacks_keys() {
        let message = format!(
            "{shown}/keys and {shown}/keys.copy are missing, and contacts' messages cannot be read without \
             them; {what_to_do}"
        );
        findings.push(damaged("keys", message));
    }
    let count = remains.damaged_keys.len();
    if count > 0 {
        let message = format!("{count} keys are damaged in both files; {what_to_do}");
        findings.push(damaged("keys", message));
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
