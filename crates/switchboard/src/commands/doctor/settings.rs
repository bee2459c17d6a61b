//! The settings.

use super::finding::Finding;
use crate::resolve::{Loaded, Resolved};

/// Reports valid settings that are dangerous.
pub(super) fn settings(loaded: &Loaded, resolved: &Resolved) -> Vec<Finding> {
    let mut findings = vec![Finding::ok("settings", "all keys are valid")];
    for warning in &resolved.warnings {
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
