//! Processes that hang, or that should not run.

use std::fs;
use std::net::TcpListener;

use super::{examine, examine_at, examine_with, text};
use crate::broker::TestBroker;
use crate::program;
use crate::roles::{SeparateRoles, is_ready};
use crate::wait::until;

#[tokio::test]
async fn a_broker_that_hangs_is_found() {
    let broker = TestBroker::with(&[]).await;
    let pid = fs::read_to_string(broker.data().join("nats/lock")).unwrap();
    let pid: u32 = pid.trim().parse().unwrap();
    program::signal(pid, "STOP");
    let report = examine(&broker).await;
    program::signal(pid, "CONT");
    let process = format!("process {pid} is stopped or hangs");
    report.finds(1, "broker", &["does not answer", &process, "restart it"]);
    report.has("wrong", "router", &["does not claim the lease"]);
}

#[tokio::test]
async fn a_port_of_another_program_is_found() {
    let broker = TestBroker::init(&[]).await;
    let address = broker.listener("ingress.listen");
    let taken = TcpListener::bind(address).unwrap();
    let report = examine(&broker).await;
    let process = format!("(process {})", std::process::id());
    let parts = ["ingress.listen", &process, "stop it, or set ingress.listen"];
    report.finds(1, "ports", &parts);
    drop(taken);
    // Another broker is another program too.
    let other = TestBroker::with(&[]).await;
    let address = other.listener("ops.listen").to_string();
    let mut command = broker.command(&["doctor", "--json"]);
    let report = examine_with(command.env("SWITCHBOARD__OPS__LISTEN", address)).await;
    report.finds(1, "ports", &["ops.listen", "in use by switchboard"]);
}

#[tokio::test]
async fn a_second_session_router_and_one_without_its_lease_are_found() {
    let mut roles = SeparateRoles::only_nats().await;
    let url = roles.broker.nats_url();
    let copy = roles.broker.copy_data();
    roles.run("session-router").await;
    let first = roles.running.remove("session-router").unwrap();
    first.signal("STOP");
    let report = examine_at(&roles.broker, &url).await;
    report.finds(1, "router", &["does not claim the lease", "restart it"]);

    let (second, ops) = roles.spawn("session-router", &copy);
    until("the second one is ready", async || {
        is_ready(ops).await.then_some(())
    })
    .await;
    let report = examine_at(&roles.broker, &url).await;
    let process = format!("process {} on ", second.id().unwrap());
    let copy = copy.canonicalize().unwrap();
    let parts = [
        "another session router",
        &process,
        text(&copy),
        "stop the one",
    ];
    report.finds(1, "router", &parts);
    report.has("wrong", "router", &["does not claim the lease"]);
    first.signal("CONT");
}
