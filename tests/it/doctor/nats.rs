//! Faults of NATS.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;

use super::{examine, examine_at, examine_with, text};
use crate::broker::TestBroker;
use crate::program::{self, Program};
use crate::roles::SeparateRoles;
use crate::wait::until;

#[tokio::test]
async fn an_old_nats_server_is_found() {
    let broker = TestBroker::init(&[]).await;
    let old = broker.test_dir().join("nats-server");
    fs::write(&old, "#!/bin/sh\necho 'nats-server: v2.9.25'\n").unwrap();
    fs::set_permissions(&old, fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = broker.command(&["doctor", "--json"]);
    command.env("SWITCHBOARD__NATS__SERVER", &old);
    let report = examine_with(&mut command).await;
    let parts = ["2.10 or newer", text(&old), "2.9.25", "set nats.server"];
    report.finds(1, "nats-server", &parts);
}

/// Answers like a NATS server of a version, to one client after the other.
async fn serve(listener: TcpListener, version: &str) {
    let info =
        json!({ "server_id": "N", "version": version, "headers": true, "max_payload": 1000 });
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let (read, mut write) = stream.into_split();
        let info = format!("INFO {info}\r\n");
        write.write_all(info.as_bytes()).await.unwrap();
        let mut lines = BufReader::new(read).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            if line == "PING" {
                write.write_all(b"PONG\r\n").await.unwrap();
            }
        }
    }
}

#[tokio::test]
async fn an_external_nats_that_is_down_silent_or_old_is_found() {
    let broker = TestBroker::init(&[]).await;
    let url = broker.nats_url();
    (examine_at(&broker, &url).await).finds(1, "nats-server", &[&url, "correct nats.url"]);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("nats://{}", listener.local_addr().unwrap());
    (examine_at(&broker, &url).await).finds(1, "nats-server", &[&url, "does not answer within"]);
    // The connections of the examination before are still in the queue.
    drop(listener);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("nats://{}", listener.local_addr().unwrap());
    let report = tokio::select! {
        report = examine_at(&broker, &url) => report,
        () = serve(listener, "2.9.25") => unreachable!("it serves for ever"),
    };
    report.finds(1, "nats-server", &[&url, "2.9.25", "upgrade it to 2.10"]);
}

#[tokio::test]
async fn credentials_that_an_external_nats_rejects_are_found() {
    let roles = SeparateRoles::only_nats().await;
    let url = roles.broker.nats_url();
    for (file, user) in [("roles.password", "ROLES"), ("system.password", "SYSTEM")] {
        let path = roles.broker.data().join("nats").join(file);
        let whole = fs::read(&path).unwrap();
        fs::write(&path, "something else\n").unwrap();
        let report = examine_at(&roles.broker, &url).await;
        let rejected = format!("rejects {user} with {}", path.display());
        report.finds(
            1,
            "nats-server",
            &[&url, &rejected, "from one data directory"],
        );
        fs::write(&path, whole).unwrap();
    }
}

#[tokio::test]
async fn a_broker_without_nats_and_nats_without_a_broker_are_found() {
    let mut roles = SeparateRoles::only_nats().await;
    let url = roles.broker.nats_url();
    let report = examine_at(&roles.broker, &url).await;
    report.warns(
        "router",
        &[
            "no session router serves workspace default",
            "start the broker",
        ],
    );
    roles.run("session-router").await;
    examine_at(&roles.broker, &url).await.is_healthy();
    roles.kill("nats").await;
    let report = examine_at(&roles.broker, &url).await;
    report.finds(1, "nats-server", &[&url, "start it"]);
    report.has("ok", "broker", &["a process has the log open"]);
}

#[tokio::test]
async fn a_broker_that_lost_its_nats_server_and_a_server_without_its_broker_are_found() {
    let mut broker = TestBroker::init(&[]).await;
    let server = broker.test_dir().join("nats-server");
    fs::copy(program::find("nats-server"), &server).unwrap();
    broker.set("nats.server", text(&server));
    broker.start().await;
    fs::remove_file(&server).unwrap();
    program::signal(broker.nats_server(), "KILL");
    until("it cannot be restarted", async || {
        broker.log().contains("cannot restart").then_some(())
    })
    .await;
    let report = examine(&broker).await;
    report.finds(1, "nats-server", &["runs without its nats-server"]);
    report.has("wrong", "broker", &["waiting for NATS"]);
    fs::copy(program::find("nats-server"), &server).unwrap();
    broker.ready().await;
    broker.stop().await;

    // As after a broker that was killed with a server that outlived it.
    let config = broker.data().join("nats/server.conf");
    let mut left = program::command(&server);
    left.arg("--config").arg(config.canonicalize().unwrap());
    let left = Program::start(&mut left, &broker.test_dir().join("left"));
    let pid = left.id().unwrap();
    let started = until("it runs", async || {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let is_server = stat.contains("(nats-server)");
        let field = stat.rsplit_once(") ")?.1.split(' ').nth(19)?.to_owned();
        is_server.then_some(field)
    })
    .await;
    fs::write(
        broker.data().join("nats/child"),
        format!("{pid} {started}\n"),
    )
    .unwrap();
    let report = examine(&broker).await;
    let process = format!("process {pid} is the nats-server");
    report.has("warning", "nats-server", &[&process, "its broker is down"]);
}
