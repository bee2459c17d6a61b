//! `doctor` finds each fault, says where it is and what to do, and finds nothing in a healthy directory.

mod files;
mod messengers;
mod nats;
mod processes;

use std::path::Path;
use std::process::Output;

use serde_json::Value;
use tokio::process::Command;

use crate::broker::TestBroker;
use crate::program;
use crate::roles::SeparateRoles;
use crate::wait::until;

/// What `doctor` printed.
#[derive(Debug)]
struct Report {
    code: i32,
    lines: Vec<Value>,
}

impl Report {
    fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap(),
            lines: serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}")),
        }
    }

    /// Asserts that a line of a check has this state and these parts.
    #[track_caller]
    fn has(&self, state: &str, check: &str, parts: &[&str]) {
        let found = self.lines.iter().any(|line| {
            let words = line["words"].as_str().unwrap();
            line["state"] == state
                && line["check"] == check
                && parts.iter().all(|part| words.contains(part))
        });
        assert!(found, "no line is {state} {check} {parts:?}: {self:#?}");
    }

    /// Asserts a fault and the exit code for it. Nothing advises to create a directory over this one.
    #[track_caller]
    fn finds(&self, code: i32, check: &str, parts: &[&str]) {
        self.has("wrong", check, parts);
        assert_eq!(self.code, code, "{self:#?}");
        self.is_harmless();
    }

    /// Asserts a warning, and that there is no fault.
    #[track_caller]
    fn warns(&self, check: &str, parts: &[&str]) {
        self.has("warning", check, parts);
        assert_eq!(self.code, 0, "{self:#?}");
        self.is_harmless();
    }

    #[track_caller]
    fn is_harmless(&self) {
        for line in &self.lines {
            let words = line["words"].as_str().unwrap();
            for harm in [
                "switchboard init --data",
                "rm -",
                "chmod a",
                "chmod o",
                "accept-loss",
            ] {
                assert!(!words.contains(harm), "{words}");
            }
        }
    }

    /// Asserts that there is neither a fault nor a warning, except for the loopback webhooks of the tests.
    #[track_caller]
    fn is_healthy(&self) {
        let other = |line: &&Value| line["state"] != "ok" && line["check"] != "egress.allow";
        let found: Vec<_> = self.lines.iter().filter(other).collect();
        assert!(found.is_empty() && self.code == 0, "{self:#?}");
    }
}

/// Runs `doctor` on the directory of a broker.
async fn examine(broker: &TestBroker) -> Report {
    examine_with(&mut broker.command(&["doctor", "--json"])).await
}

async fn examine_with(command: &mut Command) -> Report {
    Report::of(program::output(command).await)
}

/// Runs `doctor` with an external NATS.
async fn examine_at(broker: &TestBroker, url: &str) -> Report {
    let mut command = broker.command(&["doctor", "--json"]);
    examine_with(command.env("SWITCHBOARD__NATS__URL", url)).await
}

/// The path as text.
fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Whether the tests may give files to other users.
fn is_root(broker: &TestBroker) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    broker.data().metadata().unwrap().uid() == 0
}

#[tokio::test]
async fn a_healthy_broker_has_no_faults_running_or_stopped() {
    let mut broker = TestBroker::init(&[]).await;
    examine(&broker).await.is_healthy();
    broker.start().await;
    let running = examine(&broker).await;
    running.is_healthy();
    running.has("ok", "router", &["holds the lease"]);
    running.has("ok", "broker", &["is ready"]);
    running.has("ok", "nats-server", &["answers at nats://"]);
    broker.ready().await;
    broker.stop().await;
    let stopped = examine(&broker).await;
    stopped.is_healthy();
    stopped.has("ok", "broker", &["not running"]);
    stopped.has("ok", "disk", &["GiB are free"]);
}

#[tokio::test]
async fn healthy_separate_roles_have_no_faults() {
    let roles = SeparateRoles::start().await;
    let report = examine_at(&roles.broker, &roles.broker.nats_url()).await;
    report.is_healthy();
    report.has("ok", "router", &["holds the lease"]);
}

#[tokio::test]
async fn a_fault_is_gone_once_it_is_repaired() {
    let broker = TestBroker::with(&[]).await;
    let nats = broker.nats_server();
    program::signal(nats, "STOP");
    let pid = format!("kill -CONT {nats}");
    (examine(&broker).await).finds(1, "nats-server", &["does not answer", &pid, "kill -KILL"]);
    program::signal(nats, "CONT");
    until("the broker is healthy", async || {
        (examine(&broker).await.code == 0).then_some(())
    })
    .await;
    examine(&broker).await.is_healthy();
}
